/** Writes down what came of a message, and when a way out begins to fail or works again; within one unit of work. */

import { type ChannelFailure, channelFailure, failureKey, workedKey } from "../flows/delivery.ts";
import type { Tx } from "../flows/store.ts";
import type { OutboxRow } from "../flows/store-requests.ts";
import type { DeliveryFault, Sent } from "./deliverer.ts";

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 600_000;
const ORG = { type: "system", id: "org" } as const;

/** Doubles with each try, up to ten minutes. @param tries that failed so far, from 1. */
export function waitAfterTries(tries: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries - 1, 20));
}

/** @param began epoch ms by the database's clock, when the attempt did. */
export async function settle(tx: Tx, row: OutboxRow, began: number, sent: Sent): Promise<void> {
  if (sent.kind === "sent") {
    await tx.outbox.done(row.id, tx.now);
    return sayWorking(tx, row.kind, sent.server);
  }
  const { fault } = sent;
  if (sent.kind === "later") await tx.outbox.failed(row.id, fault.error, tx.now + waitAfterTries(row.tries));
  else {
    await tx.outbox.giveUp(row.id, tx.now, fault.error);
    await sayGivenUp(tx, row, fault.error);
  }
  if (fault.channel) await sayFailing(tx, row.kind, began, fault);
}

/** Nobody sends them any more: said once for each, by whoever found them. */
export async function giveUpExpired(tx: Tx, limit: number): Promise<number> {
  const rows = await tx.outbox.takeExpired(tx.now, limit);
  for (const row of rows) await sayGivenUp(tx, row, row.error ?? "its time was over before it could be sent");
  return rows.length;
}

async function sayGivenUp(tx: Tx, { kind, about, tries }: OutboxRow, error: string): Promise<void> {
  const data = { channel: kind, about, error, tries };
  await tx.log.append({ type: "delivery.given-up", actor: ORG, outcome: "failure", cause: "org.delivery", data });
}

/** Of several nodes that fail at once one says it. An attempt that began before the way out went again says nothing of how it is now. */
async function sayFailing(tx: Tx, kind: OutboxRow["kind"], began: number, { server, error }: DeliveryFault): Promise<void> {
  const failing = await channelFailure(tx, kind);
  if (failing) {
    if (failing.error === error && failing.server === server) return;
    return tx.secrets.setMeta(failureKey(kind), JSON.stringify({ ...failing, server, error } satisfies ChannelFailure));
  }
  const worked = await tx.secrets.meta(workedKey(kind));
  if (worked !== undefined && began <= Number(worked)) return;
  const said = JSON.stringify({ since: tx.now, server, error } satisfies ChannelFailure);
  if ((await tx.secrets.claimMeta(failureKey(kind), said)) !== said) return;
  const waiting = (await tx.outbox.waiting(tx.now)).get(kind) ?? 0;
  const data = { channel: kind, server, error, waiting };
  await tx.log.append({ type: "delivery.failing", actor: ORG, outcome: "failure", cause: "org.delivery", data });
}

async function sayWorking(tx: Tx, kind: OutboxRow["kind"], server: string): Promise<void> {
  const failing = await channelFailure(tx, kind);
  if (!failing) return;
  await tx.secrets.dropMeta(failureKey(kind));
  await tx.secrets.setMeta(workedKey(kind), String(tx.now));
  const data = { channel: kind, server, since: new Date(failing.since).toISOString() };
  await tx.log.append({ type: "delivery.working", actor: ORG, outcome: "success", data });
}

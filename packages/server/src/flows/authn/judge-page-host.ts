/** A page proves no host, so whether the machine that it drives a logon for may still ask is looked at before each of its steps. */
import { isOpen } from "@sallyport/logon";
import { judgeHostState } from "../host-link/host-caller.ts";
import { judgeHostNow } from "../host-link/with-host.ts";
import type { Tx } from "../store.ts";
import type { HostRow } from "../store-logons.ts";
import type { TransactionRow } from "../store-transactions.ts";
import { endRefused, type VerifyOutcome } from "./code-step.ts";
import type { NotYours } from "./open-transaction.ts";

/** What was open ends with the cause that the host itself would hear; the page hears that it is over (S16). `undefined`: go on. */
export async function endOfStoppedHost(tx: Tx, transaction: TransactionRow): Promise<NotYours | undefined> {
  if (transaction.hostId === null || transaction.drive !== "page" || !isOpen(transaction.status)) return undefined;
  const host = await tx.hosts.byId(transaction.hostId);
  const stopped = host ? judgeHostState(host) : { cause: "client.revoked" as const, evidence: { why: "the host is gone" } };
  if (!stopped) return undefined;
  await endRefused(tx, transaction, stopped.cause, stopped.evidence);
  return { kind: "no-transaction", cause: "logon.expired" };
}

/**
 * Before the second unit of work of a step, since the first was long enough ago for the machine to have been stopped.
 * @param host that drives the step; without one a page does. `undefined`: go on.
 */
export async function endOfHostMeanwhile(
  tx: Tx,
  host: HostRow | undefined,
  transaction: TransactionRow,
): Promise<VerifyOutcome | undefined> {
  if (!host) return endOfStoppedHost(tx, transaction);
  const stopped = await judgeHostNow(tx, host);
  return stopped && endRefused(tx, transaction, stopped.cause, stopped.evidence);
}

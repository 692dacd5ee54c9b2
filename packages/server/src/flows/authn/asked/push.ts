/** A push to the phone: asked only where a number can be shown, within its cap, and not where somebody said *not me*. */
import { randomInt } from "node:crypto";
import type { ShownRequest } from "@sallyport/contracts";
import { expiryOf, judgeAttempt, PUSH_MS, type PushPlace, pushNumber, SEND_CAP, standOfPush, stopFor } from "@sallyport/logon";
import { newId, random256 } from "../../ids.ts";
import { factorsOf, personOf } from "../../person.ts";
import { wakePhones } from "../../phone/wake.ts";
import { takeSending } from "../../send-cap.ts";
import type { Tx } from "../../store.ts";
import type { LogonRow } from "../../store-logons.ts";
import type { ChallengeRow } from "../../store-requests.ts";
import type { AskDeps, AskedFactor, Stand } from "../asked-factors.ts";
import type { CodeStep } from "../code-step.ts";
import { type WrongCode, wrong } from "../tries.ts";

export const pushFactor: AskedFactor = { ask, look };

/** What of a challenge's `data` a push has. `shown`: what the phone shows and signs; `letters`: ids of its wake-ups in the outbox. */
export interface PushData {
  number: number;
  shown: ShownRequest;
  letters: string[];
}

export function pushDataOf({ data }: ChallengeRow): PushData {
  return data as unknown as PushData;
}

async function ask(tx: Tx, deps: AskDeps, step: CodeStep): Promise<ChallengeRow | WrongCode> {
  const { transaction, enrolment, user } = step;
  const attempt = judgeAttempt(enrolment, tx.now);
  if (attempt.kind === "locked") return wrong("factor.locked", { failures: enrolment.failures, since: enrolment.updated }, true);
  if (attempt.kind === "throttled") return wrong("factor.throttled", { waitSeconds: Math.ceil(attempt.waitMs / 1000) });
  const logon = await tx.logons.ofHost(step.transaction.hostId, step.transaction.reference);
  if (logon?.evidence["conversation"] === false) return wrong("factor.not-allowed", { factor: enrolment.id, why: "nothing can be shown" });
  const shown = await shownFor(tx, step, logon);
  const place: PushPlace = { host: transaction.hostId, address: shown.address?.value ?? null };
  const stopped = await stopOf(tx, step, place);
  if (stopped) return stopped;
  const id = newId("chl");
  const phones = (await factorsOf(tx, user)).filter(({ kind, status }) => kind === "push" && status === "ACTIVE");
  const expires = Math.min(tx.now + PUSH_MS, expiryOf(transaction.opened, tx.now));
  const { letters, write } = wakePhones(deps.keys, phones, { challengeId: id, now: tx.now, expires });
  const data: PushData = { number: pushNumber(randomInt(2 ** 32) / 2 ** 32), shown, letters };
  const challenge: ChallengeRow = {
    id,
    kind: "push",
    transactionId: transaction.id,
    enrolmentId: enrolment.id,
    userId: user.id,
    hostId: transaction.hostId,
    secret: random256(),
    data: { ...data },
    created: tx.now,
    expires,
    answeredAt: null,
    answer: null,
    seenAt: null,
  };
  if (!(await takeSending(tx, user, "push")))
    return wrong("factor.push-capped", { factor: enrolment.id, count: SEND_CAP.most, windowSeconds: SEND_CAP.windowMs / 1000 });
  await tx.challenges.insert(challenge);
  await write(tx);
  return challenge;
}

async function look(tx: Tx, { enrolment }: CodeStep, challenge: ChallengeRow): Promise<Stand> {
  // Whoever was locked or reset after the yes does not get in by it.
  if (enrolment.status !== "ACTIVE")
    return { kind: "no", result: "REJECTED", cause: "factor.locked", evidence: { factor: enrolment.id, status: enrolment.status } };
  const stand = standOfPush(challenge, tx.now);
  const factor = enrolment.id;
  if (stand.kind === "waiting") return stand;
  if (stand.kind === "right")
    return { kind: "right", proof: { amr: "push", type: "factor.verified", data: { factor, kind: enrolment.kind } } };
  if (stand.result === "TIMEOUT") return (await undelivered(tx, factor, challenge)) ?? { ...stand, evidence: timeoutOf(factor, challenge) };
  const address = pushDataOf(challenge).shown.address?.value;
  return { ...stand, evidence: { factor, answeredAt: challenge.answeredAt, host: challenge.hostId, address } };
}

function timeoutOf(factor: string, { created, seenAt }: ChallengeRow): Record<string, unknown> {
  return { factor, sentAt: created, deliveredAt: seenAt, limitSeconds: PUSH_MS / 1000 };
}

/** Every wake-up failed, and no phone fetched the request by itself. */
async function undelivered(tx: Tx, factor: string, challenge: ChallengeRow): Promise<Stand | undefined> {
  const { letters } = pushDataOf(challenge);
  if (challenge.seenAt !== null || letters.length === 0) return undefined;
  const rows = await Promise.all(letters.map((id) => tx.outbox.byId(id)));
  if (rows.some((row) => !row || row.error === null)) return undefined;
  const evidence = { factor, service: rows.map((row) => row?.error).join("; ") };
  return { kind: "no", result: "TIMEOUT", cause: "factor.push-undelivered", evidence };
}

async function stopOf(tx: Tx, { enrolment, user }: CodeStep, place: PushPlace): Promise<WrongCode | undefined> {
  // Of users who are one person each has the same phones: what was stopped under one name is not asked under another.
  const standing = (await Promise.all((await personOf(tx, user)).map(({ id }) => tx.pushStops.standing(id)))).flat();
  const stop = stopFor(standing, place);
  if (!stop) return undefined;
  return wrong("factor.push-stopped", {
    factor: enrolment.id,
    stoppedAt: new Date(stop.created).toISOString(),
    scope: stop.scope,
    reports: standing.length,
  });
}

async function shownFor(tx: Tx, { transaction, user }: CodeStep, logon: LogonRow | undefined): Promise<ShownRequest> {
  const host = transaction.hostId === null ? undefined : await tx.hosts.byId(transaction.hostId);
  return {
    user: user.profile.login,
    host: host?.name ?? null,
    service: logon?.service ?? null,
    address: logon ? logon.address : transaction.address,
    time: new Date(tx.now).toISOString(),
  };
}

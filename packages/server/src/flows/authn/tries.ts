/** The tries of an enrolment: taken before anything is looked at, written down with their wait and their lock (S1, S2). */
import type { CauseId } from "@sallyport/contracts";
import { ATTEMPT_CAP, delayAfter, judgeAttempt } from "@sallyport/logon";
import type { Tx } from "../store.ts";
import type { EnrolmentRow } from "../store-logons.ts";

export interface WrongCode {
  kind: "wrong";
  cause: CauseId;
  /** What the host hears in its place. */
  told?: CauseId;
  evidence: Record<string, unknown>;
  locked: boolean;
}

export function wrong(cause: CauseId, evidence: Record<string, unknown>, locked = false): WrongCode {
  return { kind: "wrong", cause, evidence, locked };
}

/** S1: in one statement, so that tries in parallel cannot exceed the cap. `failures`: this try counted, until it is known better. */
export async function takeTry(tx: Tx, enrolment: EnrolmentRow): Promise<{ kind: "taken"; failures: number } | WrongCode> {
  const failures = await tx.enrolments.takeTry(enrolment.id, ATTEMPT_CAP, tx.now);
  return failures === undefined ? noTry(await tx.enrolments.byId(enrolment.id), tx.now) : { kind: "taken", failures };
}

function noTry(enrolment: EnrolmentRow | undefined, now: number): WrongCode {
  const state = enrolment ? judgeAttempt(enrolment, now) : { kind: "locked" as const };
  if (state.kind !== "throttled") return wrong("factor.locked", { failures: enrolment?.failures, since: enrolment?.updated }, true);
  return wrong("factor.throttled", { waitSeconds: Math.ceil(state.waitMs / 1000), failures: enrolment?.failures });
}

/** The wait that follows so many failures, from now on. */
export function waitAfter(tx: Tx, failures: number): { nextTryAt: number } {
  const wait = delayAfter(failures);
  return { nextTryAt: wait === 0 ? 0 : tx.now + wait };
}

/** Answers whether the enrolment is locked by this. */
export async function writeFailure(tx: Tx, enrolment: EnrolmentRow, failures: number): Promise<boolean> {
  const locked = failures >= ATTEMPT_CAP;
  const status = locked ? { status: "LOCKED" as const } : {};
  await tx.enrolments.update(enrolment.id, { ...waitAfter(tx, failures), updated: tx.now, ...status });
  if (locked) {
    await tx.log.append({
      type: "factor.locked",
      actor: { type: "user", id: enrolment.userId },
      outcome: "failure",
      cause: "factor.locked",
      data: { factor: enrolment.id, kind: enrolment.kind, failures },
    });
  }
  return locked;
}

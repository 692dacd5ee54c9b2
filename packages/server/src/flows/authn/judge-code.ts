/** Judges one TOTP code against one enrolment inside a unit of work: try taken first, step consumed, wait and lock written. */
import type { CauseId } from "@sallyport/contracts";
import { ATTEMPT_CAP, delayAfter, judgeAttempt, judgeTotp } from "@sallyport/logon";
import type { Keys } from "../../keys/keys.ts";
import type { Tx } from "../store.ts";
import type { EnrolmentRow } from "../store-logons.ts";

export type CodeVerdict =
  | { kind: "right"; step: number; drift: number }
  | { kind: "wrong"; cause: CauseId; evidence: Record<string, unknown>; locked: boolean };

/** Context under which an enrolment's shared secret is sealed. */
export function enrolmentContext(enrolmentId: string): string {
  return `enrolment:${enrolmentId}`;
}

/**
 * S1: the try is taken before the code is looked at, in one statement, so that tries in parallel cannot exceed the cap.
 * S5: a step that matched, inside or outside the window, is burnt at once and never matches again.
 */
export async function judgeCode(tx: Tx, keys: Keys, enrolment: EnrolmentRow, passCode: string): Promise<CodeVerdict> {
  const code = passCode.replace(/\s/g, "");
  if (!new RegExp(`^[0-9]{${enrolment.digits}}$`).test(code)) {
    return wrong("factor.code-malformed", { length: code.length, shouldBe: enrolment.digits });
  }
  const failures = await tx.enrolments.takeTry(enrolment.id, ATTEMPT_CAP, tx.now);
  if (failures === undefined) return noTry(await tx.enrolments.byId(enrolment.id), tx.now);
  const verdict = judgeTotp({
    secret: keys.unseal(enrolment.sealedSecret, enrolmentContext(enrolment.id)),
    digits: enrolment.digits,
    algorithm: enrolment.algorithm,
    period: enrolment.period,
    drift: enrolment.drift,
    now: tx.now,
    code,
  });
  const burnt =
    verdict.kind === "match" || verdict.kind === "outside" ? await tx.enrolments.consumeStep(enrolment.id, verdict.step) : false;
  if (verdict.kind === "match" && burnt) {
    await tx.enrolments.update(enrolment.id, { failures: 0, nextTryAt: 0, drift: verdict.drift, updated: tx.now });
    return { kind: "right", step: verdict.step, drift: verdict.drift };
  }
  const locked = await writeFailure(tx, enrolment, failures);
  if (verdict.kind === "match") return wrong("factor.code-used", { step: verdict.step, failures }, locked);
  if (verdict.kind === "outside")
    return wrong("clock.factor", { steps: verdict.steps, seconds: verdict.steps * enrolment.period, failures }, locked);
  return wrong("factor.code-wrong", { failures }, locked);
}

function wrong(cause: CauseId, evidence: Record<string, unknown>, locked = false): CodeVerdict {
  return { kind: "wrong", cause, evidence, locked };
}

function noTry(enrolment: EnrolmentRow | undefined, now: number): CodeVerdict {
  const state = enrolment ? judgeAttempt(enrolment, now) : { kind: "locked" as const };
  if (state.kind !== "throttled") return wrong("factor.locked", { failures: enrolment?.failures, since: enrolment?.updated }, true);
  return wrong("factor.throttled", { waitSeconds: Math.ceil(state.waitMs / 1000), failures: enrolment?.failures });
}

async function writeFailure(tx: Tx, enrolment: EnrolmentRow, failures: number): Promise<boolean> {
  const locked = failures >= ATTEMPT_CAP;
  const wait = delayAfter(failures);
  await tx.enrolments.update(enrolment.id, {
    nextTryAt: wait === 0 ? 0 : tx.now + wait,
    updated: tx.now,
    ...(locked ? { status: "LOCKED" as const } : {}),
  });
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

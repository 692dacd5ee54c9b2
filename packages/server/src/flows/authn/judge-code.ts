/** Judges one TOTP code against one enrolment inside a unit of work: try taken first, step consumed, wait and lock written. */
import { judgeTotp } from "@sallyport/logon";
import type { Keys } from "../../keys/keys.ts";
import type { Tx } from "../store.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import { takeTry, type WrongCode, writeFailure, wrong } from "./tries.ts";

export type CodeVerdict = { kind: "right"; step: number; drift: number } | WrongCode;

/** Context under which an enrolment's shared secret is sealed. */
export function enrolmentContext(enrolmentId: string): string {
  return `enrolment:${enrolmentId}`;
}

/**
 * S1: the try is taken before the code is looked at. S5: a step that matched, inside or outside the window, is burnt at once and never
 * matches again.
 */
export async function judgeCode(tx: Tx, keys: Keys, enrolment: EnrolmentRow, passCode: string): Promise<CodeVerdict> {
  const code = passCode.replace(/\s/g, "");
  // A recovery set has no digits: what is not shaped like one of its codes came here.
  if (enrolment.kind !== "totp" || !new RegExp(`^[0-9]{${enrolment.digits}}$`).test(code)) {
    return wrong("factor.code-malformed", { length: code.length, ...(enrolment.kind === "totp" ? { shouldBe: enrolment.digits } : {}) });
  }
  const taken = await takeTry(tx, enrolment);
  if (taken.kind === "wrong") return taken;
  const { failures } = taken;
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
    await tx.enrolments.update(enrolment.id, { failures: 0, nextTryAt: 0, drift: verdict.drift, updated: tx.now, lastUsed: tx.now });
    return { kind: "right", step: verdict.step, drift: verdict.drift };
  }
  const locked = await writeFailure(tx, enrolment, failures);
  if (verdict.kind === "match") return wrong("factor.code-used", { step: verdict.step, failures }, locked);
  if (verdict.kind === "outside")
    return wrong("clock.factor", { steps: verdict.steps, seconds: verdict.steps * enrolment.period, failures }, locked);
  return wrong("factor.code-wrong", { failures }, locked);
}

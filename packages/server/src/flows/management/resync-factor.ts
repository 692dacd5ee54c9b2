/** Re-sync of a TOTP device whose clock has drifted (S6): two codes in a row, counted as a try (S1), both used up (S4). */
import { resync } from "@sallyport/logon";
import { enrolmentContext } from "../authn/judge-code.ts";
import { takeTry, writeFailure } from "../authn/tries.ts";
import type { Tx } from "../store.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import { type FactorDeps, findEnrolment } from "./factors-admin.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";

export function resyncFactor(
  deps: FactorDeps,
  caller: Caller,
  userId: string,
  enrolmentId: string,
  codes: { first: string; second: string },
): Promise<Outcome<EnrolmentRow>> {
  return inUnit(deps.store, async (tx): Promise<Outcome<EnrolmentRow>> => {
    const found = await findEnrolment(tx, caller, userId, enrolmentId);
    if (found.kind !== "done") return found;
    const { user, enrolment } = found.value;
    if (enrolment.kind !== "totp") return { kind: "invalid", causes: ["factorType: only a TOTP factor has a clock"] };
    if (enrolment.status !== "ACTIVE") return { kind: "invalid", causes: [`status: the factor is ${enrolment.status}`] };
    const taken = await takeTry(tx, enrolment);
    if (taken.kind === "wrong") return { kind: "conflict", why: whyNoTry(taken.evidence) };
    const [first, second] = [codes.first, codes.second].map((code) => code.replace(/\s/g, ""));
    const { digits, algorithm, period, drift: before } = enrolment;
    const secret = deps.keys.unseal(enrolment.sealedSecret, enrolmentContext(enrolment.id));
    const verdict = resync({ secret, digits, algorithm, period, drift: before, now: tx.now }, first ?? "", second ?? "");
    const fresh = await burn(tx, enrolment, verdict.kind === "wrong" ? verdict.seen : verdict.steps);
    if (verdict.kind !== "synced" || !fresh) {
      await writeFailure(tx, enrolment, taken.failures);
      return { kind: "wrong-code", why: whyNot(verdict.kind, fresh, verdict.kind === "too-far" ? verdict.drift * period : 0) };
    }
    const { drift } = verdict;
    const change = { drift, failures: 0, nextTryAt: 0, updated: tx.now };
    await tx.enrolments.update(enrolment.id, change);
    const target = { type: "user", id: user.id, name: user.profile.login };
    const data = { factor: enrolment.id, kind: enrolment.kind, drift, before };
    await tx.log.append({ type: "factor.resynced", actor: caller.actor, target, outcome: "success", data });
    return done({ ...enrolment, ...change });
  });
}

/** Every step that was recognised, whatever comes of it (S5). False if one had been used before. */
async function burn(tx: Tx, enrolment: EnrolmentRow, steps: number[]): Promise<boolean> {
  let fresh = true;
  for (const step of new Set(steps)) fresh = (await tx.enrolments.consumeStep(enrolment.id, step)) && fresh;
  return fresh;
}

function whyNoTry({ waitSeconds }: Record<string, unknown>): string {
  if (typeof waitSeconds === "number") return `too many wrong codes: wait ${waitSeconds} seconds`;
  return "the factor is locked after too many wrong codes: reset it";
}

function whyNot(kind: "synced" | "too-far" | "wrong", fresh: boolean, seconds: number): string {
  if (kind === "too-far")
    return `the device is ${Math.abs(seconds)} seconds ${seconds < 0 ? "behind" : "ahead"}, which is more than is kept: set its clock`;
  if (kind === "synced" && !fresh) return "one of the codes was used already: take the next two";
  return "these are not two codes in a row of this device";
}

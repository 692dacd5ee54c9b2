/** Judges a long code, recovery or bypass: which one it could be before the slow hash is compared, and what it is worth after that. */
import type { LongCode } from "@sallyport/contracts";
import { type BypassVerdict, judgeBypass, judgeRecovery } from "@sallyport/logon";
import type { Tx } from "../store.ts";
import type { BypassCodeRow, RecoveryCodeRow } from "../store-codes.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import type { TransactionRow } from "../store-transactions.ts";
import type { CodeStep } from "./code-step.ts";
import { takeTry, type WrongCode, waitAfter, writeFailure, wrong } from "./tries.ts";

export type Candidate = { kind: "recovery"; set: EnrolmentRow; code: RecoveryCodeRow } | { kind: "bypass"; code: BypassCodeRow };

/** The try that was taken for a long code, and what it is to be compared with; nobody's hash if there is nothing (S16). */
export interface Taken {
  kind: "taken";
  /** On whose row the failure counts. */
  counter: EnrolmentRow;
  failures: number;
  candidate: Candidate | undefined;
  set: EnrolmentRow | undefined;
}

export type LongVerdict =
  | { kind: "recovery"; set: EnrolmentRow; remaining: number }
  | { kind: "bypass"; code: BypassCodeRow }
  /** No bypass code for this place; told as wrong. */
  | WrongCode;

/**
 * The first half. A failure counts on the recovery set, or, for whom has none, on the factor that was asked for: whoever guesses learns
 * neither whether there is a bypass code nor that there is none.
 */
export async function takeLongTry(tx: Tx, { user, enrolment, usable }: CodeStep, typed: LongCode): Promise<Taken | WrongCode> {
  const candidate = await findCandidate(tx, user.id, usable, typed);
  const set = candidate?.kind === "recovery" ? candidate.set : usable.find(({ kind }) => kind === "recovery");
  const counter = set ?? enrolment;
  const taken = await takeTry(tx, counter);
  if (taken.kind === "wrong") return taken;
  // Until it is known better this was a failure: several at once, of which each waits for the slow hash, must not slip past the wait.
  await tx.enrolments.update(counter.id, waitAfter(tx, taken.failures));
  return { ...taken, counter, set, candidate };
}

/** By the selector alone, which proves nothing. Linked users share their factors, and so may have two sets; a bypass code is for one user. */
async function findCandidate(tx: Tx, userId: string, usable: EnrolmentRow[], typed: LongCode): Promise<Candidate | undefined> {
  for (const set of usable.filter(({ kind }) => kind === "recovery")) {
    const code = await tx.recoveryCodes.find(set.id, typed.selector);
    if (code) return { kind: "recovery", set, code };
  }
  const code = await tx.bypassCodes.find(userId, typed.selector);
  return code && { kind: "bypass", code };
}

/** The second half, in a unit of its own: consumes what is right, writes down what is wrong. */
export async function judgeLongCode(
  tx: Tx,
  { candidate, counter, failures, set }: Taken,
  compared: "right" | "wrong",
  transaction: TransactionRow,
): Promise<LongVerdict> {
  if (candidate?.kind === "recovery" && compared === "right") {
    if (await tx.recoveryCodes.consume(candidate.set.id, candidate.code.selector, tx.now)) {
      await tx.enrolments.update(counter.id, { failures: 0, nextTryAt: 0, updated: tx.now });
      return { kind: "recovery", set: candidate.set, remaining: await tx.recoveryCodes.remaining(candidate.set.id) };
    }
    // Used before, or while the hash was compared; or the whole set is gone meanwhile.
    const verdict = judgeRecovery(await tx.recoveryCodes.find(candidate.set.id, candidate.code.selector), compared);
    if (verdict.kind === "used") return failed(tx, counter, failures, wrong("factor.code-used", { usedAt: iso(verdict.usedAt) }));
  }
  if (candidate?.kind === "bypass") {
    const code = await tx.bypassCodes.byId(candidate.code.id);
    const place = { appId: transaction.appId, allowed: transaction.factors.includes("bypass"), now: tx.now };
    const verdict = judgeBypass(code, compared, place);
    if (code && verdict.kind === "match" && (await tx.bypassCodes.consume(code.id, tx.now, transaction.reference))) {
      // It says nothing of the factor on which the try was counted.
      await tx.enrolments.returnTry(counter.id);
      return { kind: "bypass", code };
    }
    if (code && verdict.kind !== "wrong") return failed(tx, counter, failures, bypassRefused(code, verdict, tx.now));
  }
  const remaining = set === undefined ? {} : { remaining: await tx.recoveryCodes.remaining(set.id) };
  return failed(tx, counter, failures, wrong("factor.recovery-wrong", remaining));
}

function bypassRefused(code: BypassCodeRow, verdict: Exclude<BypassVerdict, { kind: "wrong" }>, now: number): WrongCode {
  const issued = { bypass: code.id, issuedAt: iso(code.created), issuedBy: code.createdBy };
  switch (verdict.kind) {
    case "used":
      return wrong("factor.bypass-used", { ...issued, usedAt: iso(verdict.usedAt), usedOn: code.usedOn });
    case "ended":
      return wrong("factor.bypass-expired", { ...issued, expiredAt: iso(verdict.at) });
    case "elsewhere":
      // Who holds such a code reads what everybody reads of a wrong one; the record says why.
      return {
        ...wrong("factor.not-allowed", { ...issued, reason: "a bypass code that does not count here" }),
        told: "factor.recovery-wrong",
      };
    case "match":
      return wrong("factor.bypass-used", { ...issued, usedAt: iso(now) });
  }
}

async function failed(tx: Tx, counter: EnrolmentRow, failures: number, refusal: WrongCode): Promise<WrongCode> {
  const locked = await writeFailure(tx, counter, failures);
  return { ...refusal, evidence: { ...refusal.evidence, factor: counter.id, failures }, locked };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

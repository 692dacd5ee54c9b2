/** What every code step does, whatever the code: find the transaction and the factor, let in, keep out, answer a retry alike. */
import { createHash, timingSafeEqual } from "node:crypto";
import { type CauseId, type EventType, FACTOR_NAMES, type FactorResult } from "@sallyport/contracts";
import { expiryOf, step, toldToHost } from "@sallyport/logon";
import { endLogon } from "../logon-record.ts";
import { provesOwnFactor } from "../own-factor.ts";
import { factorsOf } from "../person.ts";
import type { Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { EnrolmentRow, HostRow } from "../store-logons.ts";
import type { ChallengeRow } from "../store-requests.ts";
import type { TransactionRow } from "../store-transactions.ts";
import { judgeAnew, type Place } from "./judge-anew.ts";
import { isOvertaken, keepNewPassword } from "./new-password.ts";
import { advance, causeOfMisfit, dropUnfinished, findTransaction, isNotYours, type NotYours } from "./open-transaction.ts";
import { leaveSession } from "./session-token.ts";
import { isFree, type Offer, offersOf } from "./show.ts";
import type { WrongCode } from "./tries.ts";

/** Tries within one transaction; the cap over all of them is the enrolment's (S1). */
export const TRIES_PER_TRANSACTION = 5;

export interface CodeInput {
  stateToken: string;
  factorId: string;
  /** What was typed, or signed: whatever a retry must bring again to be known as one. */
  passCode: string;
  inputId?: string | undefined;
}

export interface WrongStep {
  kind: "wrong";
  cause: CauseId;
  told: CauseId;
  reference: string | null;
  ended: boolean;
  /** True with the failure that locks the factor: a page is told so at once. */
  locked?: boolean;
  evidence: Record<string, unknown>;
}

/** A factor was asked for, or has not answered yet, or said no and another way is open. */
export interface AskedStep {
  kind: "asked";
  transaction: TransactionRow;
  user: UserRow;
  now: number;
  asked: Asked;
}

/** What of a challenge its driver sees. */
export interface Asked {
  enrolment: EnrolmentRow;
  challenge: ChallengeRow;
  result: FactorResult;
  /** Why not; for a host only. */
  cause?: CauseId;
}

/** `offers`: in MFA_ENROLL, where more factors may be added now. */
export type RightStep = { kind: "right"; transaction: TransactionRow; user: UserRow; now: number; offers?: Offer[] };
export type VerifyOutcome = NotYours | RightStep | AskedStep | WrongStep;

/** A step that may go on: the code can be looked at. */
export interface CodeStep {
  kind: "step";
  transaction: TransactionRow;
  user: UserRow;
  /** The factor that the step names. */
  enrolment: EnrolmentRow;
  /** All that this transaction may use. */
  usable: EnrolmentRow[];
  /** The step names a type of which the person has several, and not one of them. */
  byType: boolean;
  /** Of a host's logon. */
  place?: Place | undefined;
}

export async function findStep(tx: Tx, host: HostRow | undefined, input: CodeInput): Promise<CodeStep | VerifyOutcome> {
  const found = await findTransaction(tx, input.stateToken, host);
  if (isNotYours(found)) return found;
  const user = found.userId === null ? undefined : await tx.users.byId(found.userId);
  const repeated = repeat(found, input, user, tx.now);
  if (repeated) return repeated;
  if (!user || !step(found.status, "proof-right").ok) return refused(causeOfMisfit(found), found, { status: found.status });
  // Whoever is suspended, or loses the right to the app, while the prompt is open does not get in with a code typed after that.
  const judged = await judgeAnew(tx, host, found, user);
  if (judged.kind === "refused") return endRefused(tx, found, judged.cause, judged.evidence);
  if (isOvertaken(found, user)) return endRefused(tx, found, "user.password", { why: "another one was set meanwhile" });
  const { transaction, takes, place } = judged;
  const begun = (await factorsOf(tx, user)).filter(({ id }) => transaction.factors.includes(id));
  const byType = input.factorId === FACTOR_NAMES.passkey.factorType;
  const enrolment = begun.find(({ id, kind }) => (byType ? kind === "passkey" : id === input.factorId));
  if (!enrolment) return refused("logon.out-of-order", transaction, { factor: input.factorId });
  const usable = begun.filter(({ kind }) => takes(kind));
  const evidence = { factor: enrolment.id, why: "the policy was changed meanwhile" };
  if (usable.length === 0) return endRefused(tx, transaction, "factor.not-allowed", evidence);
  if (!takes(enrolment.kind)) return refused("factor.not-allowed", transaction, evidence);
  return { kind: "step", transaction, user, enrolment, usable, byType, place };
}

/** What proved the person: for the log, and for the decision (`amr`). */
export interface Proof {
  amr: string;
  type: EventType;
  data: Record<string, unknown>;
}

export async function letIn(tx: Tx, { transaction, user: found, place }: CodeStep, proof: Proof, input: CodeInput): Promise<VerifyOutcome> {
  const amr = [...transaction.amr, proof.amr];
  const lastInput = remember(input, { answer: "right" as const });
  // S18: who got in by a code from a drawer or from an administrator puts no factor of their own beside it.
  const offers = transaction.offerMore && provesOwnFactor(amr) ? offersOf(transaction, await factorsOf(tx, found)) : [];
  const more = offers.some(isFree) && step(transaction.status, "proof-right-enrol").ok;
  const state = more ? { status: "MFA_ENROLL" as const, enrolProof: "factor" as const } : { status: "SUCCESS" as const };
  const expires = expiryOf(transaction.opened, tx.now);
  const session = more ? {} : leaveSession(tx, transaction);
  const change = { ...state, ...session, lastInput, lastCause: null, amr, expires, challengeId: null, newPassword: null };
  const done = await advance(tx, transaction, change);
  const user = (await keepNewPassword(tx, transaction)) ?? found;
  const { factor, kind } = proof.data;
  // A phone is marked as it answers: of several it need not be the one that was asked. An app, as its code is used up.
  if (typeof factor === "string" && kind !== "push" && kind !== "totp") await tx.enrolments.update(factor, { lastUsed: tx.now });
  await tx.challenges.supersede(transaction.id, tx.now);
  await tx.log.append({
    type: proof.type,
    actor: { type: "user", id: user.id, name: user.profile.login },
    outcome: "success",
    reference: transaction.reference ?? undefined,
    host: transaction.hostId ?? undefined,
    data: proof.data,
  });
  if (more) return { kind: "right", transaction: done, user, now: tx.now, offers };
  await endLogon(tx, done, { result: "allow", cause: null, amr }, place);
  return { kind: "right", transaction: done, user, now: tx.now };
}

/** @param enrolment on which the failure counts. */
export async function keepOut(
  tx: Tx,
  transaction: TransactionRow,
  enrolment: EnrolmentRow,
  verdict: WrongCode,
  input: CodeInput,
): Promise<VerifyOutcome> {
  const { cause, evidence, told = toldToHost(cause) } = verdict;
  const tries = transaction.tries + 1;
  const status = verdict.locked ? ("LOCKED_OUT" as const) : tries >= TRIES_PER_TRANSACTION ? ("REFUSED" as const) : transaction.status;
  const lastInput = remember(input, { answer: "wrong" as const, cause: told });
  const change = { status, tries, lastCause: cause, lastInput, expires: expiryOf(transaction.opened, tx.now) };
  const done = await advance(tx, transaction, change);
  await tx.log.append({
    type: "factor.failed",
    actor: { type: "user", id: enrolment.userId },
    outcome: "failure",
    cause,
    reference: transaction.reference ?? undefined,
    host: transaction.hostId ?? undefined,
    data: { factor: enrolment.id, kind: enrolment.kind, evidence },
  });
  const ended = status !== transaction.status;
  if (ended) {
    await tx.challenges.supersede(transaction.id, tx.now);
    await endLogon(tx, done, { result: "deny", cause, told, evidence });
  }
  return { kind: "wrong", cause, told, reference: transaction.reference, ended, locked: verdict.locked, evidence };
}

/** A retry after a lost answer carries the same input id and the same code: it gets the same answer, and nothing is counted twice. */
function repeat(transaction: TransactionRow, input: CodeInput, user: UserRow | undefined, now: number): VerifyOutcome | undefined {
  const { lastInput } = transaction;
  if (!input.inputId || !lastInput || lastInput.id !== input.inputId || !sameHash(lastInput.passCodeHash, hashInput(input)))
    return undefined;
  if (lastInput.answer === "right") return user ? { kind: "right", transaction, user, now } : undefined;
  return refused(lastInput.cause ?? "factor.code-wrong", transaction, {});
}

function remember<T extends object>(input: CodeInput, answer: T) {
  return input.inputId ? { id: input.inputId, passCodeHash: hashInput(input), ...answer } : null;
}

/** Binds the code to the state token (256 bits that are nowhere stored), so that what is kept cannot be looked up in a table of all codes. */
function hashInput(input: CodeInput): string {
  return createHash("sha256").update(`${input.stateToken}\0${input.factorId}\0${input.passCode}`).digest("hex");
}

/** S26: what is compared with something secret takes the same time wherever it differs. Both are hex of one length. */
function sameHash(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one, "hex"), Buffer.from(other, "hex"));
}

export function refused(cause: CauseId, transaction: TransactionRow, evidence: Record<string, unknown>): WrongStep {
  return { kind: "wrong", cause, told: toldToHost(cause), reference: transaction.reference, ended: false, evidence };
}

export async function endRefused(
  tx: Tx,
  transaction: TransactionRow,
  cause: CauseId,
  evidence: Record<string, unknown>,
): Promise<VerifyOutcome> {
  const done = await advance(tx, transaction, { status: "REFUSED", lastCause: cause });
  await tx.challenges.supersede(transaction.id, tx.now);
  await dropUnfinished(tx, transaction);
  await endLogon(tx, done, { result: "deny", cause, evidence });
  return { kind: "wrong", cause, told: toldToHost(cause), reference: transaction.reference, ended: true, evidence };
}

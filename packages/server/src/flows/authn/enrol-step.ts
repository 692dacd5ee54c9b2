/** Enrolling within a transaction: a factor is begun, and becomes active by its first proof; before that nobody is let in. */
import type { EnrolledKind } from "@sallyport/contracts";
import { expiryOf, isSentKind, type SentKind, step } from "@sallyport/logon";
import { ENROLLERS } from "../enrolling/enroller.ts";
import { judgeKind, takeCode } from "../enrolling/sent-code.ts";
import { enrolRight } from "../enrolling/window.ts";
import { beingMade, factorsOf } from "../person.ts";
import { sendCode } from "../send-code.ts";
import type { Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { EnrolmentRow, HostRow } from "../store-logons.ts";
import type { TransactionRow } from "../store-transactions.ts";
import type { AskDeps } from "./asked-factors.ts";
import { endRefused, refused, type WrongStep } from "./code-step.ts";
import { misfit, type StepOutcome } from "./go-back.ts";
import { judgeAnew } from "./judge-anew.ts";
import { isOvertaken } from "./new-password.ts";
import { advance, dropUnfinished, findTransaction, isNotYours, type NotYours } from "./open-transaction.ts";
import { isFree, offersOf, showTransaction } from "./show.ts";

/** `invalid`: this kind cannot be enrolled here, in words for whoever may enrol. */
export type EnrolOutcome = StepOutcome | { kind: "invalid"; causes: string[] };

/** A transaction in which its person may enrol now. */
export interface EnrolStep {
  kind: "enrol-step";
  transaction: TransactionRow;
  user: UserRow;
  proof: NonNullable<TransactionRow["enrolProof"]>;
}

/** S18: judged anew at every step, since the window, or the right to the app, may have ended meanwhile. */
export async function findEnrolStep(
  tx: Tx,
  host: HostRow | undefined,
  stateToken: string,
  event: "enrol" | "enrolled" | "ask-again",
): Promise<EnrolStep | NotYours | WrongStep> {
  const found = await findTransaction(tx, stateToken, host);
  if (isNotYours(found)) return found;
  const user = found.userId === null ? undefined : await tx.users.byId(found.userId);
  if (!user || !step(found.status, event).ok) return misfit(found);
  const judged = await judgeAnew(tx, host, found, user);
  if (judged.kind === "refused") return ended(tx, found, judged.cause, judged.evidence);
  const { transaction } = judged;
  if (await isTakenNoMore(tx, transaction))
    return ended(tx, transaction, "factor.not-allowed", { factor: transaction.enrolling, why: "the policy was changed meanwhile" });
  if (isOvertaken(transaction, user)) return ended(tx, transaction, "user.password", { why: "another one was set meanwhile" });
  const right = await enrolRight(tx, transaction, user);
  if (right.kind === "may") return { kind: "enrol-step", transaction, user, proof: right.proof };
  if (right.ended) return ended(tx, transaction, right.cause, right.evidence);
  return refused(right.cause, transaction, right.evidence);
}

/** What is being made through a window, of a kind that the policy does not take any more. */
async function isTakenNoMore(tx: Tx, transaction: TransactionRow): Promise<boolean> {
  const making = transaction.enrolling === null ? undefined : await tx.enrolments.byId(transaction.enrolling);
  return making !== undefined && transaction.ticketId !== null && !offersOf(transaction, []).some(({ kind }) => kind === making.kind);
}

async function ended(tx: Tx, transaction: TransactionRow, cause: WrongStep["cause"], evidence: Record<string, unknown>) {
  return (await endRefused(tx, transaction, cause, evidence)) as WrongStep;
}

interface EnrolInput {
  stateToken: string;
  kind: EnrolledKind;
  profile?: Record<string, unknown> | undefined;
}

export async function beginEnrol(tx: Tx, deps: AskDeps, host: HostRow | undefined, body: EnrolInput): Promise<EnrolOutcome> {
  const found = await findEnrolStep(tx, host, body.stateToken, "enrol");
  return found.kind === "enrol-step" ? begin(tx, deps, found, body) : found;
}

/** Another activation of the same kind in the place of the one before, which ends by that. */
export async function resendEnrol(
  tx: Tx,
  deps: AskDeps,
  host: HostRow | undefined,
  { stateToken, factorId }: { stateToken: string; factorId: string },
): Promise<EnrolOutcome> {
  const found = await findEnrolStep(tx, host, stateToken, "ask-again");
  if (found.kind !== "enrol-step") return found;
  const { transaction } = found;
  const before = transaction.enrolling === null ? undefined : await tx.enrolments.byId(transaction.enrolling);
  if (transaction.status !== "MFA_ENROLL_ACTIVATE" || before?.id !== factorId)
    return refused("logon.out-of-order", transaction, { factor: factorId });
  await tx.challenges.supersede(transaction.id, tx.now);
  if (isSent(before)) return sendAgain(tx, deps, found, before, stateToken);
  await dropUnfinished(tx, transaction);
  return begin(tx, deps, found, { stateToken, kind: before.kind, profile: before.name === null ? undefined : { name: before.name } });
}

function isSent(enrolment: EnrolmentRow): enrolment is EnrolmentRow & { kind: SentKind } {
  return isSentKind(enrolment.kind);
}

/** A code anew to the same place, of the same factor: public clients go on under the id that they know. */
async function sendAgain(
  tx: Tx,
  deps: AskDeps,
  { transaction, user }: EnrolStep,
  enrolment: EnrolmentRow & { kind: SentKind },
  stateToken: string,
): Promise<EnrolOutcome> {
  const { kind } = enrolment;
  const not = (await judgeKind(tx, kind)) ?? (await takeCode(tx, kind, user));
  if (not) return { kind: "invalid", causes: [`factorType: ${not.sentence}`] };
  const challenge = await sendCode(tx, deps, { kind, user, enrolment });
  const change = { challengeId: challenge.id, expires: expiryOf(transaction.opened, tx.now) };
  return showTransaction(tx, await advance(tx, transaction, change), stateToken);
}

async function begin(tx: Tx, deps: AskDeps, { transaction, user, proof }: EnrolStep, body: EnrolInput): Promise<EnrolOutcome> {
  const enroller = ENROLLERS[body.kind];
  const offer = offersOf(transaction, await factorsOf(tx, user)).find(({ kind }) => kind === body.kind);
  if (!enroller || !offer) return { kind: "invalid", causes: ["factorType: this kind cannot be enrolled here"] };
  if (!isFree(offer)) return { kind: "invalid", causes: ["factorType: a factor of this type is already set up"] };
  const begun = await enroller.begin(tx, deps, user, body);
  if ("kind" in begun) return { kind: "invalid", causes: [`factorType: ${begun.sentence}`] };
  const { enrolment, challenge, activation } = begun;
  await tx.enrolments.update(enrolment.id, { data: beingMade(enrolment.data, transaction.id) });
  const going = await advance(tx, transaction, {
    status: "MFA_ENROLL_ACTIVATE",
    enrolling: enrolment.id,
    challengeId: challenge?.id ?? null,
    enrolProof: proof,
    expires: expiryOf(transaction.opened, tx.now),
  });
  const own = { type: "user" as const, id: user.id, name: user.profile.login };
  const place = { reference: transaction.reference ?? undefined, host: transaction.hostId ?? undefined };
  const data = { factor: enrolment.id, kind: enrolment.kind };
  await tx.log.append({ type: "factor.enrolled", actor: own, target: own, outcome: "success", ...place, data });
  return showTransaction(tx, going, body.stateToken, { activation });
}

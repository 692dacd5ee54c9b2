/** The last step of an enrolment within a transaction: the proof is examined between two units of work, and lets in with the second. */
import type { CauseId, EnrolledKind } from "@sallyport/contracts";
import { expiryOf } from "@sallyport/logon";
import { ENROLLERS, type Examined } from "../enrolling/enroller.ts";
import { makeActive } from "../enrolling/make-active.ts";
import { endLogon } from "../logon-record.ts";
import { factorsOf } from "../person.ts";
import type { Store, Tx } from "../store.ts";
import type { EnrolmentRow, HostRow } from "../store-logons.ts";
import type { ChallengeRow } from "../store-requests.ts";
import type { AskDeps } from "./asked-factors.ts";
import { endRefused, refused, TRIES_PER_TRANSACTION, type WrongStep } from "./code-step.ts";
import { type EnrolStep, findEnrolStep } from "./enrol-step.ts";
import type { StepOutcome } from "./go-back.ts";
import { endOfHostMeanwhile } from "./judge-page-host.ts";
import { keepNewPassword } from "./new-password.ts";
import { advance, type NotYours, Superseded } from "./open-transaction.ts";
import { leaveSession } from "./session-token.ts";
import { isFree, offersOf, showTransaction } from "./show.ts";
import type { Drive } from "./verify-factor.ts";

export interface ActivateInput {
  stateToken: string;
  factorId: string;
  /** As the kind's enroller reads it; `undefined` asks how it stands. */
  proof: Record<string, unknown> | undefined;
}

interface Pending extends Omit<EnrolStep, "kind"> {
  kind: "pending";
  host: HostRow | undefined;
  enrolment: EnrolmentRow;
  challenge: ChallengeRow | undefined;
  now: number;
}

/** What a proof of each kind is called in `amr` (RFC 8176 where it has a word). */
const AMR: Partial<Record<EnrolledKind, string>> = { totp: "otp", passkey: "hwk", push: "push", email: "email", sms: "sms", call: "tel" };

export async function activateStep(deps: AskDeps & { store: Store }, drive: Drive, input: ActivateInput): Promise<StepOutcome> {
  const pending = await drive((tx, host) => findPending(tx, host, input));
  if (pending.kind !== "pending") return pending;
  const { enrolment, challenge, now } = pending;
  const enroller = ENROLLERS[enrolment.kind];
  if (!enroller) throw new Error(`nobody enrols a factor of kind ${enrolment.kind}`);
  const examined = await enroller.examine(deps, enrolment, challenge, input.proof ?? {}, now);
  return deps.store.inTransaction((tx) => finish(tx, pending, examined, input));
}

/** A kind that becomes active elsewhere is only asked about; the answer of the device is the proof. */
async function findPending(tx: Tx, host: HostRow | undefined, input: ActivateInput): Promise<Pending | StepOutcome> {
  const found = await findEnrolStep(tx, host, input.stateToken, "enrolled");
  if (found.kind !== "enrol-step") return found;
  const { transaction, user, proof } = found;
  const enrolment = transaction.enrolling === null ? undefined : await tx.enrolments.byId(transaction.enrolling);
  if (enrolment?.id !== input.factorId) return refused("logon.out-of-order", transaction, { factor: input.factorId });
  const challenge = transaction.challengeId === null ? undefined : await tx.challenges.byId(transaction.challengeId);
  const elsewhere = ENROLLERS[enrolment.kind]?.elsewhere === true;
  if (elsewhere !== (input.proof === undefined)) return refused("logon.out-of-order", transaction, { kind: enrolment.kind });
  if (elsewhere && enrolment.status !== "ACTIVE" && challenge?.answer !== "yes") return showTransaction(tx, transaction, input.stateToken);
  return { kind: "pending", transaction, user, proof, host, enrolment, challenge, now: tx.now };
}

async function finish(tx: Tx, pending: Pending, examined: Examined, input: ActivateInput): Promise<StepOutcome> {
  const found = await findEnrolStep(tx, pending.host, input.stateToken, "enrolled");
  if (found.kind !== "enrol-step") return found;
  if (found.transaction.version !== pending.transaction.version) throw new Superseded();
  const stopped = await endOfHostMeanwhile(tx, pending.host, found.transaction);
  if (stopped) return asWrong(stopped);
  if (examined.kind === "wrong") {
    if (examined.usedStep !== undefined) await tx.enrolments.consumeStep(pending.enrolment.id, examined.usedStep);
    return wrongProof(tx, found, pending.enrolment, examined.cause, examined.evidence);
  }
  const active = await makeActive(tx, pending.enrolment.id, examined.change);
  if (!active) return wrongProof(tx, found, pending.enrolment, "factor.code-used", {});
  if (pending.challenge) await tx.challenges.answer(pending.challenge.id, "used", tx.now);
  return letInWith(tx, found, active, input);
}

/** The window is used up by the factor that came through it: of two transactions in one window one comes to an end. */
async function letInWith(
  tx: Tx,
  { transaction, user, proof }: EnrolStep,
  active: EnrolmentRow,
  input: ActivateInput,
): Promise<StepOutcome> {
  if (proof !== "factor" && (transaction.ticketId === null || !(await tx.tickets.consume(transaction.ticketId, tx.now))))
    throw new Superseded();
  const own = { type: "user" as const, id: user.id, name: user.profile.login };
  const place = { reference: transaction.reference ?? undefined, host: transaction.hostId ?? undefined };
  const data = { factor: active.id, kind: active.kind };
  await tx.log.append({ type: "factor.activated", actor: own, target: own, outcome: "success", ...place, data });
  if (proof !== "factor")
    await tx.log.append({
      type: "ticket.used",
      actor: own,
      target: own,
      outcome: "success",
      ...place,
      data: { ticket: transaction.ticketId, proof },
    });
  const more = transaction.offerMore && offersOf({ ...transaction, ticketId: null }, await factorsOf(tx, user)).some(isFree);
  const amr = proof === "factor" ? transaction.amr : [...transaction.amr, AMR[active.kind] ?? active.kind];
  const done = await advance(tx, transaction, {
    // The new factor was proved in this very transaction.
    ...(more ? { status: "MFA_ENROLL", enrolProof: "factor", ticketId: null } : { status: "SUCCESS", ...leaveSession(tx, transaction) }),
    enrolling: null,
    challengeId: null,
    lastCause: null,
    amr,
    expires: expiryOf(transaction.opened, tx.now),
    newPassword: null,
  });
  await keepNewPassword(tx, transaction);
  await tx.challenges.supersede(transaction.id, tx.now);
  if (!more) await endLogon(tx, done, { result: "allow", cause: null, amr });
  return showTransaction(tx, done, input.stateToken);
}

async function wrongProof(
  tx: Tx,
  { transaction }: EnrolStep,
  enrolment: EnrolmentRow,
  cause: CauseId,
  evidence: Record<string, unknown>,
): Promise<StepOutcome> {
  const tries = transaction.tries + 1;
  if (tries >= TRIES_PER_TRANSACTION) return asWrong(await endRefused(tx, transaction, cause, { ...evidence, tries }));
  await advance(tx, transaction, { tries, lastCause: cause, expires: expiryOf(transaction.opened, tx.now) });
  return refused(cause, transaction, { ...evidence, factor: enrolment.id });
}

const asWrong = (outcome: unknown) => outcome as NotYours | WrongStep;

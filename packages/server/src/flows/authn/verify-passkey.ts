/** The step with a passkey, in two units of work: the try is taken before the signature is looked at, the challenge used up after it. */
import type { PasskeyAssertion } from "@sallyport/contracts";
import { findSigner, type Signed } from "../passkeys/find-signer.ts";
import { relyingPartyOf } from "../passkeys/relying-party.ts";
import { usePasskey } from "../passkeys/use-passkey.ts";
import type { Store, Tx } from "../store.ts";
import type { EnrolmentRow, HostRow } from "../store-logons.ts";
import type { ChallengeRow } from "../store-requests.ts";
import { askedKeys } from "./asked/passkey.ts";
import { type CodeInput, type CodeStep, findStep, keepOut, letIn, refused, type VerifyOutcome } from "./code-step.ts";
import { endOfHostMeanwhile } from "./judge-page-host.ts";
import { Superseded } from "./open-transaction.ts";
import { tooLate } from "./too-late.ts";
import { takeTry, type WrongCode, waitAfter, writeFailure } from "./tries.ts";

interface Waiting {
  kind: "waiting";
  host: HostRow | undefined;
  version: number;
  failures: number;
  challenge: ChallengeRow;
  keys: EnrolmentRow[];
}

/** @param drive runs the first unit for whoever drives the transaction. */
export async function verifyPasskey(
  deps: { store: Store; orgUrl: string },
  drive: <T>(fn: (tx: Tx, host: HostRow | undefined) => Promise<T>) => Promise<T>,
  input: CodeInput,
  assertion: PasskeyAssertion,
): Promise<VerifyOutcome> {
  const waiting = await drive((tx, host) => takeChallenge(tx, host, input));
  if (waiting.kind !== "waiting") return waiting;
  const { origin, id: rpId } = relyingPartyOf(deps.orgUrl) ?? { origin: "", id: "" };
  const { keys, challenge } = waiting;
  const signed = await findSigner(keys, assertion, { challenge: challenge.secret, origin, rpId, verified: false });
  return deps.store.inTransaction((tx) => finish(tx, waiting, signed, input));
}

async function takeChallenge(tx: Tx, host: HostRow | undefined, input: CodeInput): Promise<Waiting | VerifyOutcome> {
  const found = await findStep(tx, host, input);
  if (found.kind !== "step") return found;
  const { transaction, enrolment, usable } = found;
  const challenge = transaction.challengeId === null ? undefined : await tx.challenges.byId(transaction.challengeId);
  // Nothing was asked that a passkey could answer: that is no try.
  if (challenge?.kind !== "passkey") return refused("logon.out-of-order", transaction, { asked: challenge?.kind ?? "nothing" });
  const keys = askedKeys(challenge, usable);
  if (!keys.some(({ id }) => id === enrolment.id)) return refused("logon.out-of-order", transaction, { factor: enrolment.id });
  const taken = await takeTry(tx, enrolment);
  if (taken.kind === "wrong") return keepOut(tx, transaction, enrolment, taken, input);
  // Until it is known better this was a failure, for those that come while the signature is looked at.
  await tx.enrolments.update(enrolment.id, waitAfter(tx, taken.failures));
  return { kind: "waiting", host, version: transaction.version, failures: taken.failures, challenge, keys };
}

/** Everything is judged again: the person may be suspended, the key removed and the transaction over by now. Throws `Superseded`. */
async function finish(tx: Tx, waiting: Waiting, signed: Signed, input: CodeInput): Promise<VerifyOutcome> {
  const { host, version } = waiting;
  const found = await findStep(tx, host, input);
  if (found.kind !== "step") return found;
  const { transaction, enrolment } = found;
  if (transaction.version !== version) throw new Superseded();
  const stopped = await endOfHostMeanwhile(tx, host, transaction);
  if (stopped) return stopped;
  const verdict = await judgeSigned(tx, found, waiting, signed);
  if (verdict.kind === "wrong") return keepOut(tx, transaction, enrolment, verdict, input);
  const data = { factor: verdict.enrolment.id, kind: "passkey" };
  return letIn(tx, found, { amr: "hwk", type: "factor.verified", data }, input);
}

async function judgeSigned(
  tx: Tx,
  { enrolment }: CodeStep,
  { challenge, failures }: Waiting,
  signed: Signed,
): Promise<{ kind: "used"; enrolment: EnrolmentRow } | WrongCode> {
  // S4: whatever the answer was worth, this challenge takes no second one.
  const first = await tx.challenges.answer(challenge.id, "used", tx.now);
  if (signed.kind === "wrong") return failed(tx, enrolment, failures, signed);
  if (!first) return failed(tx, enrolment, failures, tooLate(challenge));
  const used = await usePasskey(tx, signed.enrolment, signed.counter);
  if (used.kind === "wrong") return used;
  // Another of the person's keys answered than the one that the try was taken on.
  if (signed.enrolment.id !== enrolment.id) await tx.enrolments.returnTry(enrolment.id);
  return { kind: "used", enrolment: signed.enrolment };
}

async function failed(tx: Tx, enrolment: EnrolmentRow, failures: number, verdict: WrongCode): Promise<WrongCode> {
  const locked = await writeFailure(tx, enrolment, failures);
  return { ...verdict, evidence: { ...verdict.evidence, failures }, locked };
}

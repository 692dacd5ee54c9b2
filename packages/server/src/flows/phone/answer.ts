/** The answer of a phone to a push: one answer per request, over what it showed; a wrong number ends it and counts as a failure. */
import { createHash, timingSafeEqual } from "node:crypto";
import { type PhoneAnswerClaims, type PhoneAnswerResult, type PhoneAnswerView, shownText } from "@sallyport/contracts";
import { isNumber } from "@sallyport/logon";
import { pushDataOf } from "../authn/asked/push.ts";
import { takeTry, writeFailure } from "../authn/tries.ts";
import { factorsOf, isBeingMade } from "../person.ts";
import type { Tx } from "../store.ts";
import type { ChallengeRow } from "../store-requests.ts";
import { verifierOf } from "./account.ts";
import { isPhoneRefusal, type PhoneRefusal } from "./phone-caller.ts";
import { report } from "./report.ts";
import { checkAssertion, type Verified } from "./verifier.ts";
import { judgedUnit, type Phone, type PhoneDeps, provenCall } from "./with-phone.ts";

interface Answered {
  result: PhoneAnswerResult;
  waitSeconds?: number;
}

/** Where the phone has a verifier, its signature is checked between two units of work, before the one that judges. */
export async function answerPush(deps: PhoneDeps, signed: string): Promise<PhoneAnswerView | PhoneRefusal> {
  const proven = await provenCall(deps.store, "phone-answer", signed);
  if ("kind" in proven) return proven;
  const { claims, enrolment } = proven;
  const verified = enrolment && claims.decision === "yes" ? await verifiedBy(deps, claims, enrolment) : undefined;
  return judgedUnit(deps, proven, async (tx, phone) => {
    const answered = await judge(tx, deps, phone, claims, verified);
    return isPhoneRefusal(answered) ? answered : { ...answered, now: new Date(tx.now).toISOString() };
  });
}

async function verifiedBy(deps: PhoneDeps, { challenge: id, assertion }: PhoneAnswerClaims, enrolment: Phone["enrolment"]) {
  const verifier = verifierOf(enrolment);
  const challenge = verifier && assertion ? await deps.store.read((tx) => tx.challenges.byId(id)) : undefined;
  return verifier && assertion && challenge
    ? checkAssertion(deps.orgUrl, verifier, enrolment.counter, challenge.secret, assertion)
    : undefined;
}

/** In this order: whose request it is, what was shown, whether it is still open, that the owner is there, and only then the answer. */
async function judge(
  tx: Tx,
  deps: PhoneDeps,
  phone: Phone,
  claims: PhoneAnswerClaims,
  verified: Verified | undefined,
): Promise<Answered | PhoneRefusal> {
  const challenge = await tx.challenges.byId(claims.challenge);
  if (!challenge || !(await isTheirs(tx, phone, challenge, claims))) return { kind: "phone-invalid", why: "challenge" };
  if (!sameShown(deps.orgUrl, challenge, claims.shown)) return { kind: "phone-invalid", why: "shown" };
  const over = overAs(challenge, tx.now);
  if (over) return { result: over };
  if (claims.decision === "yes") return approve(tx, phone, challenge, claims, verified);
  const answer = claims.decision;
  if (!(await tx.challenges.answer(challenge.id, answer, tx.now))) return { result: "elsewhere" };
  await say(tx, phone, challenge, answer);
  if (answer === "not-me") await report(tx, phone, challenge);
  return { result: answer === "no" ? "denied" : "reported" };
}

/** A phone that is still being made in a transaction is nobody's factor yet, and answers for none (S18). */
async function isTheirs(tx: Tx, { user, enrolment }: Phone, challenge: ChallengeRow, claims: PhoneAnswerClaims): Promise<boolean> {
  if (challenge.kind !== "push" || challenge.transactionId !== claims.transaction || isBeingMade(enrolment)) return false;
  return (await factorsOf(tx, user)).some(({ id }) => id === challenge.enrolmentId);
}

/** The person answered to what the phone showed: anything else than what was asked is no answer. */
function sameShown(orgUrl: string, challenge: ChallengeRow, hash: string): boolean {
  const text = shownText(new URL(orgUrl).origin, pushDataOf(challenge).shown);
  return timingSafeEqual(createHash("sha256").update(text).digest(), Buffer.from(hash, "base64url"));
}

function overAs({ answer, expires }: ChallengeRow, now: number): PhoneAnswerResult | undefined {
  if (answer === "superseded") return expires <= now ? "expired" : "ended";
  if (answer !== null) return "elsewhere";
  return expires <= now ? "expired" : undefined;
}

/** S1: the try is taken before the number is looked at. */
async function approve(
  tx: Tx,
  phone: Phone,
  challenge: ChallengeRow,
  claims: PhoneAnswerClaims,
  verified: Verified | undefined,
): Promise<Answered | PhoneRefusal> {
  const { enrolment } = phone;
  if (verifierOf(enrolment) && !(verified && (await tx.enrolments.raiseCounter(enrolment.id, verified.counter))))
    return { kind: "phone-invalid", why: "verifier" };
  const taken = await takeTry(tx, enrolment);
  if (taken.kind === "wrong") return { result: "wait", ...waitOf(taken.evidence) };
  const right = isNumber(claims.number, pushDataOf(challenge).number);
  if (!(await tx.challenges.answer(challenge.id, right ? "yes" : "mismatch", tx.now))) {
    await tx.enrolments.returnTry(enrolment.id);
    return { result: "elsewhere" };
  }
  if (right) await tx.enrolments.update(enrolment.id, { failures: 0, nextTryAt: 0, lastUsed: tx.now, updated: tx.now });
  else await writeFailure(tx, enrolment, taken.failures);
  await say(tx, phone, challenge, right ? "yes" : "mismatch");
  return { result: right ? "approved" : "mismatch" };
}

function waitOf({ waitSeconds }: Record<string, unknown>): { waitSeconds?: number } {
  return typeof waitSeconds === "number" ? { waitSeconds } : {};
}

async function say(tx: Tx, { enrolment, user }: Phone, challenge: ChallengeRow, answer: string): Promise<void> {
  const { shown } = pushDataOf(challenge);
  await tx.log.append({
    type: "push.answered",
    actor: { type: "user", id: user.id, name: user.profile.login },
    outcome: answer === "yes" ? "success" : "failure",
    host: challenge.hostId ?? undefined,
    data: { factor: enrolment.id, asked: challenge.enrolmentId, answer, service: shown.service, address: shown.address },
  });
}

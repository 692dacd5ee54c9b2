/** A code that is sent by mail, text message or call: made when it is asked for, typed back once. */
import { readSentCode, SEND_CAP, SENT_CODE_DIGITS, type SentKind } from "@sallyport/logon";
import { takeSending } from "../../send-cap.ts";
import { hasWay, isCodeOf, sendCode } from "../../send-code.ts";
import type { Tx } from "../../store.ts";
import type { ChallengeRow } from "../../store-requests.ts";
import type { AskDeps, AskedFactor } from "../asked-factors.ts";
import type { CodeStep, Proof } from "../code-step.ts";
import { tooLate } from "../too-late.ts";
import { takeTry, type WrongCode, writeFailure, wrong } from "../tries.ts";

/** RFC 8176 has words for text messages and calls; for mail there is none. */
const AMR: Record<SentKind, string> = { email: "email", sms: "sms", call: "tel" };

export const emailFactor = sentCode("email");
export const smsFactor = sentCode("sms");
export const callFactor = sentCode("call");

function sentCode(kind: SentKind): AskedFactor {
  return {
    async ask(tx, deps, { transaction, user, enrolment }) {
      if (!(await hasWay(tx, kind)))
        return wrong("factor.not-allowed", { factor: enrolment.id, reason: `no way to send a code by ${kind} is set up` });
      if (!(await takeSending(tx, user, kind)))
        return wrong("factor.throttled", { waitSeconds: SEND_CAP.windowMs / 1000, factor: enrolment.id });
      return sendCode(tx, deps, { kind, user, enrolment, transaction });
    },
    judgeCode: (tx, deps, step, passCode) => judgeSentCode(tx, deps, step, passCode, kind),
  };
}

/** S1: the try is taken before the code is looked at. */
async function judgeSentCode(
  tx: Tx,
  { keys }: AskDeps,
  { transaction, enrolment }: CodeStep,
  passCode: string,
  kind: SentKind,
): Promise<{ kind: "right"; proof: Proof } | WrongCode> {
  const code = readSentCode(passCode);
  if (code === undefined) return wrong("factor.code-malformed", { length: passCode.length, shouldBe: SENT_CODE_DIGITS });
  const taken = await takeTry(tx, enrolment);
  if (taken.kind === "wrong") return taken;
  const challenge = transaction.challengeId === null ? undefined : await tx.challenges.byId(transaction.challengeId);
  const own = challenge?.enrolmentId === enrolment.id ? challenge : undefined;
  // S4: answered by the first of several, in one statement.
  if (own && isCodeOf(keys, own, code) && (await tx.challenges.answer(own.id, "used", tx.now))) {
    await tx.enrolments.update(enrolment.id, { failures: 0, nextTryAt: 0, updated: tx.now });
    return { kind: "right", proof: { amr: AMR[kind], type: "factor.verified", data: { factor: enrolment.id, kind } } };
  }
  const locked = await writeFailure(tx, enrolment, taken.failures);
  const known = await findKnown(tx, enrolment.userId, own, (one) => one.kind === kind && isCodeOf(keys, one, code));
  if (!known) return wrong("factor.code-wrong", { failures: taken.failures }, locked);
  const { cause, evidence } = tooLate(
    known.answer === "superseded" ? { ...known, answeredAt: null, expires: known.answeredAt ?? tx.now } : known,
  );
  return wrong(cause, { ...evidence, factor: enrolment.id, failures: taken.failures }, locked);
}

/** The code was right once: of this logon, until a newer one took its place or its time was over; or it let somebody in already. */
async function findKnown(
  tx: Tx,
  userId: string,
  own: ChallengeRow | undefined,
  is: (one: ChallengeRow) => boolean,
): Promise<ChallengeRow | undefined> {
  let at = own;
  for (let steps = 0; at && steps <= SEND_CAP.most; steps += 1) {
    if (is(at)) return at;
    const before = at.data["before"];
    at = typeof before === "string" ? await tx.challenges.byId(before) : undefined;
  }
  return (await tx.challenges.answersSince(userId, "used", tx.now - SEND_CAP.windowMs)).find(is);
}

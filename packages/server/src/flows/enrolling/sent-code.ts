/** An address or number to which codes go, as a person enrols it: confirmed by a first code that was sent there. */
import { mailAddress, phoneNumber } from "@sallyport/contracts";
import { readSentCode, SENT_CODE_DIGITS, type SentKind } from "@sallyport/logon";
import { tooLate } from "../authn/too-late.ts";
import { wrong } from "../authn/tries.ts";
import { blankEnrolment } from "../blank-enrolment.ts";
import { takeSending } from "../send-cap.ts";
import { hasWay, isCodeOf, sendCode } from "../send-code.ts";
import type { Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import type { Enroller, NotNow } from "./enroller.ts";

export interface SentCodeEnrolment {
  profile?: { email?: unknown; phoneNumber?: unknown } | undefined;
}

export const emailEnroller = enrollerOf("email");
export const smsEnroller = enrollerOf("sms");
export const callEnroller = enrollerOf("call");

function enrollerOf(kind: SentKind): Enroller<SentCodeEnrolment, { passCode?: string | undefined }> {
  return {
    several: false,
    async begin(tx, deps, user, request) {
      const to = readTarget(kind, user, request);
      if (typeof to !== "string") return to;
      const not = (await judgeKind(tx, kind)) ?? (await takeCode(tx, kind, user));
      if (not) return not;
      const enrolment = await insertSent(tx, kind, user, to, false);
      const challenge = await sendCode(tx, deps, { kind, user, enrolment });
      return { enrolment, challenge, activation: {} };
    },
    async examine({ keys }, pending, challenge, { passCode = "" }, now) {
      const code = readSentCode(passCode);
      if (code === undefined) return wrong("factor.code-malformed", { length: passCode.length, shouldBe: SENT_CODE_DIGITS });
      if (!challenge || challenge.enrolmentId !== pending.id) return wrong("logon.out-of-order", { factor: pending.id });
      if (!isCodeOf(keys, challenge, code)) return wrong("factor.code-wrong", {});
      if (challenge.answeredAt !== null || challenge.expires <= now) return tooLate(challenge);
      return { kind: "right", change: {} };
    },
  };
}

/** The user's own address of the profile, where none is named. */
export function readTarget(kind: SentKind, { profile }: UserRow, request: SentCodeEnrolment): string | NotNow {
  const typed = kind === "email" ? (request.profile?.email ?? profile.email) : request.profile?.phoneNumber;
  const read = (kind === "email" ? mailAddress : phoneNumber).safeParse(typed);
  if (read.success) return read.data;
  const what = kind === "email" ? "a mail address" : "a number with its country, such as +49 30 1234567";
  return { kind: "not-now", sentence: `This needs ${what}.` };
}

/** Weak kinds are off until an administrator wants them: a way to send them, and a rule that names them. */
export async function judgeKind(tx: Tx, kind: SentKind): Promise<NotNow | undefined> {
  if (!(await hasWay(tx, kind))) return { kind: "not-now", sentence: "The org has no way to send such codes." };
  if (await isNamed(tx, kind)) return undefined;
  return { kind: "not-now", sentence: `No app's rule takes codes by ${kind}: they count only where a rule names them.` };
}

/** One of the codes that may go to this person, or that there is none left. */
export async function takeCode(tx: Tx, kind: SentKind, user: UserRow): Promise<NotNow | undefined> {
  if (await takeSending(tx, user, kind)) return undefined;
  return { kind: "not-now", sentence: "Too many codes were sent in the last ten minutes." };
}

/** Kinds that could be enrolled now, as far as the org goes: a way to send them, and a rule that names them. */
export async function sentKindsOn(tx: Tx): Promise<SentKind[]> {
  const on: SentKind[] = [];
  for (const kind of ["email", "sms", "call"] as const) if ((await judgeKind(tx, kind)) === undefined) on.push(kind);
  return on;
}

async function isNamed(tx: Tx, kind: SentKind): Promise<boolean> {
  for (let past: { label: string } | undefined; ; ) {
    const apps = await tx.apps.list({ limit: 100, ...(past ? { past: past.label } : {}) });
    if (apps.some(({ policy }) => policy.rules.some(({ factors }) => factors?.includes(kind)))) return true;
    const last = apps.at(-1);
    if (!last || apps.length < 100) return false;
    past = { label: last.label.toLowerCase() };
  }
}

export async function insertSent(tx: Tx, kind: SentKind, user: UserRow, to: string, active: boolean): Promise<EnrolmentRow> {
  const status = active ? ("ACTIVE" as const) : ("PENDING_ACTIVATION" as const);
  const enrolment: EnrolmentRow = { ...blankEnrolment(tx.now), userId: user.id, kind, status, data: { to } };
  await tx.enrolments.insert(enrolment);
  return enrolment;
}

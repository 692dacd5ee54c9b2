/** Codes that the org sends out, by mail, text message or call: their shape and life, and what is shown of where they go. Pure. */
import { LIMITS } from "@sallyport/contracts";

export type SentKind = "email" | "sms" | "call";

export function isSentKind(kind: string): kind is SentKind {
  return kind === "email" || kind === "sms" || kind === "call";
}

/** S8. Guessing is bounded by the tries of a transaction and of the enrolment (S1), not by the length. */
export const SENT_CODE_DIGITS = 6;
/** Milliseconds. Mail takes longer than the 60 s of S9; a code never outlives its transaction. */
export const SENT_CODE_MS = 5 * 60_000;

/** When a code that is sent now ends, epoch ms. @param opened when its transaction began; absent where it belongs to none. */
export function sentCodeExpiry(now: number, opened?: number): number {
  const own = now + SENT_CODE_MS;
  return opened === undefined ? own : Math.min(own, opened + LIMITS.transactionMs);
}

/** @param random uniform, from 0 to 10^digits − 1. */
export function writeSentCode(random: number): string {
  return String(random).padStart(SENT_CODE_DIGITS, "0");
}

/** What was typed, without the blanks that people copy along; undefined if it cannot be a code. */
export function readSentCode(typed: string): string | undefined {
  const code = typed.replace(/\s/g, "");
  return code.length === SENT_CODE_DIGITS && /^[0-9]+$/.test(code) ? code : undefined;
}

/** `a***@e***.test`: enough to know one's own mailbox, of no use to anybody else. Always three stars, so that no length shows. */
export function maskMail(address: string): string {
  const [local = "", domain = ""] = address.split("@");
  const end = domain.lastIndexOf(".");
  const first = (text: string) => [...text][0] ?? "";
  return `${first(local)}***@${first(domain)}***${end > 0 ? domain.slice(end) : ""}`;
}

/** `+*** 67`: the last two digits. */
export function maskNumber(number: string): string {
  return `+*** ${number.slice(-2)}`;
}

/** Language in which the org writes to somebody. @param locale BCP 47, or with an underscore as older systems have it. */
export function languageOf(locale: string | undefined): "en" | "de" {
  return /^de(?![a-z])/i.test(locale ?? "") ? "de" : "en";
}

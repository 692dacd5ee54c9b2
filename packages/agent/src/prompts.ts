/** What a person is asked, in words that tell nothing but their own clear mistakes (S16). */
import { type CauseId, causeOf, type FactorView, type ShowFrame } from "@sallyport/contracts";
import type { Answer } from "./link/answer.ts";

/** @param recovery whether the person has recovery codes: only then are they spoken of. A bypass code never is. */
export function codeShow(factor: FactorView, recovery: boolean, again: string | undefined): ShowFrame["show"] {
  const label = factor.kind === "recovery" ? "Recovery code" : recovery ? "Code from your app, or a recovery code" : "Code from your app";
  return {
    title: "Second factor",
    ...(again === undefined ? {} : { text: again }),
    fields: [{ id: "code", kind: "code", label, ...(factor.digits === undefined ? {} : { digits: factor.digits }) }],
  };
}

export function passwordShow(again: string | undefined): ShowFrame["show"] {
  return {
    title: "Password",
    ...(again === undefined ? {} : { text: again }),
    fields: [{ id: "password", kind: "secret", label: "Password" }],
  };
}

/** Codes that were wrong in some way: one sentence for all, so that an observer learns nothing about a code (S5). */
export const WRONG: ReadonlySet<CauseId> = new Set([
  "factor.code-wrong",
  "factor.code-used",
  "factor.code-expired",
  "factor.recovery-wrong",
  "factor.bypass-used",
  "factor.bypass-expired",
  "clock.factor",
]);

/** What stands above the next prompt after this answer; `undefined` if there is no next one. */
export function askAgain(answer: Answer<unknown>): string | undefined {
  if (answer.kind !== "refused") return undefined;
  if (WRONG.has(answer.cause)) return "That code is not right. Try again.";
  if (answer.cause === "factor.code-malformed") return causeOf(answer.cause).person;
  if (answer.cause === "factor.throttled")
    return `There were too many tries. Please wait ${waitOf(answer.evidence["waitSeconds"])} before you try again.`;
  return undefined;
}

function waitOf(seconds: unknown): string {
  if (typeof seconds !== "number" || seconds <= 0) return "a little";
  return seconds < 90 ? `${Math.ceil(seconds)} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}

/** The rules of a push to the phone: how long and how often, whom a *not me* stops, and how a request stands. Pure. */
import { timingSafeEqual } from "node:crypto";
import type { CauseId } from "@sallyport/contracts";

/** A request dies after this long (S9), in milliseconds. */
export const PUSH_MS = 60_000;
/** Digits of the number that the logon shows (S10: at least two). */
export const PUSH_DIGITS = 2;
/** So many *not me* within the window stop all pushes to the user. */
export const PUSH_REPORTS = { most: 3, windowMs: 60 * 60_000 } as const;

/** Where a request comes from. `host`: id; null for the org's own pages. `address`: as it was shown; null where none is known. */
export interface PushPlace {
  host: string | null;
  address: string | null;
}

export interface PushStop {
  scope: "place" | "all";
  hostId: string | null;
  address: string | null;
}

/** The stop that holds a request from this place, if one does: of all pushes, or of those from the very host and address. */
export function stopFor<T extends PushStop>(stops: readonly T[], place: PushPlace): T | undefined {
  const all = stops.find(({ scope }) => scope === "all");
  return all ?? stops.find(({ hostId, address }) => hostId === place.host && address === place.address);
}

/** What one more report does. @param before reports within the window, without this one. */
export function scopeOfReport(before: number): PushStop["scope"] {
  return before + 1 >= PUSH_REPORTS.most ? "all" : "place";
}

/** A random fraction → a number that is written with all its digits: 10 to 99. @param random 0 ≤ random < 1. */
export function pushNumber(random: number): number {
  const least = 10 ** (PUSH_DIGITS - 1);
  return least + Math.floor(random * 9 * least);
}

/** S26: in constant time; what is no number of that length is wrong. */
export function isNumber(typed: string | undefined, shown: number): boolean {
  const digits = (typed ?? "").replace(/\s/g, "");
  if (!new RegExp(`^[0-9]{${PUSH_DIGITS}}$`).test(digits)) return false;
  return timingSafeEqual(Buffer.from(digits), Buffer.from(String(shown)));
}

export type PushAnswer = "yes" | "no" | "not-me" | "mismatch" | "used" | "superseded" | null;

export type PushStand = { kind: "waiting" } | { kind: "right" } | { kind: "no"; result: "REJECTED" | "TIMEOUT"; cause: CauseId };

/** How a request stands. @param now epoch ms, as `expires`. */
export function standOfPush({ answer, expires }: { answer: PushAnswer; expires: number }, now: number): PushStand {
  switch (answer) {
    case "yes":
      return { kind: "right" };
    case "no":
      return { kind: "no", result: "REJECTED", cause: "factor.push-denied" };
    case "not-me":
      return { kind: "no", result: "REJECTED", cause: "factor.push-reported" };
    case "mismatch":
      return { kind: "no", result: "REJECTED", cause: "factor.number-mismatch" };
    case null:
      return now < expires ? { kind: "waiting" } : { kind: "no", result: "TIMEOUT", cause: "factor.push-timeout" };
    default:
      return { kind: "no", result: "TIMEOUT", cause: "factor.push-timeout" };
  }
}

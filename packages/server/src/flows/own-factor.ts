/** What says that somebody holds a factor of their own: only they may add another one to it, or take one away (S11, S18). */
import type { EnrolmentRow } from "./store-logons.ts";

/** A code from a drawer or from an administrator lets in, but changes no factors. */
const NO_OWN_FACTOR = new Set(["pwd", "recovery", "bypass"]);

/** @param amr how they proved themselves. */
export function provesOwnFactor(amr: readonly string[]): boolean {
  return amr.some((proof) => !NO_OWN_FACTOR.has(proof));
}

/**
 * What was proved has to be there still: whoever proved a factor that was reset since (a stolen phone, a call to the help desk) does not
 * put another one in its place.
 */
export function hasWayIn(all: readonly EnrolmentRow[]): boolean {
  return all.some(({ kind, status }) => status === "ACTIVE" && kind !== "recovery");
}

/** @param usable ids of the factors that a transaction began with: one of them was reset since, and it may be the one that was proved. */
export function isResetSince(all: readonly EnrolmentRow[], usable: readonly string[]): boolean {
  return all.some(({ id, status }) => status === "RESET" && usable.includes(id));
}

/** Tries that are counted on this machine's disk, before what was typed is looked at: a restart forgives none (S1, S2). */
import * as z from "zod";

/** The present moment in epoch ms, no earlier than one that was seen before. */
export type TimeAfter = (seen: number) => number;

/** Times in epoch ms. `latest`: the latest moment that was seen: a clock that is set back gains nothing. */
export const triesShape = { failures: z.int().min(0), nextTryAt: z.int().min(0), latest: z.int().min(0) } as const;
export interface Tries {
  failures: number;
  nextTryAt: number;
  latest: number;
}

/** Wrong ones in a row that cost no time. */
const FREE = 3;
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 3_600_000;

export const NO_TRIES: Tries = { failures: 0, nextTryAt: 0, latest: 0 };

/** One more that has failed until it is known to be right; or how long to wait first. @param now no earlier than `latest`. */
export function takeTry(tries: Tries, now: number): { kind: "taken"; tries: Tries } | { kind: "wait"; seconds: number } {
  if (now < tries.nextTryAt) return { kind: "wait", seconds: Math.ceil((tries.nextTryAt - now) / 1000) };
  const failures = tries.failures + 1;
  return { kind: "taken", tries: { failures, nextTryAt: now + waitAfter(failures), latest: now } };
}

function waitAfter(failures: number): number {
  return failures < FREE ? 0 : Math.min(FIRST_WAIT_MS * 2 ** (failures - FREE), LONGEST_WAIT_MS);
}

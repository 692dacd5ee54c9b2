/** A finding: one cause of the table with the evidence for it. */
import { type CauseId, causeOf } from "@sallyport/contracts";
import type { OrgClock } from "./clock.ts";

/** Flat, so that it can be reported, logged and shown as it is. Never a secret, a code or a password. */
export type Evidence = Record<string, string | number | boolean>;

export interface Finding {
  cause: CauseId;
  evidence: Evidence;
}

/** `TypeError: …` or `ECONNRESET: …`: what a fault says of itself, bounded, for evidence. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, 512);
  const code = (error as NodeJS.ErrnoException).code;
  // The system's own message begins with the code already.
  return (code !== undefined && error.message.startsWith(code) ? error.message : `${code ?? error.name}: ${error.message}`).slice(0, 512);
}

/** A refusal on the way through code that cannot return it; carries its finding to the one place that ends the attempt. */
export class Refusal extends Error {
  readonly finding: Finding;
  constructor(cause: CauseId, evidence: Evidence, options?: ErrorOptions) {
    super(`${cause}: ${JSON.stringify(evidence)}`, options);
    this.name = "Refusal";
    this.finding = { cause, evidence };
  }
}

/** True for what no logon ends by: a finding of its kind, or a wrong clock that the org's signed time puts right (`corrected`). */
export function isLivedWith({ cause }: Finding, corrected: boolean): boolean {
  return causeOf(cause).kind === "finding" || (cause === "clock.host" && corrected);
}

/** `clock.host` with the offset and, near a multiple of 15 minutes, the guess that a time zone was taken for UTC. */
export function clockFinding(clock: OrgClock, offsetMs = clock.hostOffset()): Finding {
  const quarter = 15 * 60_000;
  const quarters = Math.round(offsetMs / quarter);
  const zone = quarters !== 0 && Math.abs(offsetMs - quarters * quarter) < 90_000;
  const evidence = {
    offsetMs,
    direction: offsetMs > 0 ? "fast" : "slow",
    hostTime: new Date(clock.wall()).toISOString(),
    orgTime: new Date(clock.best()).toISOString(),
    ...(zone ? { timeZoneGuess: `a time zone of ${quarters / 4 > 0 ? "+" : ""}${quarters / 4} h was taken for UTC` } : {}),
  };
  return { cause: "clock.host", evidence };
}

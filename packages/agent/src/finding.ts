/** A finding: one cause of the table with the evidence for it. */
import type { CauseId } from "@sallyport/contracts";

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
  return `${code ?? error.name}: ${error.message}`.slice(0, 512);
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

/** A fault on the way to the org, with the phase it happened in: what the fail modes judge by. */
import type { CauseId } from "@sallyport/contracts";
import type { Evidence } from "../finding.ts";

/** How far a call got. Only `resolve` and `connect` prove that nobody was spoken to. */
export type Phase = "queue" | "resolve" | "connect" | "proxy" | "tls" | "answer";

export interface LinkFault {
  cause: CauseId;
  evidence: Evidence;
  phase: Phase;
  /** HTTP status, if there was an answer. */
  status?: number;
  /** True if the answer came over TLS that proved the org's identity; plain http on loopback never does. */
  authenticated: boolean;
  viaProxy: boolean;
}

export class LinkError extends Error {
  readonly fault: LinkFault;
  constructor(cause: CauseId, phase: Phase, evidence: Evidence, more: Partial<LinkFault> = {}) {
    super(`${cause} (${phase})`);
    this.name = "LinkError";
    this.fault = { cause, evidence, phase, authenticated: false, viaProxy: false, ...more };
  }
}

/** The one way in which a route says no: thrown at the HTTP edge only, where flows have answered with a value. */
import type { CauseId, ErrorCode } from "@sallyport/contracts";

/** A line that a person reads; in both languages where public clients show it as it is. */
export type Worded = string | { en: string; de: string };

export interface Refusal {
  code: ErrorCode;
  /** Only for a host that proved itself, or an administrator. */
  cause?: CauseId | undefined;
  reference?: string | undefined;
  evidence?: Record<string, unknown> | undefined;
  /** Replaces the table's public sentence. */
  summary?: string | undefined;
  /** Seconds after which another try is looked at; `Retry-After`. */
  retryAfter?: number | undefined;
  /** Lines of `errorCauses`, such as `profile.login: …`; public. */
  causes?: readonly Worded[] | undefined;
}

export class Refused extends Error {
  readonly code: ErrorCode;
  override readonly cause: CauseId | undefined;
  readonly reference: string | undefined;
  readonly evidence: Record<string, unknown> | undefined;
  readonly summary: string | undefined;
  readonly causes: readonly Worded[];
  readonly retryAfter: number | undefined;

  constructor(refusal: Refusal) {
    super(refusal.summary ?? refusal.code);
    this.name = "Refused";
    this.code = refusal.code;
    this.cause = refusal.cause;
    this.reference = refusal.reference;
    this.evidence = refusal.evidence;
    this.summary = refusal.summary;
    this.causes = refusal.causes ?? [];
    this.retryAfter = refusal.retryAfter;
  }
}

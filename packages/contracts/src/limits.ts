/** The limits that both ends of a wire hold: sizes in bytes, times in milliseconds unless the name says otherwise. */
export const LIMITS = {
  /** HTTP body (security rule S30). */
  bodyBytes: 256 * 1024,
  /** Door frame with its newline (S30). */
  frameBytes: 64 * 1024,
  /** Fields of one show: a Windows tile names all its fields before it has seen a show, so there is room for no more. */
  fields: 8,
  /** Nesting of any JSON value. */
  depth: 16,
  /** User name as typed at a logon screen. */
  nameLength: 256,
  /** Life of a host's assertion, in seconds. */
  assertionSeconds: 60,
  /** How far a host's clock may stand from the org's before the assertion is `clock.host`, in seconds. */
  clockLeewaySeconds: 30,
  /** A host's clock that is off by more is worth a finding, although nobody is refused for it. */
  clockFindingMs: 2000,
  /** Life of a transaction after opening (S9). */
  transactionMs: 10 * 60_000,
  /** Life of a transaction between two steps; sliding, never beyond `transactionMs`. */
  transactionIdleMs: 5 * 60_000,
  /** Life of a signed decision. */
  decisionSeconds: 60,
  /** Life of an enrolment code. */
  enrolmentCodeMs: 24 * 3_600_000,
  /** How old a signed host policy may be for an open fail mode, in seconds. */
  openPolicySeconds: 24 * 3600,
} as const;

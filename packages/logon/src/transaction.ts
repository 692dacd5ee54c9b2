/** The states of a transaction and the only ways between them, as one table; `transaction.md` draws the same table. */
import { type CauseId, LIMITS, type TransactionStatus } from "@sallyport/contracts";

/** Stored states: those of the API, and the ends that a client never sees as a status. */
export type TransactionState = "NEW" | TransactionStatus | "CANCELLED" | "EXPIRED" | "REFUSED";

export type TransactionEvent =
  | "open-password"
  | "open-factor"
  | "open-allow"
  | "password-right"
  | "password-right-allow"
  | "password-wrong"
  | "refuse"
  | "code-right"
  | "code-wrong"
  | "factor-locked"
  | "cancel"
  | "expire";

export interface Transition {
  from: TransactionState;
  event: TransactionEvent;
  to: TransactionState;
}

/** An illegal event is a missing row. Order: as a logon runs. */
export const TRANSITIONS: readonly Transition[] = [
  { from: "NEW", event: "open-password", to: "UNAUTHENTICATED" },
  { from: "NEW", event: "open-factor", to: "MFA_REQUIRED" },
  { from: "NEW", event: "open-allow", to: "SUCCESS" },
  { from: "UNAUTHENTICATED", event: "password-right", to: "MFA_REQUIRED" },
  { from: "UNAUTHENTICATED", event: "password-right-allow", to: "SUCCESS" },
  { from: "UNAUTHENTICATED", event: "password-wrong", to: "UNAUTHENTICATED" },
  { from: "UNAUTHENTICATED", event: "refuse", to: "REFUSED" },
  { from: "UNAUTHENTICATED", event: "cancel", to: "CANCELLED" },
  { from: "UNAUTHENTICATED", event: "expire", to: "EXPIRED" },
  { from: "MFA_REQUIRED", event: "code-right", to: "SUCCESS" },
  { from: "MFA_REQUIRED", event: "code-wrong", to: "MFA_REQUIRED" },
  { from: "MFA_REQUIRED", event: "factor-locked", to: "LOCKED_OUT" },
  { from: "MFA_REQUIRED", event: "refuse", to: "REFUSED" },
  { from: "MFA_REQUIRED", event: "cancel", to: "CANCELLED" },
  { from: "MFA_REQUIRED", event: "expire", to: "EXPIRED" },
];

/** The next state, or `logon.out-of-order` for a step that this state does not know. */
export function step(state: TransactionState, event: TransactionEvent): { ok: true; to: TransactionState } | { ok: false; cause: CauseId } {
  const row = TRANSITIONS.find((transition) => transition.from === state && transition.event === event);
  return row ? { ok: true, to: row.to } : { ok: false, cause: "logon.out-of-order" };
}

/** True while something may still happen: the state has a way out. */
export function isOpen(state: TransactionState): boolean {
  return state !== "NEW" && TRANSITIONS.some((transition) => transition.from === state);
}

/** When a transaction ends if nobody does anything: slides with each step, never beyond ten minutes after opening (S9). Epoch ms. */
export function expiryOf(openedAt: number, now: number): number {
  return Math.min(now + LIMITS.transactionIdleMs, openedAt + LIMITS.transactionMs);
}

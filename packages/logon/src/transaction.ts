/** The states of a transaction and the only ways between them, as one table; `transaction.md` draws the same table. */
import { type CauseId, LIMITS, type TransactionStatus } from "@sallyport/contracts";

/** Stored states: those of the API, and the ends that a client never sees as a status. */
export type TransactionState = "NEW" | TransactionStatus | "CANCELLED" | "EXPIRED" | "REFUSED";

export type TransactionEvent =
  | "open-password"
  | "open-factor"
  | "open-enrol"
  | "open-allow"
  | "open-locked"
  | "open-expired-password"
  | "password-right"
  | "password-right-enrol"
  | "password-right-allow"
  | "password-right-locked"
  | "password-expired"
  | "password-wrong"
  | "refuse"
  | "ask"
  | "ask-again"
  | "answer-no"
  | "proof-right"
  | "proof-right-enrol"
  | "proof-wrong"
  | "factor-locked"
  | "back"
  | "enrol"
  | "enrolled"
  | "enrolled-more"
  | "proof-of-new-wrong"
  | "skip"
  | "cancel"
  | "expire";

export interface Transition {
  from: TransactionState;
  event: TransactionEvent;
  to: TransactionState;
}

/** An illegal event is a missing row. Order: as a logon runs. `open-locked` and the like end at once: there is nothing left to do. */
export const TRANSITIONS: readonly Transition[] = [
  { from: "NEW", event: "open-password", to: "UNAUTHENTICATED" },
  { from: "NEW", event: "open-factor", to: "MFA_REQUIRED" },
  { from: "NEW", event: "open-enrol", to: "MFA_ENROLL" },
  { from: "NEW", event: "open-allow", to: "SUCCESS" },
  { from: "NEW", event: "open-locked", to: "LOCKED_OUT" },
  { from: "NEW", event: "open-expired-password", to: "PASSWORD_EXPIRED" },
  { from: "UNAUTHENTICATED", event: "password-right", to: "MFA_REQUIRED" },
  { from: "UNAUTHENTICATED", event: "password-right-enrol", to: "MFA_ENROLL" },
  { from: "UNAUTHENTICATED", event: "password-right-allow", to: "SUCCESS" },
  { from: "UNAUTHENTICATED", event: "password-right-locked", to: "LOCKED_OUT" },
  { from: "UNAUTHENTICATED", event: "password-expired", to: "PASSWORD_EXPIRED" },
  { from: "UNAUTHENTICATED", event: "password-wrong", to: "UNAUTHENTICATED" },
  ...endings("UNAUTHENTICATED"),
  { from: "MFA_REQUIRED", event: "ask", to: "MFA_CHALLENGE" },
  ...proofs("MFA_REQUIRED"),
  ...endings("MFA_REQUIRED"),
  { from: "MFA_CHALLENGE", event: "ask", to: "MFA_CHALLENGE" },
  { from: "MFA_CHALLENGE", event: "ask-again", to: "MFA_CHALLENGE" },
  { from: "MFA_CHALLENGE", event: "answer-no", to: "MFA_CHALLENGE" },
  { from: "MFA_CHALLENGE", event: "back", to: "MFA_REQUIRED" },
  ...proofs("MFA_CHALLENGE"),
  ...endings("MFA_CHALLENGE"),
  { from: "MFA_ENROLL", event: "enrol", to: "MFA_ENROLL_ACTIVATE" },
  { from: "MFA_ENROLL", event: "skip", to: "SUCCESS" },
  ...endings("MFA_ENROLL"),
  { from: "MFA_ENROLL_ACTIVATE", event: "enrolled", to: "SUCCESS" },
  { from: "MFA_ENROLL_ACTIVATE", event: "enrolled-more", to: "MFA_ENROLL" },
  { from: "MFA_ENROLL_ACTIVATE", event: "proof-of-new-wrong", to: "MFA_ENROLL_ACTIVATE" },
  { from: "MFA_ENROLL_ACTIVATE", event: "ask-again", to: "MFA_ENROLL_ACTIVATE" },
  { from: "MFA_ENROLL_ACTIVATE", event: "back", to: "MFA_ENROLL" },
  ...endings("MFA_ENROLL_ACTIVATE"),
  { from: "PASSWORD_EXPIRED", event: "password-right", to: "MFA_REQUIRED" },
  { from: "PASSWORD_EXPIRED", event: "password-right-enrol", to: "MFA_ENROLL" },
  { from: "PASSWORD_EXPIRED", event: "password-right-allow", to: "SUCCESS" },
  { from: "PASSWORD_EXPIRED", event: "password-right-locked", to: "LOCKED_OUT" },
  { from: "PASSWORD_EXPIRED", event: "password-wrong", to: "PASSWORD_EXPIRED" },
  ...endings("PASSWORD_EXPIRED"),
];

/** What a code, an answer from the phone or a passkey can do. `proof-right-enrol`: right, and the person may add more factors now. */
function proofs(from: TransactionState): Transition[] {
  return [
    { from, event: "proof-right", to: "SUCCESS" },
    { from, event: "proof-right-enrol", to: "MFA_ENROLL" },
    { from, event: "proof-wrong", to: from },
    { from, event: "factor-locked", to: "LOCKED_OUT" },
  ];
}

/** The ends that every open state has. */
function endings(from: TransactionState): Transition[] {
  return [
    { from, event: "refuse", to: "REFUSED" },
    { from, event: "cancel", to: "CANCELLED" },
    { from, event: "expire", to: "EXPIRED" },
  ];
}

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

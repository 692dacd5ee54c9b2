/** What the flows need of the stored transactions: every step is a compare-and-set. */
import type { CauseId, ClientAddress, TransactionStatus } from "@sallyport/contracts";

export interface TransactionRow {
  id: string;
  /** SHA-256 of the state token, hex: the token itself is not kept. */
  tokenHash: string;
  /** Compare-and-set counter: two steps at once cannot both win. */
  version: number;
  status: TransactionStatus | "CANCELLED" | "EXPIRED" | "REFUSED";
  hostId: string | null;
  appId: string | null;
  userId: string | null;
  reference: string | null;
  nonce: string | null;
  logonHash: string | null;
  drive: "agent" | "page";
  /** Ids of the enrolments that may be used; and `bypass`, where the rule takes an administrator's code. */
  factors: string[];
  rule: string | null;
  tries: number;
  /** Last refusal inside the transaction: the cause if the person gives up. */
  lastCause: CauseId | null;
  /** Id of the last input and what it was answered with: a retry gets the same (no "code used" for a lost answer). */
  lastInput: { id: string; passCodeHash: string; answer: "right" | "wrong"; cause?: CauseId } | null;
  amr: string[];
  opened: number;
  expires: number;
  /** What was asked last, in MFA_CHALLENGE or MFA_ENROLL_ACTIVATE: id of its `ChallengeRow`. */
  challengeId: string | null;
  /** The enrolment that is being made, in MFA_ENROLL_ACTIVATE. */
  enrolling: string | null;
  /** What permits enrolling here (S18): a factor proved in this very transaction, a ticket, an administrator's confirmation. */
  enrolProof: "factor" | "ticket" | "confirmed" | null;
  /** The window that an administrator opened, through which a first factor comes in; id of its `TicketRow`. */
  ticketId: string | null;
  /**
   * What its person chose in PASSWORD_EXPIRED, and when the password was set that they proved: it becomes theirs with the factor, and only
   * if nobody has set another one meanwhile.
   */
  newPassword: { phc: string; before: number | null } | null;
  /** The client wants to offer further factors after the first. */
  offerMore: boolean;
  /** SHA-256 (hex) of the cookie of the browser that began (S36); null where a host or a program did. */
  browserHash: string | null;
  /** Of the client that opened it; null where a host did: the logon's record has it. */
  address: ClientAddress | null;
  /** Until when its session token opens a session; null before its good end, after the token was used, and for a host. */
  sessionUntil: number | null;
  /** A step-up: the session that this makes fresh, for the app of `appId`. */
  sessionId: string | null;
}

export interface TransactionsStore {
  insert(transaction: TransactionRow): Promise<void>;
  byTokenHash(tokenHash: string): Promise<TransactionRow | undefined>;
  /** Writes only if the stored version is still `expected` and raises it by one; false if someone was faster. One statement. */
  advance(id: string, expected: number, change: Partial<Omit<TransactionRow, "id" | "tokenHash" | "version">>): Promise<boolean>;
  /** Uses up the session token of a transaction that ended well (S4); answers the row as it was, undefined if there is none to use. */
  takeSession(id: string, now: number): Promise<TransactionRow | undefined>;
  /** Open ones that ran out before `now`, at most `limit`. */
  expired(now: number, limit: number): Promise<TransactionRow[]>;
  purge(before: number): Promise<void>;
}

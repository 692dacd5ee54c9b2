/** What the flows need of the stored out-of-band requests: challenges that somebody is to answer, enrolment tickets, mail and pushes to be sent, sessions of browsers. */
import type { Page } from "./store.ts";

/** What waits for an answer. `session`: a session token that a browser has yet to turn into its cookie. */
export type ChallengeKind = "push" | "passkey" | "email" | "sms" | "call" | "link" | "activate" | "passkey-sign-in";

/** Asked once, answered once, bound to its transaction, gone after its time (S9). */
export interface ChallengeRow {
  id: string;
  kind: ChallengeKind;
  /** Null for what belongs to no logon: an activation from the pages. */
  transactionId: string | null;
  enrolmentId: string | null;
  userId: string;
  hostId: string | null;
  /** What the answer is held against, never in the clear where it is a secret: a challenge's bytes (base64url), a MAC of a code. */
  secret: string;
  /** What was shown, and whatever its kind needs besides; no secret. */
  data: Readonly<Record<string, unknown>>;
  created: number;
  expires: number;
  answeredAt: number | null;
  /** `superseded`: a newer one took its place, or its transaction ended. */
  answer: "yes" | "no" | "not-me" | "mismatch" | "used" | "superseded" | null;
  /** When the device fetched it. */
  seenAt: number | null;
}

export interface ChallengesStore {
  insert(challenge: ChallengeRow): Promise<void>;
  byId(id: string): Promise<ChallengeRow | undefined>;
  /** By what the answer is held against, of one kind. */
  bySecret(kind: ChallengeKind, secret: string): Promise<ChallengeRow | undefined>;
  /** Open ones of an enrolment, oldest first: unanswered, before their end. */
  openOf(enrolmentId: string, now: number): Promise<ChallengeRow[]>;
  /** Single use (S4): true for the one answer that came first, before its end. One statement. */
  answer(id: string, answer: NonNullable<ChallengeRow["answer"]>, now: number): Promise<boolean>;
  /** Ends whatever is open of a transaction, but not this one. */
  supersede(transactionId: string, now: number, except?: string): Promise<void>;
  /** The first fetch counts. */
  seen(id: string, now: number): Promise<void>;
  /** How many of a kind were made for a user since then. */
  countSince(userId: string, kind: ChallengeKind, since: number): Promise<number>;
  /** How often a user answered so since then. */
  answersSince(userId: string, answer: NonNullable<ChallengeRow["answer"]>, since: number): Promise<ChallengeRow[]>;
}

/** After a *not me*: no push to this user from one host and address, or none at all, until an administrator lifts it. */
export interface PushStopRow {
  id: string;
  userId: string;
  scope: "place" | "all";
  /** Of scope `place`; null where the request came from the org's own pages. */
  hostId: string | null;
  /** Of scope `place`: as it was shown; null where none was known. */
  address: string | null;
  /** The request that was reported; the logon's reference where its person reported that one on their own pages. */
  challengeId: string;
  created: number;
  liftedAt: number | null;
  liftedBy: string | null;
}

export interface PushStopsStore {
  insert(stop: PushStopRow): Promise<void>;
  byId(id: string): Promise<PushStopRow | undefined>;
  /** Those that are not lifted, oldest first. */
  standing(userId: string): Promise<PushStopRow[]>;
  /** Those of all users that are not lifted, in the order of their ids. */
  list(page: Page): Promise<PushStopRow[]>;
  /** True if it stood until now. One statement. */
  lift(id: string, now: number, by: string): Promise<boolean>;
}

/** What is capped: each kind by itself. */
export type CappedKind = "push" | "email" | "sms" | "call";

export interface SendCapsStore {
  /** S10: true if fewer than five of this kind were taken within the window before `now`. One statement, so that no number of askers gets more. */
  take(userId: string, kind: CappedKind, now: number, windowMs: number): Promise<boolean>;
}

/** A window of at most seven days in which one user may enrol a first factor; `hash` is null where an administrator's confirmation opens it. */
export interface TicketRow {
  id: string;
  userId: string;
  /** First group of the ticket; unique for its user. */
  selector: string | null;
  /** PHC text of argon2id over the rest. */
  hash: string | null;
  created: number;
  createdBy: string;
  expires: number;
  usedAt: number | null;
  revokedAt: number | null;
  /** An administrator saw the person, and said so. */
  confirmedAt: number | null;
  confirmedBy: string | null;
  /** Wrong tickets that were typed for this window, and before when no other is looked at (S1, S2); epoch ms, 0 = none. */
  failures: number;
  nextTryAt: number;
}

export interface TicketsStore {
  insert(ticket: TicketRow): Promise<void>;
  byId(id: string): Promise<TicketRow | undefined>;
  /** Newest first. */
  ofUser(userId: string): Promise<TicketRow[]>;
  /** Single use (S4): true the first time, before its end, while nobody has withdrawn it. One statement. */
  consume(id: string, now: number): Promise<boolean>;
  /** True if it was open until now. One statement each. */
  revoke(id: string, now: number): Promise<boolean>;
  confirm(id: string, now: number, by: string): Promise<boolean>;
  /** As of an enrolment (S1): one failure more while it is open, below `cap` and past its wait, or undefined. One statement. */
  takeTry(id: string, cap: number, now: number): Promise<number | undefined>;
  setTries(id: string, tries: { failures: number; nextTryAt: number }): Promise<void>;
  /** Gives one try back in which nothing was compared. One statement. */
  returnTry(id: string): Promise<void>;
}

export interface OutboxRow {
  id: string;
  kind: "mail" | "webpush" | "webhook";
  /** What it is about: an id of a challenge, a user, an event; for looking it up. */
  about: string;
  /** Sealed by the sealing key with the context `outbox:<id>`: addresses and codes stand in it. */
  sealed: string;
  created: number;
  /** After this it is worth nothing. */
  expires: number;
  nextAt: number;
  tries: number;
  doneAt: number | null;
  /** Why the last try failed, without addresses. With `doneAt`: it was given up. */
  error: string | null;
}

/** Whatever leaves the org goes through here, so that a unit of work has no side effects. See `putOut`. */
export interface OutboxStore {
  insert(row: OutboxRow): Promise<void>;
  byId(id: string): Promise<OutboxRow | undefined>;
  /** Takes one that is due, and puts off its next try, so that no other node sends it meanwhile. One statement. @param kind of any if absent. */
  take(now: number, nextAt: number, kind?: OutboxRow["kind"]): Promise<OutboxRow | undefined>;
  /** When the next one is to be tried, epoch ms; undefined: none waits. */
  nextDue(now: number, kind: OutboxRow["kind"]): Promise<number | undefined>;
  /** What stood in it is gone with it. */
  done(id: string, now: number): Promise<void>;
  failed(id: string, error: string, nextAt: number): Promise<void>;
  /** It is never tried again; what stood in it is gone. */
  giveUp(id: string, now: number, error: string): Promise<void>;
  /** Gives up those whose time is over, at most `limit`, and answers them: each to one caller. One statement. */
  takeExpired(now: number, limit: number): Promise<OutboxRow[]>;
  /** How many of each kind are still to be sent. */
  waiting(now: number): Promise<Map<OutboxRow["kind"], number>>;
  list(page: Page): Promise<OutboxRow[]>;
}

/** A browser that somebody signed in with (S19). */
export interface SessionRow {
  id: string;
  /** SHA-256 of the cookie, hex. */
  tokenHash: string;
  userId: string;
  amr: string[];
  created: number;
  lastSeen: number;
  /** The absolute end. */
  expires: number;
  /** When a second factor was last proved in it: what is fresh decides by this. */
  factorAt: number;
  userAgent: string;
  address: string;
  revokedAt: number | null;
}

export interface SessionsStore {
  insert(session: SessionRow): Promise<void>;
  byId(id: string): Promise<SessionRow | undefined>;
  byTokenHash(tokenHash: string): Promise<SessionRow | undefined>;
  /** Not revoked, before their end; newest first. */
  ofUser(userId: string, now: number): Promise<SessionRow[]>;
  update(id: string, change: Partial<Pick<SessionRow, "tokenHash" | "lastSeen" | "factorAt" | "amr">>): Promise<void>;
  revoke(id: string, now: number): Promise<boolean>;
  /** All of a user, but not this one; answers how many. */
  revokeOf(userId: string, now: number, except?: string): Promise<number>;
}

/** How the org does something that is set once for all of it: its mail server, its webhook, its push services. */
export interface SettingRow {
  name: string;
  /** Checked by its own schema where it is read. */
  document: unknown;
  /** Sealed with the context `setting:<name>`; empty: it has no secret. */
  sealedSecret: string;
  updated: number;
  updatedBy: string;
}

export interface SettingsStore {
  byName(name: string): Promise<SettingRow | undefined>;
  put(setting: SettingRow): Promise<void>;
  /** Of several nodes that make a setting for the first time one wins: answers the one that stands. */
  claim(setting: SettingRow): Promise<SettingRow>;
  /** True if there was one. */
  remove(name: string): Promise<boolean>;
}

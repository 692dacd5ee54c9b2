/** What the flows need of the stored machines and logons: hosts, enrolments, transactions, attempts, log, secrets. */
import type {
  CauseId,
  ClientAddress,
  EnrolmentStatus,
  EventType,
  HostStatus,
  LogEvent,
  LogHead,
  PublicJwk,
  Role,
  TransactionStatus,
} from "@sallyport/contracts";
import type { Page } from "./store.ts";

export interface HostRow {
  id: string;
  appId: string;
  name: string;
  platform: string;
  key: PublicJwk;
  status: HostStatus;
  statusSince: number | null;
  statusBy: string | null;
  /** Empty after a restore: the host has moved on since the backup, and the one that it brings next counts. */
  generation: string;
  previousGeneration: string | null;
  /** `checkId` of the self-check that made `generation`: a retry of it is answered alike. */
  checkId: string | null;
  bootId: string | null;
  version: string;
  armed: boolean;
  offsetMs: number | null;
  policyVersion: number | null;
  findings: { cause: CauseId; evidence?: string | undefined }[];
  created: number;
  lastSeen: number | null;
  /** The client that registered it; null: enrolled by a code. */
  clientId: string | null;
  /** It signs with that client's secret, not with `key`. */
  legacy: boolean;
  /** Epoch ms of the last restore: whether an assertion signed up to then was used already is not known any more (S37). */
  notBefore: number;
  /** Thumbprint of the newest decision key that the host said it holds; null before it said so. */
  decisionKey: string | null;
}

/** A code that enrols one host. `sealedSecret` by the sealing key: the secret is needed to check the host's proof. */
export interface HostCodeRow {
  id: string;
  appId: string;
  name: string | null;
  sealedSecret: string;
  created: number;
  createdBy: string;
  expires: number;
  usedAt: number | null;
}

export interface HostsStore {
  insert(host: HostRow): Promise<void>;
  byId(id: string): Promise<HostRow | undefined>;
  list(page: Page): Promise<HostRow[]>;
  update(id: string, change: Partial<Omit<HostRow, "id" | "created">>): Promise<void>;
  /** Moves the generation on only if it is still `expected`; false if someone was faster. One statement. */
  rotateGeneration(id: string, expected: string, next: string, checkId: string, bootId: string): Promise<boolean>;
  /** Single use (S4): true the first time this `jti` of this host is recorded, false ever after until `expires`. One statement. */
  consumeJti(hostId: string, jti: string, expires: number): Promise<boolean>;
  insertCode(code: HostCodeRow): Promise<void>;
  codeById(id: string): Promise<HostCodeRow | undefined>;
  listCodes(page: Page): Promise<HostCodeRow[]>;
  /** Single use (S4): true once, and only before it expires. One statement. */
  consumeCode(id: string, now: number): Promise<boolean>;
  /** Counts a name that is new for this host and hour: answers how many different ones there are now, 0 for a known name. */
  countName(hostId: string, folded: string, hour: number): Promise<number>;
}

export interface EnrolmentRow {
  id: string;
  userId: string;
  kind: "totp";
  status: EnrolmentStatus;
  sealedSecret: string;
  digits: number;
  algorithm: "SHA1" | "SHA256" | "SHA512";
  /** Seconds. */
  period: number;
  /** Steps that the person's device is ahead (+) or behind (−), learnt from right codes (S6). */
  drift: number;
  failures: number;
  /** Epoch ms before which no try is evaluated (S2); 0 = none. */
  nextTryAt: number;
  created: number;
  updated: number;
}

export interface EnrolmentsStore {
  insert(enrolment: EnrolmentRow): Promise<void>;
  byId(id: string): Promise<EnrolmentRow | undefined>;
  ofUser(userId: string): Promise<EnrolmentRow[]>;
  update(
    id: string,
    change: Partial<Pick<EnrolmentRow, "status" | "drift" | "failures" | "nextTryAt" | "updated" | "sealedSecret">>,
  ): Promise<void>;
  remove(id: string): Promise<void>;
  /**
   * Takes one try before a code is looked at (S1): adds a failure only while the enrolment is ACTIVE, below `cap` and past its wait.
   * Answers the new count, or undefined if no try was left. One statement, so that 500 in parallel cannot exceed the cap.
   */
  takeTry(id: string, cap: number, now: number): Promise<number | undefined>;
  /** Single use of a time step (S4, S5): true the first time. Also burns a step that was only diagnosed. One statement. */
  consumeStep(id: string, step: number): Promise<boolean>;
}

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
}

export interface TransactionsStore {
  insert(transaction: TransactionRow): Promise<void>;
  byTokenHash(tokenHash: string): Promise<TransactionRow | undefined>;
  /** Writes only if the stored version is still `expected` and raises it by one; false if someone was faster. One statement. */
  advance(id: string, expected: number, change: Partial<Omit<TransactionRow, "id" | "tokenHash" | "version">>): Promise<boolean>;
  /** Open ones that ran out before `now`, at most `limit`. */
  expired(now: number, limit: number): Promise<TransactionRow[]>;
  purge(before: number): Promise<void>;
}

export interface LogonRow {
  reference: string;
  hostId: string;
  appId: string;
  username: string;
  domain: string | null;
  userId: string | null;
  service: string;
  scenario: string;
  address: ClientAddress | null;
  started: number;
  ended: number | null;
  result: "open" | "allow" | "deny";
  cause: CauseId | null;
  told: CauseId | null;
  rule: string | null;
  amr: string[];
  evidence: Record<string, unknown>;
}

export interface LogonReportRow {
  at: number;
  result: string;
  cause: CauseId | null;
  evidence: Record<string, unknown>;
}

export interface LogonsStore {
  /** Keyed by (host, reference): a host cannot touch another's (S21). Throws `Conflict` on a second one. */
  insert(logon: LogonRow): Promise<void>;
  update(
    hostId: string,
    reference: string,
    change: Partial<Pick<LogonRow, "userId" | "ended" | "result" | "cause" | "told" | "rule" | "amr" | "evidence">>,
  ): Promise<void>;
  byReference(reference: string): Promise<LogonRow[]>;
  addReport(hostId: string, reference: string, report: LogonReportRow): Promise<void>;
  reports(hostId: string, reference: string): Promise<LogonReportRow[]>;
  /** Removes at most `limit` that began before this moment and have ended; answers how many. */
  removeBefore(at: number, limit: number): Promise<number>;
  removeReportsBefore(at: number, limit: number): Promise<number>;
}

/** What a restore ends (S37): everything that may have been used, revoked or moved on between the backup and now. Each answers how many. */
export interface RestoreStore {
  /** Decisions that were fetched once cannot be fetched again. */
  endSucceeded(now: number): Promise<number>;
  /** Enrolment codes of hosts that were open. */
  endCodes(now: number): Promise<number>;
  endLinks(): Promise<number>;
  endTokens(now: number): Promise<number>;
  /** Clients that could still register hosts: from now on at their cap. What signs with their secret goes on. */
  endRegistrations(): Promise<number>;
  /** No time step up to `ahead` steps after `now` counts any more. */
  refuseSteps(now: number, ahead: number): Promise<number>;
  /** The next generation that a host brings counts, and no assertion that it signed before `now`. */
  forgetGenerations(now: number): Promise<number>;
  /** Hosts refuse a lower version of their policy than they have seen. */
  raisePolicies(by: number): Promise<number>;
}

/** An event before the chain gives it node, seq, time and hashes. */
export interface NewEvent {
  type: EventType;
  actor: LogEvent["actor"];
  target?: LogEvent["target"];
  outcome: "success" | "failure";
  cause?: CauseId | undefined;
  reference?: string | undefined;
  host?: string | undefined;
  data?: Record<string, unknown>;
}

export interface CheckpointRow {
  number: number;
  at: number;
  heads: LogHead[];
  /** JWS by the decision key over `checkpointClaims`. */
  signed: string;
}

export interface LogStore {
  /** Appends to this node's chain, with the unit's time. If the unit is rolled back the chain is as before. */
  append(event: NewEvent): Promise<LogEvent>;
  head(): Promise<LogHead>;
  /** Number of the first event of a node that is still there. */
  first(node: string): Promise<number | undefined>;
  /** Removes what a node wrote up to this number. The caller keeps it to a few, and below a checkpoint. */
  remove(node: string, through: number): Promise<void>;
  /** Where a node's chain ends, as stored. */
  last(node: string): Promise<LogHead | undefined>;
  /** The event at a position, to compare with a head that an agent kept. */
  at(node: string, seq: number): Promise<LogEvent | undefined>;
  /** In chain order of one node, for verify and export. */
  chain(node: string, afterSeq: number, limit: number): Promise<LogEvent[]>;
  /** In the order of their names. */
  nodes(): Promise<string[]>;
  lastCheckpoint(): Promise<CheckpointRow | undefined>;
  /** The newest that was written before this moment. */
  checkpointBefore(at: number): Promise<CheckpointRow | undefined>;
  checkpoints(afterNumber: number, limit: number): Promise<CheckpointRow[]>;
  /** False if there is one with this number already. One statement. */
  insertCheckpoint(row: CheckpointRow): Promise<boolean>;
  list(
    filter: {
      since?: number | undefined;
      until?: number | undefined;
      type?: string | undefined;
      cause?: string | undefined;
      reference?: string | undefined;
      actor?: string | undefined;
      descending?: boolean | undefined;
    } & Page,
  ): Promise<LogEvent[]>;
}

export interface TokenRow {
  id: string;
  name: string;
  role: Role;
  /** SHA-256 hex of the token (256 random bits, so that a plain hash is enough). */
  hash: string;
  created: number;
  createdBy: string;
  expires: number | null;
  lastUsed: number | null;
  revoked: number | null;
}

export interface DecisionKeyRow {
  kid: string;
  publicJwk: PublicJwk;
  /** Empty once the key signs no more: nothing of it is kept that could leak. */
  sealedPrivate: string;
  created: number;
  /** `next`: announced to the hosts, signs nothing yet. */
  status: "current" | "next" | "retired" | "revoked";
  /** Place in the chain, 1 is the first. */
  position: number;
  /** JWS by the key before it; null for a first key, and for one that took the place of a compromised one. */
  link: string | null;
  /** Since when it signs; null if it does not yet. */
  inForce: number | null;
}

/** Where sealed secrets are stored. With an id, also the context that each is sealed in: `enrolment:enr_…`. */
export const SEALED_PLACES = ["enrolment", "host-code", "client-secret", "decision-key"] as const;
export type SealedPlace = (typeof SEALED_PLACES)[number];

/** Keys and tokens of the org itself. */
export interface SecretsStore {
  insertToken(token: TokenRow): Promise<void>;
  tokenByHash(hash: string): Promise<TokenRow | undefined>;
  tokenById(id: string): Promise<TokenRow | undefined>;
  listTokens(page: Page): Promise<TokenRow[]>;
  updateToken(id: string, change: Partial<Pick<TokenRow, "lastUsed" | "revoked">>): Promise<void>;
  /** Decision keys in the order of their positions. */
  decisionKeys(): Promise<DecisionKeyRow[]>;
  insertDecisionKey(key: DecisionKeyRow): Promise<void>;
  /** Changes a key only while it stands where the caller thinks; false if someone was faster. One statement. */
  moveDecisionKey(
    kid: string,
    from: DecisionKeyRow["status"],
    change: Partial<Pick<DecisionKeyRow, "status" | "sealedPrivate" | "inForce">>,
  ): Promise<boolean>;
  /** In the order of their ids; those sealed with any key, and empty ones. */
  sealedAfter(place: SealedPlace, afterId: string, limit: number): Promise<{ id: string; sealed: string }[]>;
  /** Only if it still is what the caller read; false if someone was faster. One statement. */
  replaceSealed(place: SealedPlace, id: string, from: string, to: string): Promise<boolean>;
  /** How many are sealed with this key, in all places. */
  countSealed(keyId: string): Promise<number>;
  /** Small facts of the org: `url`, `sealing-key-id`, `set-up-at` … */
  meta(key: string): Promise<string | undefined>;
  setMeta(key: string, value: string): Promise<void>;
  dropMeta(key: string): Promise<void>;
  /** Of several nodes that set a fact for the first time one wins: answers the value that stands. */
  claimMeta(key: string, value: string): Promise<string>;
  /** One-time links (set-up): hash, purpose, expiry. `consumeLink` is single use (S4), one statement. */
  insertLink(link: { hash: string; purpose: string; expires: number }): Promise<void>;
  consumeLink(hash: string, purpose: string, now: number): Promise<boolean>;
  linkExists(hash: string, purpose: string, now: number): Promise<boolean>;
}

/**
 * Who alone does something, by the database's clock. A fence is a number that rises with every new holder: whoever comes back late has
 * an old one. Each call is one statement.
 */
export interface LeasesStore {
  /** Takes a lease that nobody holds at `now` (epoch ms) for `ms`; answers its fence, or undefined while somebody holds it. */
  take(name: string, holder: string, now: number, ms: number): Promise<number | undefined>;
  /** Moves the end of one's own lease, also to now; false once somebody else has taken it, or if a failover has forgotten it. */
  renew(name: string, own: { holder: string; fence: number }, until: number): Promise<boolean>;
  /** Known leases with this beginning of the name that nobody holds at `now`. */
  free(prefix: string, now: number): Promise<string[]>;
}

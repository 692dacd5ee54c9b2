/** What the flows need of the stored machines and logons: hosts, enrolments, attempts, log. */
import type {
  CauseId,
  ClientAddress,
  EnrolledKind,
  EnrolmentStatus,
  EventType,
  HostStatus,
  LogEvent,
  LogHead,
  PublicJwk,
  TotpAlgorithm,
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
  /** The domain that this machine belongs to: a name without a domain is looked for there first. */
  domain: string | null;
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
  /** What `countName` would answer; counts nothing. */
  foresee(hostId: string, folded: string, hour: number): Promise<number>;
}

export interface EnrolmentRow {
  id: string;
  userId: string;
  kind: EnrolledKind;
  status: EnrolmentStatus;
  /** Of TOTP; empty for what keeps no secret that can be read, and once it is reset. */
  sealedSecret: string;
  /** Of TOTP, as `algorithm`, `period` and `drift`: other kinds hold RFC 6238's defaults there, which nobody looks at. */
  digits: number;
  algorithm: TotpAlgorithm;
  /** Seconds. */
  period: number;
  /** Steps that the person's device is ahead (+) or behind (−), learnt from right codes (S6). */
  drift: number;
  failures: number;
  /** Epoch ms before which no try is evaluated (S2); 0 = none. */
  nextTryAt: number;
  created: number;
  updated: number;
  /** What its owner calls it; null: nothing. Never told to anybody who has not proved a factor. */
  name: string | null;
  /** Under which the device itself is found: the credential id of a passkey (base64url), the id of an approver's key. Unique. */
  handle: string | null;
  /** What is public of it, by kind: the key and transports of a passkey, the key of a phone, an address, a number. */
  data: EnrolmentData;
  /** Signature counter of a passkey (S28); 0 for whatever counts nothing. */
  counter: number;
  /** Epoch ms of the last time that it let somebody in. */
  lastUsed: number | null;
}

/** By the enrolment's kind; `{}` for what has nothing public. */
export type EnrolmentData = Readonly<Record<string, unknown>>;

export interface EnrolmentsStore {
  insert(enrolment: EnrolmentRow): Promise<void>;
  byId(id: string): Promise<EnrolmentRow | undefined>;
  ofUser(userId: string): Promise<EnrolmentRow[]>;
  update(
    id: string,
    change: Partial<
      Pick<
        EnrolmentRow,
        "status" | "drift" | "failures" | "nextTryAt" | "updated" | "sealedSecret" | "name" | "handle" | "data" | "lastUsed"
      >
    >,
  ): Promise<void>;
  remove(id: string): Promise<void>;
  /**
   * Takes one try before a code is looked at (S1): adds a failure only while the enrolment is ACTIVE, below `cap` and past its wait.
   * Answers the new count, or undefined if no try was left. One statement, so that 500 in parallel cannot exceed the cap.
   */
  takeTry(id: string, cap: number, now: number): Promise<number | undefined>;
  /** Gives one try back that said nothing about this enrolment, and ends its wait. One statement. */
  returnTry(id: string): Promise<void>;
  /** Single use of a time step (S4, S5): true the first time. Also burns a step that was only diagnosed. One statement. */
  consumeStep(id: string, step: number): Promise<boolean>;
  byHandle(handle: string): Promise<EnrolmentRow | undefined>;
  /** Whether anybody has one of this kind that is not reset. */
  anyOf(kind: EnrolledKind): Promise<boolean>;
  /** Moves a signature counter forward (S28): false if it does not rise; an authenticator that always says 0 counts nothing. One statement. */
  raiseCounter(id: string, counter: number): Promise<boolean>;
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
  /** Of every host that used it. */
  byReference(reference: string): Promise<LogonRow[]>;
  /** Of this host; none where there is no host or no reference, as with the org's own pages. */
  ofHost(hostId: string | null, reference: string | null): Promise<LogonRow | undefined>;
  /** Latest first. */
  ofUsers(userIds: readonly string[], limit: number): Promise<LogonRow[]>;
  addReport(hostId: string, reference: string, report: LogonReportRow): Promise<void>;
  reports(hostId: string, reference: string): Promise<LogonReportRow[]>;
  /** Removes at most `limit` that began before this moment and have ended; answers how many. */
  removeBefore(at: number, limit: number): Promise<number>;
  removeReportsBefore(at: number, limit: number): Promise<number>;
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
  /** The mail address that a user had until now: for whoever tells them, never in the log. */
  formerEmail?: string | undefined;
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
  /** In chain order of one node, for verify and export, and for whoever reads on from where they stopped. */
  chain(
    node: string,
    afterSeq: number,
    limit: number,
    only?: { until?: number | undefined; type?: string | undefined },
  ): Promise<LogEvent[]>;
  /** Number of the first event of a node that was written at this moment or later. */
  firstSince(node: string, since: number): Promise<number | undefined>;
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

/** What the flows need of a database: one unit of work, whose parts are declared beside it, implemented by `store/`. */
import type { LogHead } from "@sallyport/contracts";
import type { Clash, NameWorld } from "@sallyport/logon";
import type { ClientsStore } from "./store-clients.ts";
import type { BypassCodesStore, RecoveryCodesStore } from "./store-codes.ts";
import type { AppsStore, GroupsStore, UsersStore, ZonesStore } from "./store-directory.ts";
import type { LeasesStore, RestoreStore, SecretsStore } from "./store-keys.ts";
import type { EnrolmentsStore, HostsStore, LogonsStore, LogStore } from "./store-logons.ts";
import type {
  ChallengesStore,
  OutboxStore,
  PushStopsStore,
  SendCapsStore,
  SessionsStore,
  SettingsStore,
  TicketsStore,
} from "./store-requests.ts";
import type { DomainsStore, DuplicatesStore, SourcesStore } from "./store-sources.ts";
import type { TransactionsStore } from "./store-transactions.ts";

/** One unit of work. Everything done through it is committed together or not at all. */
export interface Tx {
  /** The database's clock when the unit began, epoch ms. All timestamps of the unit are this one (S15). */
  readonly now: number;
  readonly users: UsersStore;
  readonly groups: GroupsStore;
  readonly apps: AppsStore;
  readonly zones: ZonesStore;
  readonly hosts: HostsStore;
  readonly clients: ClientsStore;
  readonly enrolments: EnrolmentsStore;
  readonly recoveryCodes: RecoveryCodesStore;
  readonly bypassCodes: BypassCodesStore;
  readonly transactions: TransactionsStore;
  readonly logons: LogonsStore;
  readonly log: LogStore;
  readonly secrets: SecretsStore;
  readonly leases: LeasesStore;
  readonly changes: ChangesStore;
  readonly restore: RestoreStore;
  readonly sources: SourcesStore;
  readonly domains: DomainsStore;
  readonly duplicates: DuplicatesStore;
  readonly challenges: ChallengesStore;
  readonly pushStops: PushStopsStore;
  readonly sendCaps: SendCapsStore;
  readonly tickets: TicketsStore;
  readonly outbox: OutboxStore;
  readonly sessions: SessionsStore;
  readonly settings: SettingsStore;
}

/**
 * The same unit of work with something else in the place of a part of it. Not a copy: a unit makes its stores as they are asked for; nor
 * an object whose prototype is the unit, since to make a prototype of every unit slows down all that is read through one.
 */
export function standIn(tx: Tx, parts: Partial<Tx>): Tx {
  return new StandIn(tx, parts) as unknown as Tx;
}

class StandIn {
  readonly tx: Tx;
  readonly parts: Partial<Tx>;

  constructor(tx: Tx, parts: Partial<Tx>) {
    this.tx = tx;
    this.parts = parts;
  }
}

const PARTS: Record<keyof Tx, true> = {
  now: true,
  users: true,
  groups: true,
  apps: true,
  zones: true,
  hosts: true,
  clients: true,
  enrolments: true,
  recoveryCodes: true,
  bypassCodes: true,
  transactions: true,
  logons: true,
  log: true,
  secrets: true,
  leases: true,
  changes: true,
  restore: true,
  sources: true,
  domains: true,
  duplicates: true,
  challenges: true,
  pushStops: true,
  sendCaps: true,
  tickets: true,
  outbox: true,
  sessions: true,
  settings: true,
};

for (const name of Object.keys(PARTS) as (keyof Tx)[]) {
  Object.defineProperty(StandIn.prototype, name, {
    get(this: StandIn) {
      return this.parts[name] ?? this.tx[name];
    },
  });
}

export interface LookedOver {
  users: number;
  clashes: Clash[];
}

/** Tells other nodes that what they keep in memory is old. */
export interface ChangesStore {
  /** Whoever watches this topic is told once the unit is committed. @param topic one word, such as `keys`. */
  announce(topic: string): Promise<void>;
  /** For each topic a number that rises with every announcement. */
  numbers(): Promise<Map<string, string>>;
}

export interface Store {
  /**
   * Runs `fn` as one durable unit of work; the promise settles after the commit reached the disk. `fn` awaits nothing but calls
   * of its `tx` and has no side effects: it may run again after a serialization failure (40001, 40P01). If it throws, nothing of it stays.
   */
  inTransaction<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  /** Runs `fn` for reading only; it sees one consistent state. A write through it is a fault. */
  read<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  /** Name of this node: the log has one chain per node. With several nodes it changes when the node lost its lease of the name. */
  readonly node: string;
  /** Answers true if a trivial statement works now (for `/readyz`). */
  ready(): Promise<boolean>;
  /** Forgets what was kept only so that it could not be used twice and ended before this time (epoch ms), a little at a time. */
  purge(before: number): Promise<void>;
  /**
   * Writes one consistent state of the whole database into `target`, an empty file that exists, while units go on; resolves when it is
   * on the disk. Throws `DatabaseFault` with one sentence, also where the database is backed up by its own tools instead.
   */
  backup(target: string, signal: AbortSignal): Promise<{ at: number; head: LogHead }>;
  /** Looks over all users for names that two could be meant by, away from the thread in which logons run. @param world what all apps and domains say. */
  lookOver(world: NameWorld, signal: AbortSignal): Promise<LookedOver>;
  /**
   * Calls `onChange` once at first, and after units of any node that announced `topic`: soon, and after two seconds at the latest.
   * Answers how to stop. `onChange` must not throw.
   */
  watch(topic: string, onChange: () => void): () => void;
  close(): Promise<void>;
}

/** A fault of the database: locked, full, read-only, of a newer schema. `sentence` is what an administrator reads. */
export class DatabaseFault extends Error {
  readonly causeId: "org.database" | "org.migration";
  constructor(causeId: "org.database" | "org.migration", sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = "DatabaseFault";
    this.causeId = causeId;
  }
}

/** A row that must be unique exists already: (source, external id) of a user, the login, a group's or app's name. */
export class Conflict extends Error {
  readonly what: string;
  constructor(what: string) {
    super(`${what} exists already`);
    this.name = "Conflict";
    this.what = what;
  }
}

/** A page of a list: `after` is the last id of the page before. */
export interface Page {
  limit: number;
  after?: string | undefined;
}

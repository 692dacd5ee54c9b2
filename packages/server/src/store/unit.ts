/** One unit of work: every store over one connection, and the guard that refuses calls after its end. */
import type { ChainEnd } from "../audit/chain.ts";
import type { Tx } from "../flows/store.ts";
import { appsStore, zonesStore } from "./apps.ts";
import type { Builder } from "./builder.ts";
import { bypassCodesStore } from "./bypass-codes.ts";
import { challengesStore } from "./challenges.ts";
import { changesStore } from "./changes.ts";
import { clientsStore } from "./clients.ts";
import { domainsStore } from "./domains.ts";
import { duplicatesStore } from "./duplicates.ts";
import { enrolmentsStore } from "./enrolments.ts";
import { groupsStore } from "./groups.ts";
import { hostsStore } from "./hosts.ts";
import { leasesStore } from "./leases.ts";
import { logStore } from "./log.ts";
import { logonsStore } from "./logons.ts";
import type { NameLookup } from "./name-lookup.ts";
import { outboxStore } from "./outbox.ts";
import { pushStopsStore } from "./push-stops.ts";
import { recoveryCodesStore } from "./recovery-codes.ts";
import { restoreStore } from "./restore.ts";
import { secretsStore } from "./secrets.ts";
import { sendCapsStore } from "./send-caps.ts";
import { sessionsStore } from "./sessions.ts";
import { settingsStore } from "./settings.ts";
import { sourcesStore } from "./sources.ts";
import type { Sql } from "./sql.ts";
import { ticketsStore } from "./tickets.ts";
import { transactionsStore } from "./transactions.ts";
import { usersStore } from "./users.ts";

/** What all units of one store make their statements with. */
export interface Statements {
  build: Builder;
  lookup: NameLookup;
}

type Stores = { readonly [K in Exclude<keyof Tx, "now">]: (one: Connected) => Tx[K] };

/** What a unit's stores are made of. */
interface Connected extends Statements {
  sql: Sql;
  chain: ChainEnd;
  now: number;
  hint: (topic: string) => Promise<void>;
}

const STORES: Stores = {
  users: ({ sql, build, lookup }) => usersStore(sql, build, lookup),
  groups: ({ sql, build }) => groupsStore(sql, build),
  apps: ({ sql, build }) => appsStore(sql, build),
  zones: ({ sql, build }) => zonesStore(sql, build),
  hosts: ({ sql, build }) => hostsStore(sql, build),
  clients: ({ sql, build }) => clientsStore(sql, build),
  enrolments: ({ sql, build, now }) => enrolmentsStore(sql, build, now),
  recoveryCodes: ({ sql, build }) => recoveryCodesStore(sql, build),
  bypassCodes: ({ sql, build }) => bypassCodesStore(sql, build),
  transactions: ({ sql, build }) => transactionsStore(sql, build),
  logons: ({ sql, build }) => logonsStore(sql, build),
  log: ({ sql, build, chain, now }) => logStore(sql, build, chain, now),
  secrets: ({ sql, build }) => secretsStore(sql, build),
  restore: ({ sql, build }) => restoreStore(sql, build),
  leases: ({ sql, build }) => leasesStore(sql, build),
  sources: ({ sql, build }) => sourcesStore(sql, build),
  domains: ({ sql, build }) => domainsStore(sql, build),
  duplicates: ({ sql, build }) => duplicatesStore(sql, build),
  challenges: ({ sql, build }) => challengesStore(sql, build),
  pushStops: ({ sql, build }) => pushStopsStore(sql, build),
  sendCaps: ({ sql, build }) => sendCapsStore(sql, build),
  tickets: ({ sql, build }) => ticketsStore(sql, build),
  outbox: ({ sql, build }) => outboxStore(sql, build),
  sessions: ({ sql, build }) => sessionsStore(sql, build),
  settings: ({ sql, build }) => settingsStore(sql, build),
  changes: ({ sql, build, hint }) => changesStore(sql, build, hint),
};

/** A unit uses a few of the stores: each is made when it is first asked for. Not private, since a stand-in asks through its prototype. */
class Unit {
  readonly now: number;
  readonly of: Connected;
  readonly made: Partial<Record<keyof Stores, unknown>> = {};

  constructor(of: Connected) {
    this.now = of.now;
    this.of = of;
  }
}

for (const name of Object.keys(STORES) as (keyof Stores)[]) {
  Object.defineProperty(Unit.prototype, name, {
    get(this: Unit) {
      this.made[name] ??= STORES[name](this.of);
      return this.made[name];
    },
  });
}

/** @param now the database's clock, epoch ms. @param hint see `changesStore`. */
export function unit(sql: Sql, { build, lookup }: Statements, chain: ChainEnd, now: number, hint = async (_topic: string) => {}): Tx {
  return new Unit({ sql, build, lookup, chain, now, hint }) as unknown as Tx;
}

/** After its end a unit refuses every call: a step that was not awaited must not slip into somebody else's unit. */
export function guarded(sql: Sql, make: (sql: Sql) => Tx): { tx: Tx; end(): void } {
  let ended = false;
  const checked = () => {
    if (ended) throw new Error("this unit of work has ended: a call of it was not awaited");
    return sql;
  };
  const tx = make({
    all: (statement) => checked().all(statement),
    first: (statement) => checked().first(statement),
    run: (statement) => checked().run(statement),
  });
  return {
    tx,
    end: () => {
      ended = true;
    },
  };
}

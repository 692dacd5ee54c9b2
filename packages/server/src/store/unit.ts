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

/** @param now the database's clock, epoch ms. @param hint see `changesStore`. */
export function unit(sql: Sql, { build, lookup }: Statements, chain: ChainEnd, now: number, hint = async (_topic: string) => {}): Tx {
  return {
    now,
    users: usersStore(sql, build, lookup),
    groups: groupsStore(sql, build),
    apps: appsStore(sql, build),
    zones: zonesStore(sql, build),
    hosts: hostsStore(sql, build),
    clients: clientsStore(sql, build),
    enrolments: enrolmentsStore(sql, build, now),
    recoveryCodes: recoveryCodesStore(sql, build),
    bypassCodes: bypassCodesStore(sql, build),
    transactions: transactionsStore(sql, build),
    logons: logonsStore(sql, build),
    log: logStore(sql, build, chain, now),
    secrets: secretsStore(sql, build),
    restore: restoreStore(sql, build),
    leases: leasesStore(sql, build),
    sources: sourcesStore(sql, build),
    domains: domainsStore(sql, build),
    duplicates: duplicatesStore(sql, build),
    challenges: challengesStore(sql, build),
    pushStops: pushStopsStore(sql, build),
    tickets: ticketsStore(sql, build),
    outbox: outboxStore(sql, build),
    sessions: sessionsStore(sql, build),
    settings: settingsStore(sql, build),
    changes: changesStore(sql, build, hint),
  };
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

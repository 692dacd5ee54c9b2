/** The store on SQLite: one writing connection behind group commit, one reading connection, one process. */
import { randomBytes } from "node:crypto";
import { Chain } from "../audit/chain.ts";
import type { Store, Tx } from "../flows/store.ts";
import { appsStore, zonesStore } from "./apps.ts";
import { type Builder, sqliteBuilder } from "./builder.ts";
import { clientsStore } from "./clients.ts";
import { enrolmentsStore } from "./enrolments.ts";
import { GroupCommit } from "./group-commit.ts";
import { hostsStore } from "./hosts.ts";
import { logStore } from "./log.ts";
import { logonsStore } from "./logons.ts";
import { migrateSqlite } from "./migrate.ts";
import { secretsStore } from "./secrets.ts";
import { holdAlone } from "./sole-holder.ts";
import type { Sql } from "./sql.ts";
import { SqliteConnection } from "./sqlite-connection.ts";
import { transactionsStore } from "./transactions.ts";
import { groupsStore, usersStore } from "./users.ts";

export interface SqliteOptions {
  file: string;
  /** SQLite's clock is the process's; it is passed in. Epoch ms. */
  now: () => number;
}

/** Throws `DatabaseFault` with one sentence when the file is held, locked, damaged, read-only, on a full disk or of a newer schema. */
export async function openSqlite({ file, now }: SqliteOptions): Promise<Store> {
  const alone = holdAlone(file);
  try {
    const writer = openWriter(file);
    const reader = new SqliteConnection(file, { readOnly: true });
    return assemble(writer, reader, now, alone.release);
  } catch (error) {
    alone.release();
    throw error;
  }
}

function openWriter(file: string): SqliteConnection {
  const writer = new SqliteConnection(file, { readOnly: false });
  try {
    // FULL: a commit that was answered survives a power cut (sqlite.org/pragma.html#pragma_synchronous).
    writer.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 100");
    migrateSqlite(writer.db);
    return writer;
  } catch (error) {
    writer.close();
    throw error;
  }
}

function assemble(writer: SqliteConnection, reader: SqliteConnection, now: () => number, release: () => void) {
  const build = sqliteBuilder();
  const node = nodeName(writer);
  const chain = new Chain(node, lastOf(writer, node));
  const units = {
    begin: (at: number) => guarded(writer, (sql) => unit(sql, build, chain, at)),
    mark: () => chain.head,
    reset: (mark: unknown) => {
      chain.head = mark as Chain["head"];
    },
  };
  const commits = new GroupCommit(writer, units, now);
  const snapshot = sharedSnapshot(reader);
  const store: Store = {
    node,
    inTransaction: (fn) => commits.add(fn),
    read: (fn) => snapshot((sql) => fn(unit(sql, build, chain, now()))),
    ready: async () => {
      reader.exec("SELECT 1");
      return true;
    },
    purge: (before) => purge(commits, writer, before),
    async close() {
      await commits.close();
      reader.close();
      writer.close();
      release();
    },
  };
  return store;
}

/** What is kept only so that it cannot be used twice, and the column that says until when it could be; `host_names` counts hours. */
const PURGED = [
  { table: "host_jtis", column: "expires", unit: 1 },
  { table: "used_steps", column: "at", unit: 1 },
  { table: "links", column: "expires", unit: 1 },
  { table: "host_names", column: "hour", unit: 3_600_000 },
] as const;
/** Rows a commit: nobody waits longer than for these. */
const PURGE_AT_ONCE = 500;

/** Forgets what ended before `before` (epoch ms), a few rows at a time between the units of others. */
async function purge(commits: GroupCommit, writer: SqliteConnection, before: number): Promise<void> {
  await commits.add((tx) => tx.transactions.purge(before));
  for (const { table, column, unit } of PURGED) {
    const some = writer.db.prepare(
      `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE ${column} < ? LIMIT ${PURGE_AT_ONCE})`,
    );
    while ((await commits.add(async () => Number(some.run(Math.floor(before / unit)).changes))) === PURGE_AT_ONCE);
  }
}

function unit(sql: Sql, build: Builder, chain: Chain, now: number): Tx {
  return {
    now,
    users: usersStore(sql, build),
    groups: groupsStore(sql, build),
    apps: appsStore(sql, build),
    zones: zonesStore(sql, build),
    hosts: hostsStore(sql, build),
    clients: clientsStore(sql, build),
    enrolments: enrolmentsStore(sql, build, now),
    transactions: transactionsStore(sql, build),
    logons: logonsStore(sql, build),
    log: logStore(sql, build, chain, now),
    secrets: secretsStore(sql, build),
  };
}

/** After its end a unit refuses every call: a step that was not awaited must not slip into somebody else's unit. */
function guarded(sql: Sql, make: (sql: Sql) => Tx): { tx: Tx; end(): void } {
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

/** Readers that run at the same time share one snapshot: it ends with the last of them. */
function sharedSnapshot(reader: SqliteConnection): <T>(fn: (sql: Sql) => Promise<T>) => Promise<T> {
  let readers = 0;
  return async (fn) => {
    if (readers === 0) reader.exec("BEGIN");
    readers += 1;
    try {
      return await fn(reader);
    } finally {
      readers -= 1;
      if (readers === 0) reader.exec("COMMIT");
    }
  };
}

function nodeName(writer: SqliteConnection): string {
  const known = writer.db.prepare("SELECT value FROM meta WHERE key = 'node'").get() as { value: string } | undefined;
  if (known) return known.value;
  const name = `n${randomBytes(4).toString("hex")}`;
  writer.db.prepare("INSERT INTO meta (key, value) VALUES ('node', ?)").run(name);
  return name;
}

function lastOf(writer: SqliteConnection, node: string): { seq: number; hash: string } | undefined {
  const row = writer.db.prepare("SELECT event FROM events WHERE node = ? ORDER BY seq DESC LIMIT 1").get(node) as
    | { event: string }
    | undefined;
  return row && JSON.parse(row.event);
}

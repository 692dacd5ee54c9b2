/** The store on SQLite: one writing connection behind group commit, one reading connection, one process. */
import { randomBytes } from "node:crypto";
import { Chain } from "../audit/chain.ts";
import type { Store } from "../flows/store.ts";
import { sqliteBuilder } from "./builder.ts";
import { Checkpointer } from "./checkpointer.ts";
import { copyPages } from "./copy-pages.ts";
import { GroupCommit, type Writer } from "./group-commit.ts";
import { lookOver } from "./look-over.ts";
import { migrateSqlite } from "./migrate.ts";
import { NameLookup } from "./name-lookup.ts";
import { purgeWith, ROW_PLACE } from "./purge.ts";
import { holdAlone } from "./sole-holder.ts";
import type { Sql } from "./sql.ts";
import { asFault, SqliteConnection } from "./sqlite-connection.ts";
import { guarded, unit } from "./unit.ts";
import { Watchers } from "./watchers.ts";

export interface SqliteOptions {
  file: string;
  /** SQLite's clock is the process's; it is passed in. Epoch ms. */
  now: () => number;
  /** The log goes on in a new chain, under a new name of this node: for a database that was restored. */
  newChain?: boolean;
}

/** Throws `DatabaseFault` with one sentence when the file is held, locked, damaged, read-only, on a full disk or of a newer schema. */
export async function openSqlite({ file, now, newChain = false }: SqliteOptions): Promise<Store> {
  const alone = holdAlone(file);
  try {
    const writer = openWriter(file);
    const reader = new SqliteConnection(file, { readOnly: true });
    return assemble(file, writer, reader, { now, release: alone.release, node: nodeName(writer, newChain) });
  } catch (error) {
    alone.release();
    throw error;
  }
}

/** Length of the log, in pages, at which a commit takes it over into the database after all: where the thread that does so cannot keep up. */
const CHECKPOINT_PAGES = 16_000;

function openWriter(file: string): SqliteConnection {
  const writer = new SqliteConnection(file, { readOnly: false });
  try {
    // FULL: a commit that was answered survives a power cut (sqlite.org/pragma.html#pragma_synchronous).
    writer.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 100");
    writer.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    migrateSqlite(writer.db);
    return writer;
  } catch (error) {
    writer.close();
    throw error;
  }
}

/** A reading that shares a long one's snapshot may miss an announcement of this very process: it looks again after this. */
const LOOK_MS = 2_000;

function assemble(
  file: string,
  writer: SqliteConnection,
  reader: SqliteConnection,
  { now, release, node }: { now: () => number; release: () => void; node: string },
): Store {
  const build = sqliteBuilder();
  const statements = { build, lookup: new NameLookup(build) };
  const chain = new Chain(node, lastOf(writer, node));
  const checkpointer = new Checkpointer(file);
  let changed = false;
  const announced = async () => {
    changed = true;
  };
  const units = {
    begin: (at: number) => guarded(writer, (sql) => unit(sql, statements, chain, at, announced)),
    mark: () => chain.head,
    reset: (mark: unknown) => {
      chain.head = mark as Chain["head"];
    },
    kept: () => {
      chain.kept = chain.head;
      checkpointer.committed();
      if (changed) watchers.look();
      changed = false;
    },
  };
  const commits = new GroupCommit(sqliteWriter(writer, now), units);
  const snapshot = sharedSnapshot(reader);
  const read: Store["read"] = (fn) => snapshot((sql) => fn(unit(sql, statements, chain.forReading(), now())));
  const watchers = new Watchers(() => read((tx) => tx.changes.numbers()), LOOK_MS);
  const store: Store = {
    node,
    inTransaction: (fn) => commits.add(fn),
    read,
    ready: async () => {
      reader.exec("SELECT 1");
      return true;
    },
    purge: (before) => purgeWith(commits, writer, build, ROW_PLACE.sqlite, before),
    backup: (target, signal) => backup(file, target, writer, commits, signal),
    lookOver: (world, signal) => lookOver({ file }, world, signal),
    watch: (topic, onChange) => watchers.watch(topic, onChange),
    async close() {
      await commits.close();
      await watchers.stop();
      await checkpointer.close();
      reader.close();
      writer.close();
      release();
    },
  };
  return store;
}

/** The connection as group commit sees it; a node:sqlite call is over when it returns. */
function sqliteWriter(writer: SqliteConnection, now: () => number): Writer {
  const undo = (text: string) => {
    // A full disk ends the whole transaction by itself (sqlite.org/lang_transaction.html §3): then nothing of the batch may be answered.
    if (!writer.db.isTransaction) return false;
    writer.exec(text);
    return true;
  };
  return {
    async begin() {
      writer.step("BEGIN IMMEDIATE");
      return now();
    },
    savepoint: async () => writer.step("SAVEPOINT unit"),
    release: async () => writer.step("RELEASE unit"),
    undoUnit: async () => undo("ROLLBACK TO unit; RELEASE unit"),
    commit: async () => writer.step("COMMIT"),
    abandon: async () => void undo("ROLLBACK"),
    // One connection writes: nobody else can have been faster.
    again: () => "no",
  };
}

/** Readers that run at the same time share one snapshot: it ends with the last of them. */
function sharedSnapshot(reader: SqliteConnection): <T>(fn: (sql: Sql) => Promise<T>) => Promise<T> {
  let readers = 0;
  return async (fn) => {
    if (readers === 0) reader.step("BEGIN");
    readers += 1;
    try {
      return await fn(reader);
    } finally {
      readers -= 1;
      if (readers === 0) reader.step("COMMIT");
    }
  };
}

async function backup(source: string, target: string, writer: SqliteConnection, commits: GroupCommit, signal: AbortSignal) {
  const { at, head } = await commits.add(async (tx) => ({ at: tx.now, head: await tx.log.head() }));
  // While a reader holds an old state the log only grows; to take all of it over at once afterwards is the thread's work, not a commit's.
  writer.exec("PRAGMA wal_autocheckpoint = 0");
  try {
    const mark = randomBytes(32).toString("hex");
    await copyPages({ source, target, label: JSON.stringify({ at, head, digest: mark }), mark }, signal);
    return { at, head };
  } catch (error) {
    throw asFault(error);
  } finally {
    writer.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  }
}

function nodeName(writer: SqliteConnection, fresh: boolean): string {
  const known = writer.db.prepare("SELECT value FROM meta WHERE key = 'node'").get() as { value: string } | undefined;
  if (known && !fresh) return known.value;
  const name = `n${randomBytes(4).toString("hex")}`;
  writer.db.prepare("INSERT INTO meta (key, value) VALUES ('node', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value").run(name);
  return name;
}

function lastOf(writer: SqliteConnection, node: string): { seq: number; hash: string } | undefined {
  const row = writer.db.prepare("SELECT event FROM events WHERE node = ? ORDER BY seq DESC LIMIT 1").get(node) as
    | { event: string }
    | undefined;
  return row && JSON.parse(row.event);
}

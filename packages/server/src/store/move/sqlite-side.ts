/** A data folder as a side of a move. */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DatabaseFault } from "../../flows/store.ts";
import { type Applied, migrateSqlite, missingSteps } from "../migrate.ts";
import { holdAlone } from "../sole-holder.ts";
import { asFault } from "../sqlite-connection.ts";
import { AT_ONCE, type Side } from "./side.ts";
import { placeOf, quoted, type Row, readTables, type Table } from "./table.ts";

export interface SqliteSide extends Side {
  tables(): Table[];
}

/** Throws `DatabaseFault` when a server holds the folder, or the file cannot be used. */
export function openSqliteSide(folder: string, as: "source" | "target"): SqliteSide {
  const file = join(folder, "org.db");
  const there = existsSync(file);
  if (as === "source" && !there) throw new DatabaseFault("org.database", `there is no org in the folder ${folder}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const alone = holdAlone(file);
  try {
    const db = openFile(file, as);
    let committed = false;
    return {
      ...sqliteSide(db, folder),
      async commit() {
        db.exec("COMMIT");
        committed = true;
      },
      async close() {
        db.close();
        alone.release();
        if (!committed && !there) for (const ending of ["", "-wal", "-shm", ".lock", ".pid"]) rmSync(`${file}${ending}`, { force: true });
      },
    };
  } catch (error) {
    alone.release();
    throw asFault(error);
  }
}

function openFile(file: string, as: "source" | "target"): DatabaseSync {
  const db = new DatabaseSync(file);
  try {
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
    if (as === "target") migrateSqlite(db);
    else refuseOlder(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The source is left as it is: also its schema. */
function refuseOlder(db: DatabaseSync): void {
  const known = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'migrations'").get();
  const done = known ? (db.prepare("SELECT version, checksum FROM migrations").all() as unknown as Applied[]) : [];
  if (missingSteps(done).length === 0) return;
  throw new DatabaseFault("org.migration", "the org in this folder has an older schema: start and stop `sallyport serve` on it once");
}

function sqliteSide(db: DatabaseSync, name: string): Omit<SqliteSide, "commit" | "close"> {
  return {
    name,
    tables: () => readTables(db),
    async begin(as, tables) {
      db.exec(as === "source" ? "BEGIN" : "BEGIN IMMEDIATE");
      const used = as === "target" && tables.find((table) => db.prepare(`SELECT 1 FROM ${table.name} LIMIT 1`).get());
      if (used) throw new DatabaseFault("org.database", `${name} is not empty: its table ${used.name} has rows`);
    },
    async *rows(table) {
      const names = quoted(table.columns.map((column) => column.name));
      const statement = db.prepare(`SELECT ${names} FROM ${table.name} ORDER BY ${quoted(table.order)}`);
      statement.setReturnArrays(true);
      let some: Row[] = [];
      for (const row of named(table, statement.iterate() as unknown as Iterable<Row>)) {
        some.push(row);
        if (some.length < AT_ONCE) continue;
        yield some;
        some = [];
      }
      if (some.length > 0) yield some;
    },
    async insert(table, rows) {
      const marks = table.columns.map(() => "?").join(", ");
      const statement = db.prepare(`INSERT INTO ${table.name} (${quoted(table.columns.map(({ name }) => name))}) VALUES (${marks})`);
      db.exec("SAVEPOINT portion");
      try {
        for (const row of rows) statement.run(...row);
        db.exec("RELEASE portion");
      } catch (error) {
        db.exec("ROLLBACK TO portion; RELEASE portion");
        throw error;
      }
    },
    // AUTOINCREMENT notes the highest number of an explicit insert by itself.
    renumber: async () => undefined,
  };
}

/** A row that cannot even be read (a number beyond 2^53, a damaged page) is named by the one before it. */
function* named(table: Table, rows: Iterable<Row>): Iterable<Row> {
  let last: Row | undefined;
  try {
    for (const row of rows) {
      last = row;
      yield row;
    }
  } catch (error) {
    const after = last === undefined ? `table ${table.name}, the first row` : `the row after ${placeOf(table, last)}`;
    throw new DatabaseFault("org.database", `${after}: ${(error as Error).message.split("\n")[0]}`, { cause: error });
  }
}

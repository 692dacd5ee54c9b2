/** One connection to SQLite: statements are prepared once and kept; errors become sentences. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { Compilable } from "kysely";
import { DatabaseFault } from "../flows/store.ts";
import { type Sql, storable } from "./sql.ts";

const STATEMENTS_KEPT = 500;

export class SqliteConnection implements Sql {
  readonly db: DatabaseSync;
  readonly #kept = new Map<string, { statement: StatementSync; rows: boolean }>();

  constructor(file: string, options: { readOnly: boolean }) {
    this.db = new DatabaseSync(file, { ...options, timeout: 100 });
  }

  async all<T>(statement: Compilable<T>): Promise<T[]> {
    return this.#execute<T>(statement);
  }

  async first<T>(statement: Compilable<T>): Promise<T | undefined> {
    return this.#execute<T>(statement)[0];
  }

  async run(statement: Compilable<unknown>): Promise<void> {
    this.#execute(statement);
  }

  /** BEGIN, COMMIT and the like: one statement, which comes again and again. */
  step(text: string): void {
    try {
      this.#prepare(text).statement.run();
    } catch (error) {
      throw asFault(error);
    }
  }

  /** Any number of statements. */
  exec(text: string): void {
    try {
      this.db.exec(text);
    } catch (error) {
      throw asFault(error);
    }
  }

  close(): void {
    this.#kept.clear();
    this.db.close();
  }

  #execute<T>(built: Compilable<T>): T[] {
    const { sql, parameters } = built.compile();
    try {
      const { statement, rows } = this.#prepare(sql);
      const values = storable(parameters) as SQLInputValue[];
      if (rows) return statement.all(...values) as T[];
      statement.run(...values);
      return [];
    } catch (error) {
      throw asFault(error);
    }
  }

  #prepare(sql: string): { statement: StatementSync; rows: boolean } {
    const known = this.#kept.get(sql);
    if (known) return known;
    const statement = this.db.prepare(sql);
    const kept = { statement, rows: statement.columns().length > 0 };
    if (this.#kept.size < STATEMENTS_KEPT) this.#kept.set(sql, kept);
    return kept;
  }
}

/** Takes the log of a database over into it, so that it is one file; a damaged one stays as it is. */
export function settleLog(file: string): void {
  try {
    const db = new DatabaseSync(file);
    try {
      db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } finally {
      db.close();
    }
  } catch {
    // Whoever keeps it keeps its log beside it.
  }
}

/** SQLite's primary result codes (sqlite.org/rescode.html) that an administrator can do something about. */
const SENTENCES: Record<number, string> = {
  5: "the database is locked by another process",
  6: "the database is locked by another process",
  8: "the database cannot be written: it, or its folder, is read-only",
  10: "the disk failed to read or write the database",
  11: "the database file is damaged: restore it from a backup",
  13: "the disk is full",
  14: "the database file cannot be opened: look at the folder and its rights",
  26: "the file is not a database",
};

/** Known conditions become `DatabaseFault` with one sentence; anything else (a mistake of ours) stays as it is. */
export function asFault(error: unknown): unknown {
  const code = (error as { errcode?: unknown }).errcode;
  const sentence = typeof code === "number" ? SENTENCES[code & 255] : undefined;
  return sentence === undefined ? error : new DatabaseFault("org.database", sentence, { cause: error });
}

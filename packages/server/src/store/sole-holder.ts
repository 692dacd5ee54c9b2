/** Makes sure that one process alone opens a database (S38), by a lock that the kernel frees when the process dies, however it dies. */
import { readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { DatabaseFault } from "../flows/store.ts";
import { asFault } from "./sqlite-connection.ts";

/** SQLITE_BUSY, sqlite.org/rescode.html. */
const BUSY = 5;

/** Holds a second, empty database exclusively. A stale pid file says nothing: only the kernel's lock counts. */
export function holdAlone(file: string): { release(): void } {
  const lock = openLock(`${file}.lock`);
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    writeFileSync(`${file}.pid`, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    lock.close();
    if (((error as { errcode?: number }).errcode ?? 0) % 256 === BUSY) {
      throw new DatabaseFault("org.database", `another sallyport serve (process ${holder(file)}) holds ${file}; stop it first`, {
        cause: error,
      });
    }
    throw asFault(error);
  }
  return { release: () => lock.close() };
}

function openLock(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout: 0 });
  } catch (error) {
    throw asFault(error);
  }
}

function holder(file: string): string {
  try {
    return readFileSync(`${file}.pid`, "utf8").trim();
  } catch {
    return "unknown";
  }
}

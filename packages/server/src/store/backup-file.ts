/** Looks at a backup file before anything is put in its place: whole, ours, of a schema that is known, its log unbroken. */
import * as crypto from "node:crypto";
import * as fs from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { ChainCheck, type LogEvent, type LogHead, type Mark } from "@sallyport/contracts";
import { DatabaseFault } from "../flows/store.ts";
import { digestFile } from "./backup-digest.ts";
import { appliedMigrations, judgeMigrations } from "./migrate.ts";
import { asFault } from "./sqlite-connection.ts";

export interface BackupFacts {
  /** Epoch ms of the state in it. */
  at: number;
  /** Where the log of the node that wrote it ended. */
  head: LogHead;
  schema: number;
  events: number;
  /** Id of the sealing key that its secrets are sealed with. The key itself is never in a backup. */
  sealingKey: string;
}

/** Reads all of it. `file`: how the sentences call it. Throws `DatabaseFault`, one sentence that names the file and what is wrong with it. */
export function inspectBackup(path: string, file = path): BackupFacts {
  refuseOtherFiles(path, file);
  let db: DatabaseSync;
  try {
    db = new DatabaseSync(path, { readOnly: true });
  } catch (error) {
    throw wrong(file, `cannot be opened: ${(error as Error).message}`, error);
  }
  try {
    return inspect(path, file, db);
  } catch (error) {
    if (error instanceof DatabaseFault) throw error;
    const fault = asFault(error);
    throw wrong(file, `is damaged: ${fault instanceof DatabaseFault ? fault.message.replace(/:.*/, "") : (error as Error).message}`, error);
  } finally {
    db.close();
  }
}

const HEADER = "SQLite format 3\0";

function refuseOtherFiles(path: string, file: string): void {
  let begin: Buffer;
  try {
    const descriptor = fs.openSync(path, "r");
    begin = Buffer.alloc(HEADER.length);
    fs.readSync(descriptor, begin);
    fs.closeSync(descriptor);
  } catch (error) {
    throw wrong(file, `cannot be read: ${(error as Error).message}`, error);
  }
  if (begin.toString("latin1") !== HEADER) throw wrong(file, "is no Sallyport backup: it is not a database at all");
}

function inspect(path: string, file: string, db: DatabaseSync): BackupFacts {
  const [verdict] = db.prepare("PRAGMA integrity_check(1)").all() as { integrity_check: string }[];
  if (verdict?.integrity_check !== "ok") throw wrong(file, `is damaged: ${verdict?.integrity_check.split("\n").at(-1)}`);
  const tables = db.prepare("SELECT name FROM sqlite_master WHERE name IN ('migrations', 'meta', 'events', 'hosts')").all();
  if (tables.length < 4) throw wrong(file, "is no Sallyport backup: it is a database of something else");
  const done = appliedMigrations(db);
  judgeMigrations(done, `the backup ${file}`);
  const label = metaOf(db, "backup");
  if (label === undefined) {
    throw wrong(file, "is an org's database, but was not written by sallyport backup; docs/backup.md says how such a copy is put back");
  }
  const { at, head, digest } = JSON.parse(label) as { at: number; head: LogHead; digest: string };
  const orphans = db.prepare("PRAGMA foreign_key_check").all().length;
  if (orphans > 0) throw wrong(file, `is damaged: ${orphans} rows belong to rows that are not there`);
  const sealingKey = metaOf(db, "sealing-key-id");
  if (sealingKey === undefined) throw wrong(file, "is damaged: it does not say which sealing key it needs");
  const events = checkLog(file, db, head);
  // The last look: whatever else is wrong is said by its name.
  if (digestFile(fs, crypto, path, digest).digest !== digest)
    throw wrong(file, "is damaged: some of its bytes are not those that were written; take another copy of it, or another backup");
  return { at, head, schema: done.at(-1)?.version ?? 0, events, sealingKey };
}

function checkLog(file: string, db: DatabaseSync, head: LogHead): number {
  const marks: Mark[] = head.seq === 0 ? [] : [{ ...head, whose: "the backup itself", signed: false }];
  const check = new ChainCheck([...marks, ...checkpointMarks(db)]);
  const rows = db.prepare("SELECT event FROM events ORDER BY node, seq").iterate() as Iterable<{ event: string }>;
  for (const { event } of rows) check.take(JSON.parse(event) as LogEvent);
  check.end();
  if (check.faults.length > 0) throw wrong(file, `is damaged: its log is not whole: ${check.faults[0]}`);
  return check.events;
}

/** Their signatures are not looked at here: who could write to the file could write the key that checks them as well. */
function checkpointMarks(db: DatabaseSync): Mark[] {
  const known = db.prepare("SELECT name FROM sqlite_master WHERE name = 'checkpoints'").all().length > 0;
  const rows = known ? (db.prepare("SELECT number, heads FROM checkpoints").all() as { number: number; heads: string }[]) : [];
  return rows.flatMap(({ number, heads }) =>
    (JSON.parse(heads) as LogHead[]).map((head) => ({ ...head, whose: `checkpoint ${number}`, signed: true })),
  );
}

function metaOf(db: DatabaseSync, key: string): string | undefined {
  return (db.prepare("SELECT value FROM meta WHERE key = ?").get(key) as { value: string } | undefined)?.value;
}

function wrong(file: string, what: string, cause?: unknown): DatabaseFault {
  return new DatabaseFault("org.database", `${file} ${what}`, { cause });
}

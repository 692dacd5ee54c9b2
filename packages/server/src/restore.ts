/** Wires a restore: a backup, checked and brought up to date beside the database, takes its place in one step. */
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import pino from "pino";
import { type DataFiles, openDataFolder } from "./data-folder.ts";
import { endAfterRestore, type Restored } from "./flows/management/after-restore.ts";
import { SEALING_ID } from "./flows/management/reseal.ts";
import { DatabaseFault, type Store } from "./flows/store.ts";
import { openKeys } from "./keys/keys.ts";
import { SealingKeyFault } from "./keys/sealing-key.ts";
import { ServerRefused } from "./listening.ts";
import { nodeFile, openData } from "./open-data.ts";
import { type BackupFacts, inspectBackup } from "./store/backup-file.ts";
import type { DatabaseAddress } from "./store/postgres-connection.ts";
import { holdAlone } from "./store/sole-holder.ts";
import { openSqlite } from "./store/sqlite.ts";
import { settleLog } from "./store/sqlite-connection.ts";

export interface RestoreOptions {
  data: string;
  /** `sealing.key` in the data folder if absent. */
  sealingKey?: string | undefined;
  /** Epoch ms. */
  now: () => number;
}

export interface RestoreResult extends Restored {
  events: number;
  /** The database that was there before; undefined if there was none. */
  replaced: string | undefined;
}

/** Reads and checks all of a backup file. Throws `ServerRefused`, one sentence. */
export function checkBackup(file: string): BackupFacts {
  return inSentences(() => inspectBackup(file));
}

/**
 * Puts a backup in place of the database, and ends what must not outlive it (S37). Throws `ServerRefused` while a server runs on the
 * folder, for a file that is not whole, ours and known, and for another sealing key; then everything is as it was.
 */
export async function restoreBackup(file: string, options: RestoreOptions): Promise<RestoreResult> {
  const data = resolve(options.data);
  const files = openDataFolder(data);
  const alone = inSentences(() => holdAlone(files.database));
  const fresh = `${files.database}.${randomBytes(4).toString("hex")}.new`;
  try {
    copyInto(file, fresh);
    const facts = inSentences(() => inspectBackup(fresh, file));
    const restored = await bringUp(fresh, facts, options.sealingKey ?? files.sealingKey, options.now);
    giveToOwner(data, [fresh, `${files.database}.lock`, `${files.database}.pid`]);
    const replaced = putInPlace(files, fresh);
    return { ...restored, events: facts.events, replaced };
  } finally {
    for (const rest of ["", "-wal", "-shm", "-journal", ".lock", ".pid"]) rmSync(fresh + rest, { force: true });
    alone.release();
  }
}

/**
 * Ends what must not outlive a restore that was made by other means, in the database as it stands (S37).
 * @param database PostgreSQL; SQLite in the folder if absent. No node may run.
 */
export async function afterExternalRestore(options: RestoreOptions & { database?: DatabaseAddress | undefined }): Promise<Restored> {
  const data = resolve(options.data);
  const files = openDataFolder(data);
  const sealingKey = options.sealingKey ?? files.sealingKey;
  try {
    if (options.database)
      return await endIn(await openData(files, options.database, pino({ level: "silent" }), true), sealingKey, undefined);
    if (!existsSync(files.database)) throw new ServerRefused("org.database", `there is no database ${files.database}`);
    return await bringUp(files.database, undefined, sealingKey, options.now);
  } finally {
    const held = [files.database, nodeFile(files)].flatMap((file) => [`${file}.lock`, `${file}.pid`]);
    giveToOwner(data, [files.database, ...held]);
  }
}

/** Opens it as a server would, with its keys, and ends what was open. */
async function bringUp(database: string, facts: BackupFacts | undefined, sealingKey: string, now: () => number): Promise<Restored> {
  try {
    return await endIn(await openSqlite({ file: database, now, newChain: true }), sealingKey, facts?.at);
  } catch (error) {
    throw asRefusal(error);
  }
}

async function endIn(store: Store, sealingKey: string, backupAt: number | undefined): Promise<Restored> {
  try {
    // Of an address that is the wrong one, `openKeys` would make an org.
    if ((await store.read((tx) => tx.secrets.meta(SEALING_ID))) === undefined)
      throw new ServerRefused("org.database", "there is no org in this database: nothing was put back here");
    await openKeys(store, sealingKey);
    return await endAfterRestore(store, backupAt);
  } catch (error) {
    throw asRefusal(error);
  } finally {
    await store.close();
  }
}

function copyInto(file: string, fresh: string): void {
  try {
    copyFileSync(file, fresh, constants.COPYFILE_EXCL);
    chmodSync(fresh, 0o600);
    flush(fresh);
  } catch (error) {
    throw new ServerRefused("org.database", `${file} cannot be copied: ${(error as Error).message}`, { cause: error });
  }
}

/** The old database keeps a name of its own: its log was taken over into it before, so that it is one file. */
function putInPlace({ database }: DataFiles, fresh: string): string | undefined {
  flush(fresh);
  const stamp = new Date().toISOString().replace(/[:.]/g, "-");
  const kept = existsSync(database) ? `${database}.replaced-${stamp}` : undefined;
  if (kept) {
    settleLog(database);
    linkSync(database, kept);
  }
  // What a damaged database left beside it must not be taken for the new one's.
  for (const rest of ["-wal", "-shm"]) if (existsSync(database + rest)) renameSync(database + rest, `${kept ?? `${fresh}.old`}${rest}`);
  renameSync(fresh, database);
  flush(dirname(database));
  return kept;
}

/** Whoever restores as root must not leave files that the server's account cannot open. */
function giveToOwner(data: string, made: string[]): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(data);
  for (const file of made) if (existsSync(file)) chownSync(file, uid, gid);
}

function flush(path: string): void {
  const descriptor = openSync(path, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function inSentences<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asRefusal(error);
  }
}

function asRefusal(error: unknown): unknown {
  if (error instanceof DatabaseFault || error instanceof SealingKeyFault)
    return new ServerRefused(error.causeId, error.message, { cause: error });
  return error;
}

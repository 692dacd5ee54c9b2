/** Copies a live SQLite database into another file, in a thread of its own, so that no unit of work waits for it. */
import type * as Crypto from "node:crypto";
import type * as Fs from "node:fs";
import type * as Sqlite from "node:sqlite";
import { type parentPort, Worker, type WorkerOptions } from "node:worker_threads";
import { digestFile } from "./backup-digest.ts";

export interface CopyJob {
  source: string;
  /** An empty file that exists already: whoever made it chose its mode. */
  target: string;
  /** Written into the copy's `meta` under `backup`: says of the file that it is a whole copy, and of when. */
  label: string;
  /** Random text in the label, whose place the digest over the whole file takes. */
  mark: string;
}

/** What the thread may use beside its job. */
interface Tools {
  sqlite: typeof Sqlite;
  fs: typeof Fs;
  crypto: typeof Crypto;
  digestFile: typeof digestFile;
}

/** What the thread says: how far it is, or that the copy is whole and on the disk. */
type Said = { pages: number } | { done: true };

/**
 * Resolves when the copy is whole and flushed; rejects when the disk refuses or `signal` ends it. A held read transaction pins one
 * state of the source, so that units that commit meanwhile neither wait nor make the copy begin again (sqlite.org/c3ref/backup_finish.html).
 */
export function copyPages(job: CopyJob, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(THREAD, { eval: true, workerData: job, name: "backup" } satisfies WorkerOptions);
    const stop = () => void thread.terminate();
    signal.addEventListener("abort", stop, { once: true });
    let whole = false;
    thread.on("message", (said: Said) => {
      whole ||= "done" in said;
    });
    thread.once("error", reject);
    thread.once("exit", () => {
      signal.removeEventListener("abort", stop);
      if (whole) resolve();
      else reject(signal.aborted ? (signal.reason as Error) : new Error("the copying thread ended before the copy was whole"));
    });
    if (signal.aborted) stop();
  });
}

/**
 * The thread. It is handed over as its own text, so that a release of one file has it as well: it may use nothing but its arguments.
 * After each step it flushes what it wrote and rests as long as the step took. Without that, hundreds of megabytes wait in the system's
 * memory, and the flush of somebody's logon waits behind them.
 */
async function run({ sqlite, fs, crypto, digestFile }: Tools, job: CopyJob, port: NonNullable<typeof parentPort>): Promise<void> {
  const PAGES = 128;
  /** While the copy runs, the log of the source cannot be taken over into it: above this it is copied without a rest. */
  const LARGEST_WAL = 256 * 1024 * 1024;
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const walSize = () => fs.statSync(`${job.source}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  const source = new sqlite.DatabaseSync(job.source, { readOnly: true });
  const target = fs.openSync(job.target, "r+");
  try {
    source.exec("BEGIN");
    source.prepare("SELECT count(*) FROM migrations").get();
    let began = performance.now();
    await sqlite.backup(source, job.target, {
      rate: PAGES,
      progress: ({ totalPages, remainingPages }) => {
        fs.fdatasyncSync(target);
        if (walSize() < LARGEST_WAL) Atomics.wait(bell, 0, 0, Math.min(100, performance.now() - began));
        port.postMessage({ pages: totalPages - remainingPages });
        began = performance.now();
      },
    });
    source.exec("COMMIT");
  } finally {
    source.close();
  }
  const copy = new sqlite.DatabaseSync(job.target);
  // One file by itself: it can be opened where nothing can be written beside it.
  copy.exec("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL");
  copy.prepare("INSERT INTO meta (key, value) VALUES ('backup', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value").run(job.label);
  copy.close();
  const { digest, places } = digestFile(fs, crypto, job.target, job.mark);
  for (const place of places) fs.writeSync(target, digest, place);
  fs.fsyncSync(target);
  fs.closeSync(target);
  // What the units wrote meanwhile is taken over into the database here, not by the next logon's commit.
  const writer = new sqlite.DatabaseSync(job.source, { timeout: 100 });
  writer.exec("PRAGMA wal_checkpoint(PASSIVE)");
  writer.close();
  port.postMessage({ done: true });
}

const THREAD = `const { workerData, parentPort } = require("node:worker_threads");
const tools = { sqlite: require("node:sqlite"), fs: require("node:fs"), crypto: require("node:crypto"), digestFile: ${digestFile.toString()} };
(${run.toString()})(tools, workerData, parentPort);`;

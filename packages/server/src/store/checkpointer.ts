/** Takes SQLite's log over into the database on a thread of its own, so that nobody's commit, and no turn of the event loop, waits for it. */
import type * as Sqlite from "node:sqlite";
import { type parentPort, Worker, type WorkerOptions } from "node:worker_threads";

/** A logon's commit writes about ten pages of 4 KiB; one of a directory's sync, some hundred. */
const EVERY_COMMITS = 50;

export class Checkpointer {
  readonly #file: string;
  #commits = 0;
  #thread: Worker | undefined;
  #underWay = false;
  #closed = false;

  /** @param file the database. The thread starts when there is something to do for the first time. */
  constructor(file: string) {
    this.#file = file;
  }

  /** A commit has reached the log. */
  committed(): void {
    this.#commits += 1;
    if (this.#commits < EVERY_COMMITS || this.#underWay || this.#closed) return;
    this.#commits = 0;
    this.#underWay = true;
    this.#thread ??= this.#start();
    this.#thread.postMessage("take over");
  }

  /** Before the writing connection closes: whoever closes last removes the log. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#thread?.terminate();
  }

  /** One that fails is made anew at the next turn; meanwhile the log grows to the size at which a commit takes it over. */
  #start(): Worker {
    const thread = new Worker(THREAD, { eval: true, workerData: this.#file, name: "checkpoint" } satisfies WorkerOptions);
    thread.unref();
    thread.on("message", () => {
      this.#underWay = false;
    });
    thread.on("error", () => undefined);
    thread.once("exit", () => {
      this.#thread = undefined;
      this.#underWay = false;
    });
    return thread;
  }
}

/** The thread, handed over as its own text, so that a release of one file has it as well: it may use nothing but its arguments. */
function run({ DatabaseSync }: typeof Sqlite, file: string, port: NonNullable<typeof parentPort>): void {
  const db = new DatabaseSync(file, { timeout: 0 });
  db.exec("PRAGMA synchronous = FULL");
  port.on("message", () => {
    // Passive: waits for no reader and no writer, and lets none wait (sqlite.org/pragma.html#pragma_wal_checkpoint).
    db.exec("PRAGMA wal_checkpoint(PASSIVE)");
    port.postMessage("taken over");
  });
}

const THREAD = `const { workerData, parentPort } = require("node:worker_threads");
(${run.toString()})(require("node:sqlite"), workerData, parentPort);`;

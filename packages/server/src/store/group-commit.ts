/** Units of work that arrive together share one commit: each keeps its own savepoint, none is answered before the disk has it. */
import { DatabaseFault, type Tx } from "../flows/store.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";

/** What the queue needs to make a unit: its `tx`, and what in memory must follow a rollback. */
export interface Units {
  /** The unit refuses every call after `end()`: it must not reach into a later one. */
  begin(now: number): { tx: Tx; end(): void };
  /** Marks what is in memory (the chain's head), so that a rollback can return to it. */
  mark(): unknown;
  reset(mark: unknown): void;
}

interface Job {
  run(tx: Tx): Promise<unknown>;
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

const BATCH = 128;
/** A unit awaits nothing but its own statements, which take microseconds: whoever takes this long waits for something foreign. */
const LONGEST_UNIT_MS = 5_000;

export class GroupCommit {
  readonly #connection: SqliteConnection;
  readonly #units: Units;
  readonly #now: () => number;
  #queue: Job[] = [];
  #draining: Promise<void> | undefined;
  #closed = false;

  constructor(connection: SqliteConnection, units: Units, now: () => number) {
    this.#connection = connection;
    this.#units = units;
    this.#now = now;
  }

  add<T>(run: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new DatabaseFault("org.database", "the database is closed"));
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ run, resolve: resolve as (value: unknown) => void, reject });
      this.#draining ??= this.#drain();
    });
  }

  /** No new units; those that wait are still done. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#draining;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        // One turn of the event loop: calls that arrived with this one join its commit.
        await new Promise((resolve) => setImmediate(resolve));
        await this.#commit(this.#queue.splice(0, BATCH));
      }
    } finally {
      this.#draining = undefined;
    }
  }

  async #commit(batch: Job[]): Promise<void> {
    const before = this.#units.mark();
    const settled: (() => void)[] = [];
    try {
      this.#connection.exec("BEGIN IMMEDIATE");
      const now = this.#now();
      for (const job of batch) settled.push(await this.#runOne(job, now));
      this.#connection.exec("COMMIT");
    } catch (error) {
      this.#units.reset(before);
      this.#rollback("ROLLBACK");
      for (const job of batch) job.reject(error);
      return;
    }
    for (const settle of settled) settle();
  }

  async #runOne(job: Job, now: number): Promise<() => void> {
    const mark = this.#units.mark();
    const unit = this.#units.begin(now);
    this.#connection.exec("SAVEPOINT unit");
    try {
      const value = await withinTime(job.run(unit.tx));
      unit.end();
      this.#connection.exec("RELEASE unit");
      return () => job.resolve(value);
    } catch (error) {
      unit.end();
      this.#units.reset(mark);
      // A full disk ends the whole transaction by itself (sqlite.org/lang_transaction.html §3): then nothing of the batch may be answered.
      if (!this.#connection.db.isTransaction) throw error;
      this.#connection.exec("ROLLBACK TO unit; RELEASE unit");
      return () => job.reject(error);
    }
  }

  #rollback(text: string): void {
    if (this.#connection.db.isTransaction) this.#connection.exec(text);
  }
}

async function withinTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("a unit of work waited for something outside the database")), LONGEST_UNIT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

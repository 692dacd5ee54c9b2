/** Units of work that arrive together share one commit: each keeps its own savepoint, none is answered before the disk has it. */
import { DatabaseFault, type Tx } from "../flows/store.ts";

/** The one connection that writes, whatever database is behind it. */
export interface Writer {
  /** Opens a transaction; answers the database's clock, epoch ms. */
  begin(): Promise<number>;
  savepoint(): Promise<void>;
  release(): Promise<void>;
  /** Undoes the unit alone; false if the database has ended the whole transaction by itself. */
  undoUnit(): Promise<boolean>;
  commit(): Promise<void>;
  /** Ends the transaction after `error` without a trace of it; never throws. */
  abandon(error: unknown): Promise<void>;
  /** `batch`, `unit`: another node was faster, and the same work done again sees what it did. `no`: the error stands. @param tries so far. */
  again(error: unknown, tries: number): "batch" | "unit" | "no";
}

/** What the queue needs to make a unit: its `tx`, and what in memory must follow a rollback. */
export interface Units {
  /** The unit refuses every call after `end()`: it must not reach into a later one. */
  begin(now: number): { tx: Tx; end(): void };
  /** Marks what is in memory (the chain's head), so that a rollback can return to it. */
  mark(): unknown;
  reset(mark: unknown): void;
  /** What is in memory is on the disk now. */
  kept(): void;
}

interface Job {
  run(tx: Tx): Promise<unknown>;
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

const BATCH = 128;
/** Whoever is left when a batch has taken this long waits for the next: between them the event loop answers others. */
const LONGEST_BATCH_MS = 15;
/** How long a batch is gathered while several come at a time: what writing to the disk costs is then shared by more. */
const GATHER_MS = 4;
/** A unit awaits nothing but its own statements, which take microseconds: whoever takes this long waits for something foreign. */
const LONGEST_UNIT_MS = 5_000;
/** How often a batch, or a unit of it, is done before its error stands. */
const TRIES = 12;
const LONGEST_WAIT_MS = 200;

export class GroupCommit {
  readonly #writer: Writer;
  readonly #units: Units;
  readonly #limit = new Limit();
  #queue: Job[] = [];
  #draining: Promise<void> | undefined;
  #closed = false;
  /** The last batch was of more than one. */
  #several = false;

  constructor(writer: Writer, units: Units) {
    this.#writer = writer;
    this.#units = units;
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
        await this.#gather();
        const batch = this.#queue.splice(0, BATCH);
        await this.#commit(batch);
        this.#several = batch.length > 1;
      }
    } finally {
      this.#draining = undefined;
    }
  }

  /** Nobody who comes alone waits for others. */
  #gather(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#several && this.#queue.length < BATCH) setTimeout(resolve, GATHER_MS);
      // One turn of the event loop: calls that arrived with this one join its commit.
      else setImmediate(resolve);
    });
  }

  async #commit(batch: Job[]): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        for (const settle of await this.#tryBatch(batch)) settle();
        return;
      } catch (error) {
        if (tries < TRIES && this.#writer.again(error, tries) === "batch") {
          await jitter(tries);
          continue;
        }
        for (const job of batch) job.reject(error);
        return;
      }
    }
  }

  /**
   * Answers how each job is to be settled; throws if nothing of the batch stayed, or if nobody knows whether it did. Takes out of the batch,
   * and back into the queue, what there was no time for.
   */
  async #tryBatch(batch: Job[]): Promise<(() => void)[]> {
    let before: { mark: unknown } | undefined;
    try {
      const now = await this.#writer.begin();
      before = { mark: this.#units.mark() };
      const settled: (() => void)[] = [];
      const end = performance.now() + LONGEST_BATCH_MS;
      for (const job of batch) {
        settled.push(await this.#runOne(job, now));
        if (performance.now() > end) this.#queue.unshift(...batch.splice(settled.length));
      }
      await this.#writer.commit();
      this.#units.kept();
      return settled;
    } catch (error) {
      if (before) this.#units.reset(before.mark);
      await this.#writer.abandon(error);
      throw error;
    }
  }

  async #runOne(job: Job, now: number): Promise<() => void> {
    for (let tries = 1; ; tries++) {
      const mark = this.#units.mark();
      const unit = this.#units.begin(now);
      await this.#writer.savepoint();
      try {
        const value = await this.#limit.within(job.run(unit.tx));
        unit.end();
        await this.#writer.release();
        return () => job.resolve(value);
      } catch (error) {
        unit.end();
        this.#units.reset(mark);
        const again = this.#writer.again(error, tries);
        if (again === "batch" || !(await this.#writer.undoUnit())) throw error;
        if (again === "no" || tries === TRIES) return () => job.reject(error);
      }
    }
  }
}

/** Nodes that met once must not meet again: each waits for a time of its own. */
function jitter(tries: number): Promise<void> {
  const most = Math.min(LONGEST_WAIT_MS, 2 ** tries);
  return new Promise((resolve) => setTimeout(resolve, Math.random() * most));
}

/** One timer for all units of a queue, which run one after the other: to make and end one for each costs more than to set it anew. */
class Limit {
  #late: (() => void) | undefined;
  readonly #timer = setTimeout(() => this.#late?.(), LONGEST_UNIT_MS).unref();

  async within<T>(work: Promise<T>): Promise<T> {
    const late = new Promise<never>((_, reject) => {
      this.#late = () => reject(new Error("a unit of work waited for something outside the database"));
    });
    this.#timer.ref().refresh();
    try {
      return await Promise.race([work, late]);
    } finally {
      this.#late = undefined;
      this.#timer.unref();
    }
  }
}

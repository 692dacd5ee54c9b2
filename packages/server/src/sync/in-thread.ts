/** Reads a directory and plans in a thread of its own, so that nobody's logon waits for ten thousand people to be compared. */
import { Worker } from "node:worker_threads";
import { DirectoryFault } from "../flows/directory.ts";
import type { PlanHead, Planned, PlanParts, SyncReader } from "../flows/management/planned.ts";
import type { Questions } from "../flows/management/sync-questions.ts";
import type { Job, Said, Told } from "./messages.ts";

/** In a release the server is one file, and the thread another one beside it. */
const THREAD = import.meta.url.endsWith(".ts") ? new URL("./worker.ts", import.meta.url) : new URL("./sallyport-sync.mjs", import.meta.url);
/** A directory that is larger than this fails its own sync, not the server. */
const MOST_MB = 2048;

export function planInThread(file: URL = THREAD): SyncReader {
  return (job, ask, options) => new PlanningThread(file, job, ask).planned(options);
}

class PlanningThread {
  readonly #thread: Worker;
  readonly #ask: Questions;
  readonly #parts = new Map<number, { resolve(items: unknown[]): void; reject(error: Error): void }>();
  #onProgress: Parameters<SyncReader>[2]["onProgress"] = () => {};
  #fail: (error: Error) => void = () => {};
  #succeed: (head: PlanHead) => void = () => {};
  #ended: Error | undefined;
  #last = 0;

  constructor(file: URL, job: Job, ask: Questions) {
    this.#ask = ask;
    this.#thread = new Worker(file, { workerData: job, name: "sync", resourceLimits: { maxOldGenerationSizeMb: MOST_MB } });
    this.#thread.on("message", (said: Said) => this.#hear(said));
    this.#thread.once("error", (error) => this.#end(error as Error));
    this.#thread.once("exit", (code) => this.#end(new Error(`the planning thread ended by itself (exit code ${code})`)));
  }

  async planned({ signal, onProgress }: Parameters<SyncReader>[2]): Promise<Planned> {
    this.#onProgress = onProgress;
    const stop = () => this.#end(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
    try {
      const head = await new Promise<PlanHead>((resolve, reject) => {
        this.#succeed = resolve;
        this.#fail = reject;
        if (signal.aborted) stop();
        if (this.#ended) reject(this.#ended);
      });
      return { head, parts: (what) => this.#allOf(what), close: () => this.#close() };
    } catch (error) {
      await this.#close();
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  async *#allOf<K extends keyof PlanParts>(what: K): AsyncGenerator<PlanParts[K][]> {
    for (let at = 0; ; ) {
      const items = (await this.#part(what, at)) as PlanParts[K][];
      if (items.length === 0) return;
      at += items.length;
      yield items;
    }
  }

  #part(what: keyof PlanParts, at: number): Promise<unknown[]> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#last += 1;
      this.#parts.set(this.#last, { resolve, reject });
      this.#tell({ tell: "part", id: this.#last, what, at });
    });
  }

  #hear(said: Said): void {
    if (said.say === "progress") this.#onProgress(said);
    else if (said.say === "question") void this.#answer(said.id, said.ask, said.args);
    else if (said.say === "planned") this.#succeed(said.head);
    else if (said.say === "fault") this.#end(new DirectoryFault(said.sentence, said.evidence));
    else if (said.say === "broken") this.#end(new Error(said.message));
    else {
      this.#parts.get(said.id)?.resolve(said.items);
      this.#parts.delete(said.id);
    }
  }

  async #answer(id: number, ask: keyof Questions, args: unknown[]): Promise<void> {
    try {
      const value = await (this.#ask[ask] as (...args: unknown[]) => Promise<unknown>)(...args);
      this.#tell({ tell: "answer", id, value });
    } catch (error) {
      this.#tell({ tell: "no-answer", id, message: (error as Error).message });
    }
  }

  #tell(told: Told): void {
    this.#thread.postMessage(told);
  }

  /** Whoever waits for the thread is told why there will be nothing. */
  #end(error: Error): void {
    this.#ended ??= error;
    this.#fail(error);
    for (const { reject } of this.#parts.values()) reject(error);
    this.#parts.clear();
  }

  async #close(): Promise<void> {
    this.#ended ??= new Error("the planning thread was ended");
    await this.#thread.terminate();
  }
}

/** Reads a directory and plans in a process of its own: nobody's logon waits for it, and whatever it dies of, the server goes on. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { DirectoryFault } from "../flows/directory.ts";
import type { SyncJob } from "../flows/management/plan-sync.ts";
import type { PlanHead, Planned, PlanParts, SyncReader } from "../flows/management/planned.ts";
import type { Questions } from "../flows/management/sync-questions.ts";
import type { Said, Told } from "./messages.ts";

/** In a release the server is one file, and this another one beside it. */
const PLANNER = import.meta.url.endsWith(".ts")
  ? new URL("./planner.ts", import.meta.url)
  : new URL("./sallyport-sync.mjs", import.meta.url);
/** A directory that is larger than this fails its own sync. */
const MOST_MB = 2048;
/** Of what the process said last: enough for the reason of its end. */
const LAST_WORDS = 4096;

/** @param mostMb of memory that the process may use */
export function planApart(file: URL = PLANNER, mostMb = MOST_MB): SyncReader {
  return (job, ask, options) => new PlanningProcess(file, mostMb, ask).planned(job, options);
}

class PlanningProcess {
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;
  readonly #ask: Questions;
  readonly #parts = new Map<number, { resolve(items: unknown[]): void; reject(error: Error): void }>();
  #onProgress: Parameters<SyncReader>[2]["onProgress"] = () => {};
  #fail: (error: Error) => void = () => {};
  #succeed: (head: PlanHead) => void = () => {};
  #ended: Error | undefined;
  #words = "";
  #last = 0;

  constructor(file: URL, mostMb: number, ask: Questions) {
    this.#ask = ask;
    this.#child = fork(fileURLToPath(file), [], {
      serialization: "advanced",
      execArgv: ["--disable-warning=ExperimentalWarning", `--max-old-space-size=${mostMb}`],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child.stderr?.on("data", (text) => {
      this.#words = `${this.#words}${text}`.slice(-LAST_WORDS);
    });
    this.#child.on("message", (said: Said) => this.#hear(said));
    this.#child.once("error", (error) => this.#end(error));
    this.#child.once("close", (code, signal) =>
      this.#end(new Error(`the planning process ended by ${signal ?? `exit code ${code}`}${this.#why()}`)),
    );
    this.#gone = once(this.#child, "close").catch(() => {});
  }

  async planned(job: SyncJob, { signal, onProgress }: Parameters<SyncReader>[2]): Promise<Planned> {
    this.#onProgress = onProgress;
    const stop = () => this.#end(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
    try {
      const head = await new Promise<PlanHead>((resolve, reject) => {
        this.#succeed = resolve;
        this.#fail = reject;
        if (signal.aborted) stop();
        this.#tell({ tell: "job", job });
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

  /** That it is gone is told by its end, not by what could not be sent to it. */
  #tell(told: Told): void {
    if (this.#child.connected) this.#child.send(told, () => {});
  }

  #why(): string {
    const line = this.#words.split("\n").find((one) => /Error\b|FATAL ERROR/.test(one));
    return line === undefined ? "" : `: ${line.trim().slice(0, 200)}`;
  }

  /** Whoever waits for the process is told why there will be nothing. */
  #end(error: Error): void {
    this.#ended ??= error;
    this.#fail(this.#ended);
    for (const { reject } of this.#parts.values()) reject(this.#ended);
    this.#parts.clear();
  }

  async #close(): Promise<void> {
    this.#ended ??= new Error("the planning process was ended");
    this.#child.kill("SIGKILL");
    await this.#gone;
  }
}

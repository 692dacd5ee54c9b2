/** Starts the product's programs, reads what they say, and ends every one of them by its own id. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export const COMMAND = join(import.meta.dirname, "../packages/cli/src/main.ts");
const QUIET = "--disable-warning=ExperimentalWarning";
/** A program that takes longer has hung: the demo says so instead of hanging with it. */
const LIMIT_MS = 60_000;

export interface Ran {
  code: number | null;
  out: string;
  err: string;
}

export class Processes {
  readonly #env: NodeJS.ProcessEnv;
  #running = new Set<ChildProcess>();
  #ending = false;

  /** `compiled`: a folder where the first start of a program leaves what makes the next ones three times as fast. */
  constructor(compiled: string) {
    this.#env = { ...process.env, NODE_COMPILE_CACHE: compiled };
  }

  /** One `sallyport` command from its start to its end. */
  async run(args: string[], input = ""): Promise<Ran> {
    const child = this.#spawn([QUIET, COMMAND, ...args], {});
    const out = textOf(child.stdout);
    const err = textOf(child.stderr);
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
    const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
    const [code] = (await once(child, "close")) as [number | null];
    clearTimeout(timer);
    return { code, out: out(), err: err() };
  }

  /** A `sallyport` command that stays. Answers once it said what it says when it is ready; fails with its own words if it ends first. */
  async start(args: string[], ready: RegExp, outside: { preload?: string; env?: Record<string, string> } = {}): Promise<Staying> {
    const preload = outside.preload === undefined ? [] : ["--import", outside.preload];
    const child = this.#spawn([QUIET, ...preload, COMMAND, ...args], outside.env ?? {});
    child.stdin?.end();
    let said = "";
    const told = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${args.join(" ")} is not ready after a minute: ${said}`)), LIMIT_MS);
      for (const stream of [child.stdout, child.stderr])
        stream?.setEncoding("utf8").on("data", (part: string) => {
          said += part;
          if (ready.test(said)) resolve(clearTimeout(timer));
        });
      child.once("exit", (code) => {
        clearTimeout(timer);
        reject(new Error(`${args.join(" ")} ended with ${code}: ${said}`));
      });
    });
    await told;
    return { said, stop: () => this.#stop(child) };
  }

  /** Ends all, the newest first: an agent before its org. */
  async end(): Promise<void> {
    this.#ending = true;
    for (const child of [...this.#running].reverse()) await this.#stop(child);
  }

  #spawn(args: string[], env: Record<string, string>): ChildProcess {
    if (this.#ending) throw new Error("the demo is ending");
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...this.#env, ...env } });
    this.#running.add(child);
    child.once("exit", () => this.#running.delete(child));
    return child;
  }

  async #stop(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await gone;
    clearTimeout(timer);
  }
}

export interface Staying {
  /** All that it said until it was ready. */
  said: string;
  stop(): Promise<void>;
}

function textOf(stream: NodeJS.ReadableStream | null): () => string {
  let text = "";
  stream?.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  return () => text;
}

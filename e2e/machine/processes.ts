/** Starts the real programs and waits for what they say, never for time to pass. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");
/** Run by the Node that runs the story: a signal then meets the program itself, not the small one that hands over to it. */
export const COMMAND = join(ROOT, "packages/cli/src/main.ts");

export interface Ran {
  code: number | null;
  out: string;
}

/** `out` with standard error in it, and without. */
export interface Said extends Ran {
  stdout: string;
}

/** Runs to the end. `input` goes to standard input. */
export function run(
  command: string,
  args: string[],
  options: { input?: string; env?: Record<string, string>; timeout?: number } = {},
): Promise<Said> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...options.env }, stdio: ["pipe", "pipe", "pipe"] });
    const parts: Buffer[] = [];
    const plain: Buffer[] = [];
    child.stdout.on("data", (part) => {
      parts.push(part);
      plain.push(part);
    });
    child.stderr.on("data", (part) => parts.push(part));
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    const timer = setTimeout(() => child.kill("SIGKILL"), options.timeout ?? 120_000);
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ code, out: Buffer.concat(parts).toString(), stdout: Buffer.concat(plain).toString() });
    });
  });
}

/** Runs to the end and fails the test with the program's own words if it did not go well. */
export function must(command: string, args: string[], input?: string): string {
  return mustWith(command, args, {}, input);
}

/** The same with more of an environment. */
export function mustWith(command: string, args: string[], env: Record<string, string>, input?: string): string {
  const done = spawnSync(command, args, { input, encoding: "utf8", env: { ...process.env, ...env } });
  if (done.status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${done.status}: ${done.stdout}${done.stderr}`);
  return done.stdout;
}

/** A program that stays; what it says goes to a log file, and `said` waits for a line of it. */
export class Daemon {
  readonly child: ChildProcess;
  #text = "";
  #waiting: { pattern: RegExp; resolve: () => void }[] = [];

  constructor(command: string, args: string[], log: string, env: Record<string, string> = {}) {
    this.child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (part: Buffer) => {
        this.#text += part.toString();
        appendFileSync(log, part);
        this.#waiting = this.#waiting.filter(({ pattern, resolve }) => !pattern.test(this.#text) || resolve());
      });
    }
  }

  /** A machine that is busy with other things must not fail a story. */
  async said(pattern: RegExp, seconds = 90): Promise<void> {
    if (pattern.test(this.#text)) return;
    const heard = new Promise<void>((resolve) => this.#waiting.push({ pattern, resolve }));
    const late = AbortSignal.timeout(seconds * 1000);
    const ended = once(this.child, "exit").then(() => Promise.reject(new Error(`ended before it said ${pattern}: ${this.#text}`)));
    ended.catch(() => {});
    const over = once(late, "abort").then(() => Promise.reject(new Error(`did not say ${pattern} in ${seconds} s: ${this.#text}`)));
    over.catch(() => {});
    await Promise.race([heard, ended, over]);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, "exit");
    this.child.kill(signal);
    await gone;
  }
}

/** Asks again until it is so: for the states of programs that tell nobody (a socket that opens, a file that appears). */
export async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>, seconds = 60): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

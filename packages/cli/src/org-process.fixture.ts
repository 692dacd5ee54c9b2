/** A real `sallyport serve` in a folder of its own, and the command beside it, for tests of what an administrator types. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { OrgClient } from "./org-client.ts";

const MAIN = new URL("./main.ts", import.meta.url).pathname;
const QUIET = "--disable-warning=ExperimentalWarning";

export interface Said {
  code: number | null;
  out: string;
  err: string;
}

export class OrgProcess {
  readonly folder = mkdtempSync(join(tmpdir(), "sallyport-cli-"));
  readonly data = join(this.folder, "data");
  #server: ChildProcess | undefined;

  /** `owner`: a test, or a suite's `after`. `from`: a data folder to begin with a copy of. */
  constructor(owner: { after(end: () => Promise<void>): void }, from?: string) {
    if (from !== undefined) {
      cpSync(from, this.data, { recursive: true });
      chmodSync(this.data, 0o700);
    }
    owner.after(async () => {
      await this.stop("SIGKILL");
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  /** `more`: further options of `serve`. */
  async start(...more: string[]): Promise<void> {
    const args = [QUIET, MAIN, "serve", "--data", this.data, "--listen", "127.0.0.1:0", "--log-level", "error", ...more];
    const server = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#server = server;
    const ended = once(server, "exit").then(() => Promise.reject(new Error("the server ended before it listened")));
    ended.catch(() => undefined);
    const listening = once(createInterface({ input: server.stdout }), "line");
    await Promise.race([listening, ended]);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, "exit");
    server.kill(signal);
    await gone;
  }

  /** Runs a command on this org's data to its end. */
  say(...words: string[]): Said {
    const done = spawnSync(process.execPath, [QUIET, MAIN, ...words, "--data", this.data], { encoding: "utf8", input: "" });
    return { code: done.status, out: done.stdout, err: done.stderr };
  }

  /** The same, without waiting for it here. */
  begin(...words: string[]): ChildProcess {
    return spawn(process.execPath, [QUIET, MAIN, ...words, "--data", this.data], { stdio: ["ignore", "pipe", "pipe"] });
  }

  /** A call of the management API over the admin socket. */
  post<T>(path: string, body: unknown): Promise<T> {
    return new OrgClient({ data: this.data }).send<T>("POST", path, body);
  }

  json<T>(...words: string[]): T {
    const done = this.say(...words, "--json");
    if (done.code !== 0) throw new Error(`${words.join(" ")}: ${done.err}`);
    return JSON.parse(done.out) as T;
  }
}

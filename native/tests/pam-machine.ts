/** A machine with PAM services of the test's own, its system log, and pamtester to drive the real module. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const BUILD = fileURLToPath(new URL("../pam/build/", import.meta.url));
export const MODULE = `${BUILD}pam_sallyport.so`;
export const ASAN_MODULE = `${BUILD}pam_sallyport_asan.so`;
export const STATE = "/var/lib/sallyport";
export const PASSWORD = "planted-Passw0rd-8842";

export interface Ran {
  /** As PAM words it: `Success`, `Authentication failure`, … */
  result: string;
  output: string;
}

export interface Kept {
  reference: string;
  username: string;
  service: string;
  result: string;
  cause: string;
  evidence?: string;
}

/** Only in a namespace of its own: it writes /etc and /dev. */
export function requireNamespace(): void {
  if (process.env["SALLYPORT_TEST_ALONE"] !== "1") throw new Error("run `make -C native/pam test`: this test writes /etc and /dev");
}

export function addUser(name: string, password = PASSWORD): void {
  if (spawnSync("id", [name]).status !== 0) must("useradd", ["-M", "-s", "/bin/sh", name]);
  must("chpasswd", [], `${name}:${password}\n`);
}

function must(command: string, args: string[], input = ""): void {
  const done = spawnSync(command, args, { input, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${done.stderr}`);
}

/** `MODULE` in the lines stands for the module's path. */
export function writeService(name: string, lines: string, module = MODULE): void {
  writeFileSync(`/etc/pam.d/${name}`, `${lines.trim().replaceAll("MODULE", module)}\n`);
}

export interface Call {
  service: string;
  user?: string;
  operation?: "authenticate" | "acct_mgmt" | "authenticate acct_mgmt" | "authenticate setcred" | "setcred";
  /** One line for each prompt; without any, the conversation ends at the first one. */
  answers?: string[];
  items?: Record<string, string>;
  env?: Record<string, string>;
  /** Goes before pamtester: valgrind, or env with a preload. */
  under?: string[];
}

/** Runs the real stack. Asynchronous, because the agent of the test lives in this process. */
export async function pam(call: Call): Promise<Ran> {
  const { service, user = "alice", operation = "authenticate", answers = [], items = {}, env = {}, under = [] } = call;
  const options = [
    ...Object.entries(items).flatMap(([name, value]) => ["-I", `${name}=${value}`]),
    ...Object.entries(env).flatMap(([name, value]) => ["-E", `${name}=${value}`]),
  ];
  const operations = operation.split(" ");
  const done = await run([...under, "pamtester", ...options, service, user, ...operations], answers);
  const failure = /pamtester: (.*)$/m.exec(done.output.replaceAll(/^pamtester: (successfully|account|credential).*$/gm, ""))?.[1];
  return { result: done.code === 0 ? "Success" : (failure ?? `exit ${done.code}: ${done.output}`), output: done.output };
}

export async function run(command: string[], answers: string[] = []): Promise<{ code: number | null; output: string }> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (text) => (output += text));
  child.stderr.on("data", (text) => (output += text));
  child.stdin.on("error", () => {});
  child.stdin.end(answers.map((answer) => `${answer}\n`).join(""));
  const code = await new Promise<number | null>((done, fail) => {
    child.on("error", fail);
    child.on("close", done);
  });
  return { code, output };
}

/** /dev/log of this namespace. */
export class SystemLog {
  #sink: ChildProcessWithoutNullStreams;
  #lines: AsyncIterator<string>;

  private constructor() {
    this.#sink = spawn(`${BUILD}log_sink`, [], { stdio: "pipe" });
    this.#lines = createInterface({ input: this.#sink.stdout })[Symbol.asyncIterator]();
  }

  static async open(): Promise<SystemLog> {
    rmSync("/dev/log", { force: true });
    const log = new SystemLog();
    await log.#untilMark();
    return log;
  }

  /** The messages since the last call. */
  async take(): Promise<string[]> {
    this.#sink.stdin.write("\n");
    return this.#untilMark();
  }

  async #untilMark(): Promise<string[]> {
    const taken: string[] = [];
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error("the log sink ended");
      if (value === "--") return taken;
      taken.push(value);
    }
  }

  close(): void {
    this.#sink.kill();
  }
}

export function clearState(): void {
  rmSync(STATE, { recursive: true, force: true });
  mkdirSync(STATE, { mode: 0o700 });
}

export function keptAttempts(): Kept[] {
  const file = `${STATE}/attempts.jsonl`;
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

export function writeFailMode(content: unknown, options: { owner?: number; mode?: number } = {}): void {
  const file = `${STATE}/fail-mode`;
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  chmodSync(file, options.mode ?? 0o600);
  chownSync(file, options.owner ?? 0, 0);
}

export const helper = (name: string): string => BUILD + name;

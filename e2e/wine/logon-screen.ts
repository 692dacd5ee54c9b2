/** A person before the logon screen: logonui.exe under Wine, driven line by line. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { HOME, type Windows } from "./windows.ts";

export interface Drawn {
  field: number;
  type: string;
  label: string;
  value: string;
  focused: boolean;
  items?: string[];
}

export interface Answer {
  response: "not-finished" | "credential" | "nothing";
  text: string;
  icon: number;
  /** What was told while the tile waited; absent where Windows did not ask it to connect. */
  told?: string[];
  ms: number;
  /** How long LogonUI's own thread was held, ms. */
  held: number;
  /** The tile works by itself, and rings when it is done. */
  waiting: boolean;
  credential?: { package: number; provider: string; bytes: string };
  screen: Drawn[];
  besideSubmit: number;
}

/** What a process holds: handles, heap blocks and bytes in use. (Of drawing objects Wine keeps no count.) */
export type Held = Record<"handles" | "blocks" | "bytes", number>;

const ERRORS_KEPT = 4096;

export class LogonScreen {
  #child: ChildProcess;
  #lines: AsyncIterator<string>;
  #errors = "";
  screen: Drawn[] = [];
  autoLogon = false;
  /** False where the provider has no tile for the scenario. */
  served = false;
  /** Whom the filter leaves. */
  left = { passwords: true, cards: true, ours: true };
  /** What the person read while they waited: what Windows was told, or what the tile showed in large letters. */
  seen: string[] = [];

  private constructor(windows: Windows, options: string[]) {
    // Wine's own errors, on standard error: of a program that did not start there are no others.
    const env = { ...process.env, ...windows.env, WINEDEBUG: "fixme-all" };
    this.#child = spawn("wine", [`${HOME}\\logonui.exe`, ...options], { env, stdio: ["pipe", "pipe", "pipe"] });
    if (!this.#child.stdout || !this.#child.stderr) throw new Error("no output of logonui.exe");
    this.#child.stderr.on("data", (part) => {
      this.#errors = (this.#errors + part).slice(-ERRORS_KEPT);
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  static async open(windows: Windows, options: string[] = []): Promise<LogonScreen> {
    const one = await LogonScreen.#start(windows, options);
    const { served, left, autoLogon, screen } = await one.#next();
    return Object.assign(one, { served, left, autoLogon, screen });
  }

  /** Wine seldom, but now and then, ends a program before its first line. What crashes says so, and is not tried again. */
  static async #start(windows: Windows, options: string[]): Promise<LogonScreen> {
    for (let tries = 1; ; tries++) {
      const one = new LogonScreen(windows, options);
      try {
        await one.#next();
        return one;
      } catch (error) {
        if (tries === 3 || one.#child.exitCode === null || /unhandled|fault/i.test(String(error))) throw error;
        console.log(`Wine did not start a program: ${error}`);
      }
    }
  }

  /** Into the field that stands there with this type, and nothing else does. */
  type(type: "edit" | "password", text: string): this {
    const [found, ...more] = this.screen.filter((one) => one.type === type);
    if (!found || more.length > 0) throw new Error(`not one field of type ${type}: ${JSON.stringify(this.screen)}`);
    this.#do(`type ${found.field} ${text}`);
    return this;
  }

  typeIn(field: number | undefined, text: string): this {
    this.#do(`type ${field} ${text}`);
    return this;
  }

  fields(type: string): number[] {
    return this.screen.filter((one) => one.type === type).map(({ field }) => field);
  }

  /** What the one list offers. */
  items(): string[] {
    return this.screen.find(({ type }) => type === "choice")?.items ?? [];
  }

  select(item: number): this {
    this.#do(`select ${this.fields("choice")[0]} ${item}`);
    return this;
  }

  /** Presses a link of the tile: what the agent offered is sent at once. */
  press(link: string): Promise<Answer> {
    this.#click(link);
    return this.#answer();
  }

  /** Presses the tile's own Cancel, while it works by itself. */
  async cancel(): Promise<void> {
    this.#click("Cancel");
    this.screen = (await this.#next()).screen;
  }

  #click(link: string): void {
    this.#do(`click ${this.screen.find(({ type, value }) => type === "link" && value === link)?.field}`);
  }

  submit(): Promise<Answer> {
    this.#do("submit");
    return this.#answer();
  }

  /** Up to the first screen on which the tile works by itself, where Windows does not ask it to connect. */
  async submitAndLook(): Promise<Answer> {
    this.#do("submit");
    return this.#look();
  }

  /** The next answer, or the next time that the provider rang. */
  async #look(): Promise<Answer> {
    const answer = await this.#next();
    this.screen = answer.screen;
    const told = this.screen.filter(({ type }) => type === "large-text").map(({ value }) => value);
    if (answer.waiting) this.seen = [...new Set([...this.seen, ...told])];
    return answer;
  }

  /** A screen that was drawn once more is no answer. */
  async #answer(): Promise<Answer> {
    let held = 0;
    for (;;) {
      const answer = await this.#look();
      held = Math.max(held, answer.held ?? 0);
      if (!answer.waiting && answer.response !== undefined) return { ...answer, held };
    }
  }

  /** Writes the tile's picture as a BMP file. Answers its size. */
  async picture(path: string): Promise<string> {
    this.#do(`picture ${path}`);
    return (await this.#next()).picture;
  }

  /** Logons in a row in this one process, each with password, code and credential. */
  async many(count: number, user: string, password: string, code: string): Promise<{ ms: number; early: Held; late: Held }> {
    this.#do(`many ${count} ${user} ${password} ${code}`);
    return this.#next(900_000);
  }

  /** Presses Cancel while the tile waits. */
  leave(): void {
    this.#do("leave");
  }

  async deselect(): Promise<void> {
    this.#do("deselect");
    this.screen = (await this.#next()).screen;
  }

  /** What LSA made of the credential. Answers what stands on the tile when the agent has heard of it: Windows says the rest itself. */
  async report(status: string, subStatus: string): Promise<string> {
    this.#do(`report ${status} ${subStatus}`);
    if ((await this.#next()).reported !== "") throw new Error("the provider talks over Windows");
    for (;;) {
      await this.#look();
      const told = this.texts().find((text) => /Reference/.test(text));
      if (told) return told;
    }
  }

  /** Windows lets go of tile and provider; both must be gone then. */
  async close(): Promise<void> {
    this.#do("quit");
    let released: boolean | undefined;
    while (released === undefined) ({ released } = await this.#next());
    if (!released) throw new Error("the provider did not let go of everything");
    if (this.#child.exitCode === null) await once(this.#child, "exit");
  }

  texts(): string[] {
    return this.screen.filter(({ type }) => type.endsWith("-text")).map(({ value }) => value);
  }

  #do(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  async #next(ms = 60_000): Promise<any> {
    const patience = new AbortController();
    const next = await Promise.race([this.#lines.next(), late(this.#child, ms, patience.signal)]);
    patience.abort();
    if (next.done) throw new Error(`logonui.exe ended (${await ending(this.#child)}): ${this.#errors}`);
    const said = JSON.parse(next.value);
    if (said.telling !== undefined) {
      this.seen.push(said.telling);
      return this.#next(ms);
    }
    if (said.fault) throw new Error(`logonui.exe: ${next.value}`);
    return said;
  }
}

async function ending(child: ChildProcess): Promise<string> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "close");
  return child.signalCode ?? `exit ${child.exitCode}`;
}

/** A story does not wait for ever for a screen that hangs; `heard` is aborted when the screen has spoken. */
function late(child: ChildProcess, ms: number, heard: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error("the logon screen hangs"));
    }, ms);
    timer.unref();
    heard.addEventListener("abort", () => clearTimeout(timer));
  });
}

/** KERB_INTERACTIVE_UNLOCK_LOGON as Windows reads it: the type, three texts by offset and length in bytes. */
export function readCredential(bytes: string): {
  type: number;
  domain: string;
  user: string;
  password: string;
  logonId: bigint;
  size: number;
} {
  const all = Buffer.from(bytes, "hex");
  const text = (at: number) => {
    const [length, room, offset] = [all.readUInt16LE(at), all.readUInt16LE(at + 2), Number(all.readBigUInt64LE(at + 8))];
    if (room < length || offset < 64 || offset + length > all.length) throw new Error(`a text outside of the credential: ${bytes}`);
    return all.toString("utf16le", offset, offset + length);
  };
  return {
    type: all.readUInt32LE(0),
    domain: text(8),
    user: text(24),
    password: text(40),
    logonId: all.readBigUInt64LE(56),
    size: all.length,
  };
}

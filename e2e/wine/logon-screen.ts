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
  credential?: { package: number; provider: string; bytes: string };
  screen: Drawn[];
  besideSubmit: number;
}

const ERRORS_KEPT = 4096;

export class LogonScreen {
  #child: ChildProcess;
  #lines: AsyncIterator<string>;
  #errors = "";
  screen: Drawn[] = [];
  autoLogon = false;

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
    const { tiles, autoLogon, screen } = await one.#next();
    if (tiles !== 1) throw new Error(`${tiles} tiles`);
    one.screen = screen;
    one.autoLogon = autoLogon;
    return one;
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

  click(link: string): void {
    this.#do(`click ${this.screen.find(({ type, value }) => type === "link" && value === link)?.field}`);
  }

  async submit(): Promise<Answer> {
    this.#do("submit");
    const answer = await this.#next();
    this.screen = answer.screen;
    return answer;
  }

  /** Presses Cancel while the tile waits. */
  leave(): void {
    this.#do("leave");
  }

  async deselect(): Promise<void> {
    this.#do("deselect");
    this.screen = (await this.#next()).screen;
  }

  /** What LSA made of the credential. Answers what the person reads then. */
  async report(status: string, subStatus: string): Promise<string> {
    this.#do(`report ${status} ${subStatus}`);
    return (await this.#next()).reported;
  }

  /** Windows lets go of tile and provider; both must be gone then. */
  async close(): Promise<void> {
    this.#do("quit");
    const { released } = await this.#next();
    if (!released) throw new Error("the provider did not let go of everything");
    if (this.#child.exitCode === null) await once(this.#child, "exit");
  }

  texts(): string[] {
    return this.screen.filter(({ type }) => type.endsWith("-text")).map(({ value }) => value);
  }

  #do(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  async #next(): Promise<any> {
    const next = await Promise.race([this.#lines.next(), late(this.#child)]);
    if (next.done) throw new Error(`logonui.exe ended (${await ending(this.#child)}): ${this.#errors}`);
    const said = JSON.parse(next.value);
    if (said.fault) throw new Error(`logonui.exe: ${next.value}`);
    return said;
  }
}

async function ending(child: ChildProcess): Promise<string> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "close");
  return child.signalCode ?? `exit ${child.exitCode}`;
}

/** A story does not wait for ever for a screen that hangs. */
function late(child: ChildProcess): Promise<never> {
  return new Promise((_, reject) =>
    setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error("the logon screen hangs"));
    }, 60_000).unref(),
  );
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

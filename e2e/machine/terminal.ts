/** A terminal as a person has one: a real pty with a shell in it, lines typed at its prompts, answers given when something asks. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";

/** What a shell says when it waits for the next command. */
const SHELL = /[$#] $/;
/** The longest command builds packages, perhaps beside other work. */
const PATIENCE_S = 300;

/** Answers to what programs ask: the first pattern that ends the screen is answered. */
export type Replies = [asks: RegExp, reply: () => string | Promise<string>][];

export class Terminal {
  /** All that was ever on the screen, escape sequences taken out. */
  screen = "";
  #child: ChildProcess;
  #from = 0;
  #changed: (() => void) | undefined;

  constructor(folder: string) {
    // An interactive bash takes its prompt from a file, never from its surroundings.
    writeFileSync("/run/terminal.rc", "PS1='you$ '\n");
    const env = { PATH: process.env["PATH"] ?? "", TERM: "dumb", HOME: "/root", LANG: "C.UTF-8", SHELL: "/bin/bash" };
    this.#child = spawn("script", ["-qefc", "bash --rcfile /run/terminal.rc -i", "/dev/null"], {
      cwd: folder,
      env,
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child.stdin?.on("error", () => {});
    this.#child.stdout?.setEncoding("utf8").on("data", (part: string) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
      this.screen += part.replace(/\u001b(\[[0-9;?]*[A-Za-z]|\][^\u0007]*\u0007)/g, "").replace(/\r/g, "");
      this.#changed?.();
    });
    this.#child.once("exit", () => this.#changed?.());
  }

  /** What came since the last command was typed. */
  get latest(): string {
    return this.screen.slice(this.#from);
  }

  /** Types a command at the shell's prompt, answers what it asks, and waits for the next prompt. Answers what it said. */
  async command(line: string, replies: Replies = []): Promise<string> {
    await this.until(SHELL);
    this.#from = this.screen.length;
    this.type(line);
    await this.until(/\n/);
    for (;;) {
      await this.until(new RegExp(`(${[SHELL, ...replies.map(([asks]) => asks)].map(({ source }) => source).join("|")})`));
      const asked = replies.find(([asks]) => asks.test(this.screen));
      if (asked === undefined) return this.latest;
      const seen = this.screen.length;
      this.type(await asked[1]());
      await this.until(/[\s\S]/, seen);
    }
  }

  /** As `command`, and the shell's own word on whether it went well. */
  async succeed(line: string, replies: Replies = []): Promise<string> {
    const said = await this.command(line, replies);
    const status = /status:(\d+)\n/.exec(await this.command("echo status:$?"))?.[1];
    if (status !== "0") throw new Error(`${line}: ended with ${status}\n${said}`);
    return said;
  }

  /** Types a command that stays; waits for what it says. */
  async start(line: string, says: RegExp): Promise<void> {
    await this.until(SHELL);
    this.#from = this.screen.length;
    this.type(line);
    await this.until(says);
  }

  type(text: string): void {
    this.#child.stdin?.write(`${text}\r`);
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.#child.stdin?.write("\u0003");
  }

  async until(pattern: RegExp, from = this.#from): Promise<void> {
    const late = AbortSignal.timeout(PATIENCE_S * 1000);
    while (!pattern.test(this.screen.slice(from))) {
      if (late.aborted || this.#child.exitCode !== null) throw new Error(`the terminal never showed ${pattern}:\n${this.latest}`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
        late.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    // As when a window is closed: the kernel hangs up on everything in the terminal.
    this.#child.kill("SIGKILL");
    await gone;
  }
}

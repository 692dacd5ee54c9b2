/** One machine with an agent, in a folder of its own: registered, armed, restarted, and logged on to from a terminal. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Org, Pair, Person } from "./org.ts";
import type { Processes, Staying } from "./processes.ts";

/** What a person at the terminal gets. */
export interface Answer {
  result: "allow" | "deny";
  reference: string;
  /** Empty when let in. */
  text?: string;
}

/** What `sallyport why REFERENCE --json` says, as far as the demo reads it. */
export interface Why {
  result: "allow" | "deny" | null;
  cause: string | null;
  findings: { cause: string; evidence: Record<string, unknown> }[];
  about: Record<string, { title: string; who: string; fix: { any?: string; linux?: string } }>;
  agent: { evidence?: Record<string, unknown> }[];
  org: { evidence: Record<string, unknown> }[];
}

export class Machine {
  readonly name: string;
  readonly state: string;
  readonly #processes: Processes;
  readonly #org: Org;
  #agent: Staying | undefined;

  constructor(name: string, folder: string, processes: Processes, org: Org) {
    this.name = name;
    this.state = join(folder, name);
    this.#processes = processes;
    this.#org = org;
  }

  /** By three typed values, as an installer would; then armed, which runs every check. */
  async join(pair: Pair, caFile: string, legacy: boolean): Promise<void> {
    const values = ["--url", this.#org.url, "--client-id", pair.id, "--ca-file", caFile];
    const more = ["--state", this.state, "--name", this.name, ...(legacy ? ["--legacy"] : [])];
    await this.#must(["host", "register", ...values, ...more], `${pair.secret}\n`);
    await this.start();
    await this.#must(["agent", "arm", "--state", this.state]);
  }

  /** `clockMs`: how far this machine's clock is off. */
  async start(clockMs?: number): Promise<void> {
    await this.#agent?.stop();
    const preload = join(import.meta.dirname, "shifted-clock.ts");
    const outside = clockMs === undefined ? {} : { preload, env: { SHIFTED_CLOCK_MS: String(clockMs) } };
    this.#agent = await this.#processes.start(["agent", "run", "--state", this.state], /The agent listens at/, outside);
  }

  /** Changes a file of the agent as an editor would, and starts the agent again. Answers how to put it back. */
  async edit(file: string, change: (text: string) => string): Promise<() => Promise<void>> {
    const path = join(this.state, file);
    const before = readFileSync(path, "utf8");
    const after = change(before);
    if (after === before) throw new Error(`nothing changed in ${path}`);
    writeFileSync(path, after);
    await this.start();
    return async () => {
      writeFileSync(path, before);
      await this.start();
    };
  }

  /** A logon in the terminal. Whoever mistypes a password mistypes it each time that they are asked. */
  async logOn(person: Person, password: string): Promise<Answer> {
    const args = ["logon", person.login, "--socket", join(this.state, "agent.sock"), "--code", person.code(), "--json"];
    const done = await this.#processes.run(args, `${password}\n`.repeat(5));
    try {
      return JSON.parse(done.out) as Answer;
    } catch {
      throw new Error(`a logon at ${this.name} ended without an answer: ${done.out}${done.err}`);
    }
  }

  async why(reference: string): Promise<Why> {
    const args = ["why", reference, "--data", this.#org.data, "--state", this.state, "--json"];
    return JSON.parse(await this.#must(args)) as Why;
  }

  async #must(args: string[], input = ""): Promise<string> {
    const done = await this.#processes.run(args, input);
    if (done.code !== 0) throw new Error(`sallyport ${args.join(" ")} ended with ${done.code}: ${done.err}`);
    return done.out;
  }
}

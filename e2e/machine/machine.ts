/** A Debian machine of a story: own users, PAM stacks, enrolled and armed agent; everything is gone with its namespace. */
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ORG_NAME, ORG_PORT, Org, type Person } from "./org.ts";
import { COMMAND, Daemon, must, ROOT, until } from "./processes.ts";

export const STATE = "/var/lib/sallyport";
export const MODULE = "/run/pam_sallyport.so";
const AGENT_LOG = "/run/story/agent.out";

/** The stacks as docs/pam.md gives them. */
const ASKING = `auth [success=2 default=ignore] pam_unix.so nullok
auth [default=ignore] ${MODULE} failed
auth requisite pam_deny.so
auth required ${MODULE}
account required pam_unix.so
account required ${MODULE}
session required pam_unix.so
`;
export const STACKS: Record<string, string> = {
  sshd: ASKING,
  sudo: ASKING,
  login: ASKING,
  su: `auth sufficient pam_rootok.so\n${ASKING}`,
  "xrdp-sesman": `auth required ${MODULE} split
auth [success=2 default=ignore] pam_unix.so
auth [default=ignore] ${MODULE} failed
auth requisite pam_deny.so
auth required ${MODULE} serial
account required pam_unix.so
account required ${MODULE}
session required pam_unix.so
`,
};
STACKS["su-l"] = STACKS["su"] ?? "";

export interface Attempt {
  reference: string;
  result: string;
  cause?: string;
  username: string;
  service: string;
}

export class Machine {
  readonly org = new Org("/run/story/org");
  readonly people = new Map<string, Person>();
  app = "";
  #agent: Daemon | undefined;

  /** Must run inside a namespace of its own: it writes /etc and makes users. */
  static async build(names: string[]): Promise<Machine> {
    if (process.pid > 50_000 || !existsSync("/run/homes")) throw new Error("run this through e2e/in-namespace.sh");
    mkdirSync("/run/story", { recursive: true, mode: 0o700 });
    copyFileSync(join(ROOT, "native/pam/build/pam_sallyport.so"), MODULE);
    appendFileSync("/etc/hosts", `127.0.0.1 ${ORG_NAME}\n`);
    for (const [service, stack] of Object.entries(STACKS)) writeFileSync(`/etc/pam.d/${service}`, stack);
    const machine = new Machine();
    await machine.org.start();
    machine.app = (await machine.org.call("POST", "/api/v1/apps", { label: "servers" })).id;
    for (const name of names) await machine.addPerson(name);
    await machine.enrol();
    return machine;
  }

  /** An account of the machine and the same name in the org, assigned, with a TOTP factor. */
  async addPerson(name: string, options: { assigned?: boolean; factor?: boolean } = {}): Promise<Person> {
    const password = `Pw-${name}-1`;
    addAccount(name, password);
    const person = await this.org.person(name, password, options.factor);
    if (options.assigned !== false) await this.org.call("POST", `/api/v1/apps/${this.app}/users`, { id: person.id });
    this.people.set(name, person);
    return person;
  }

  person(name: string): Person {
    const found = this.people.get(name);
    if (!found) throw new Error(`no ${name} on this machine`);
    return found;
  }

  async enrol(): Promise<void> {
    const { code } = await this.org.call("POST", "/api/v1/host-codes", { app: this.app, name: "srv01" });
    must(process.execPath, [COMMAND, "host", "enrol"], `${code}\n`);
    await this.startAgent();
    must(process.execPath, [COMMAND, "agent", "arm"]);
  }

  async startAgent(env: Record<string, string> = {}): Promise<void> {
    this.#agent = new Daemon(process.execPath, [COMMAND, "agent", "run"], AGENT_LOG, env);
    await this.#agent.said(/The agent listens/);
  }

  async stopAgent(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    await this.#agent?.stop(signal);
  }

  /** The agent's records of finished attempts, oldest first. */
  attempts(): Attempt[] {
    const file = "/var/log/sallyport/agent.log";
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, "utf8").trim().split("\n");
    return lines.flatMap((line) => (line.includes('"event":"logon"') ? [JSON.parse(line) as Attempt] : []));
  }

  /** The record that this logon adds: the service may end a moment before the agent has written it. */
  async attemptAfter(before: number): Promise<Attempt> {
    return until("the agent's record", () => this.attempts()[before]);
  }

  /** What the module wrote while there was no agent to ask. */
  keptAttempts(): Attempt[] {
    const file = `${STATE}/attempts.jsonl`;
    return existsSync(file)
      ? readFileSync(file, "utf8")
          .trim()
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line))
      : [];
  }

  /** Arming again makes a self-check at once: the host has the newest policy after it. */
  refresh(): void {
    must(process.execPath, [COMMAND, "agent", "arm"]);
  }

  /** What an administrator reads. */
  why(reference: string): { cause: string | null; result: string | null } {
    return JSON.parse(must(process.execPath, [COMMAND, "why", reference, "--json", "--data", this.org.data]));
  }

  async end(): Promise<void> {
    await this.stopAgent();
    await this.org.stop();
    rmSync("/run/story", { recursive: true, force: true });
  }
}

/** @param password empty for an account that needs none. */
export function addAccount(name: string, password: string): void {
  must("useradd", ["-m", "-b", "/run/homes", "-s", "/bin/bash", name]);
  if (password === "") must("passwd", ["-d", name]);
  else must("chpasswd", [], `${name}:${password}\n`);
}

export const ORG_URL = `https://${ORG_NAME}:${ORG_PORT}`;

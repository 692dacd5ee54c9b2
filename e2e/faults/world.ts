/** One org and one machine for all faults, and the doctor as an administrator calls it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type Diagnosis, diagnosis } from "@sallyport/contracts";
import { runSshd, SSHD_SETTINGS, ssh, startSshd } from "../machine/clients.ts";
import { type Attempt, Machine, STATE } from "../machine/machine.ts";
import { codeOf, type Person } from "../machine/org.ts";
import { COMMAND, Daemon, must, run, until } from "../machine/processes.ts";
import { type RdpServer, startXrdp, XRDP_SETTINGS } from "../machine/rdp.ts";
import type { Brought, Typed } from "./fault.ts";
import { LegacyMachine, OF_LEGACY } from "./legacy.ts";

/**
 * `logon`: at a terminal of the machine, where the org checks the password. `ssh`: where the machine does.
 * `legacy`: at the terminal of the machine that signs with a shared secret. `user`: the dry run, before anybody logs on.
 */
export type Asked = "host" | "logon" | "ssh" | "legacy" | "user";

export interface Answer {
  /** Exit code of the doctor. */
  code: number | null;
  diagnosis: Diagnosis;
  ms: number;
}

export const SETTINGS = "/etc/sallyport/agent.json";
const CLOCK = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/** The wall clock of a program that is started so is off; what counts since boot is not. */
export const skewed = (seconds: number): Record<string, string> => ({
  LD_PRELOAD: CLOCK,
  FAKETIME: `${seconds < 0 ? "-" : "+"}${Math.abs(seconds)}`,
  FAKETIME_DONT_FAKE_MONOTONIC: "1",
});

export class World {
  readonly machine: Machine;
  readonly xrdp: RdpServer;
  #sshd: Daemon;
  readonly #timeServer: Daemon;
  /** Environment of every program of the machine, as its clock is part of it. */
  env: Record<string, string> = {};
  /** While a second fault may keep the agent from starting. */
  severalFaults = false;
  agentRuns = true;
  #people = 0;
  #legacy: Promise<LegacyMachine> | undefined;

  private constructor(machine: Machine, sshd: Daemon, xrdp: RdpServer, timeServer: Daemon) {
    this.machine = machine;
    this.#sshd = sshd;
    this.xrdp = xrdp;
    this.#timeServer = timeServer;
  }

  static async build(): Promise<World> {
    // The command is started some two hundred times: what it compiles is kept for the next time.
    process.env["NODE_COMPILE_CACHE"] = "/run/compiled";
    mkdirSync("/run/compiled", { recursive: true, mode: 0o700 });
    const machine = await Machine.build([]);
    const sshd = await startSshd();
    const xrdp = await startXrdp();
    // Where an administrator, and the doctor, would look for its port.
    writeFileSync("/etc/xrdp/xrdp.ini", readFileSync(XRDP_SETTINGS));
    return new World(machine, sshd, xrdp, await startTimeServer());
  }

  async end(): Promise<void> {
    await this.#timeServer.stop();
    await (await this.#legacy)?.stop();
    await this.xrdp.stop();
    await this.#sshd.stop();
    await this.machine.end();
  }

  async restartSshd(): Promise<void> {
    await this.#sshd.stop();
    this.#sshd = await runSshd();
  }

  get org() {
    return this.machine.org;
  }

  /** Somebody of the org with password and factor, who may log on here. */
  async person(options: { factor?: boolean; form?: Asked | undefined } = {}): Promise<Person> {
    const login = `person${++this.#people}`;
    if (options.form === "ssh") return this.machine.addPerson(login);
    const password = `Pw-${login}-long-enough`;
    const person = await this.org.person(login, password, options.factor !== false, { password: { value: password } });
    const app = options.form === "legacy" ? (await this.legacy()).app : this.machine.app;
    await this.org.call("POST", `/api/v1/apps/${app}/users`, { id: person.id });
    return person;
  }

  legacy(): Promise<LegacyMachine> {
    this.#legacy ??= LegacyMachine.register(this);
    return this.#legacy;
  }

  /** The agent, with the machine's settings and clock as they are now. It may refuse to start only where that is the point. */
  async startAgent({ mayFail }: { mayFail?: boolean } = {}): Promise<void> {
    const started = this.machine.startAgent(this.env).then(() => true);
    this.agentRuns = await started.catch((error) => {
      if (mayFail || this.severalFaults) return false;
      throw error;
    });
  }

  async restart(options?: { mayFail?: boolean }): Promise<void> {
    await this.machine.stopAgent();
    await this.startAgent(options);
  }

  hostId(): string {
    return JSON.parse(readFileSync(SETTINGS, "utf8")).host;
  }

  /** As after a clone or a revocation: the old state is gone, and a new code brings a new identity. */
  async enrolAnew(): Promise<void> {
    await this.machine.stopAgent();
    rmSync(STATE, { recursive: true });
    rmSync(SETTINGS);
    await this.machine.enrol();
  }

  /** Changes a file as an editor would. Answers how to put it back. */
  edit(file: string, change: (text: string) => string): () => void {
    const before = readFileSync(file, "utf8");
    const after = change(before);
    if (after === before) throw new Error(`nothing changed in ${file}`);
    writeFileSync(file, after);
    return () => writeFileSync(file, before);
  }

  async doctor(...args: string[]): Promise<Answer> {
    const began = performance.now();
    const done = await run(process.execPath, [COMMAND, "doctor", ...args, "--json"], { env: this.env });
    const ms = performance.now() - began;
    try {
      return { code: done.code, diagnosis: diagnosis.parse(JSON.parse(done.stdout)), ms };
    } catch (error) {
      throw new Error(`doctor ${args.join(" ")} ended with ${done.code} and no diagnosis: ${done.out}: ${error}`);
    }
  }

  /** As an administrator would: at the machine, or after a logon. */
  async ask(form: Asked, person: Person, typed: Typed = {}): Promise<Answer> {
    if (form === "host") return this.doctor("host");
    const data = ["--data", this.org.data];
    if (form === "user") return this.doctor("user", typed.name ?? person.login, "--host", "srv01", ...data);
    if (form === "legacy") return this.doctor("logon", await (await this.legacy()).logOn(person, codeOf(person)), ...data, ...OF_LEGACY);
    const reference = await this.logOn(form, person, typed);
    return this.doctor("logon", reference, ...data);
  }

  /** Answers the logon's reference. */
  async logOn(form: "logon" | "ssh", person: Person, typed: Typed = {}): Promise<string> {
    const before = this.machine.attempts().length;
    const kept = this.machine.keptAttempts().length;
    const name = typed.name ?? person.login;
    const password = typed.password ?? person.password;
    const codes = typed.codes ?? [codeOf(person)];
    // Whoever is asked for the password again types the same one again, as long as they stay.
    const answers = [password, ...codes, ...(codes.length === 0 ? [] : Array(5).fill(password))];
    if (form === "ssh") await ssh(name, answers);
    else await run(process.execPath, [COMMAND, "logon", name, "--json"], { input: `${answers.join("\n")}\n`, env: this.env });
    return (await this.#recorded(before, kept)).reference;
  }

  /** By the agent, or by the module while there is no agent. */
  async #recorded(before: number, kept: number): Promise<Attempt> {
    const own = this.machine.keptAttempts()[kept];
    return own ?? this.machine.attemptAfter(before);
  }
}

/** A real chronyd that tells the right time and sets no clock; the machine is set to it. */
async function startTimeServer(): Promise<Daemon> {
  mkdirSync("/etc/chrony", { recursive: true });
  mkdirSync("/run/story/chrony", { mode: 0o700 });
  writeFileSync("/etc/chrony/chrony.conf", "server 127.0.0.1 iburst\n");
  const settings = [
    "local stratum 1",
    "allow 127.0.0.0/8",
    "bindaddress 127.0.0.1",
    "cmdport 0",
    "pidfile /run/story/chrony/pid",
    "user root",
  ];
  writeFileSync("/run/story/chrony/conf", `${settings.join("\n")}\n`);
  const server = new Daemon("/usr/sbin/chronyd", ["-d", "-x", "-f", "/run/story/chrony/conf"], "/run/story/chrony/log");
  await until("the time server listens", () => (must("ss", ["-Huln"]).includes("127.0.0.1:123 ") ? true : undefined));
  return server;
}

export const fine: Brought["repair"] = () => undefined;

export { codeOf, SSHD_SETTINGS, STATE };

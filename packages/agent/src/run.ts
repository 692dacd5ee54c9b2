/** Runs the agent: start order, regular checks, graceful stop. */
import { openControl } from "./control.ts";
import type { Desk, Host } from "./desk.ts";
import { type Doors, unixDoors } from "./door/doors.ts";
import { writeFailModeFile } from "./fail-mode-file.ts";
import { describeError, type Finding, Refusal } from "./finding.ts";
import { AgentLog } from "./log.ts";
import { openHost } from "./open-host.ts";
import { Reception } from "./reception.ts";
import { Reports } from "./reports.ts";
import { SelfCheck } from "./self-check.ts";
import { readSettings, type Settings } from "./settings.ts";
import { describeStatus } from "./status.ts";
import { AGENT_VERSION } from "./version.ts";

export interface AgentOptions {
  /** One folder for everything; the system's folders if left out. */
  state?: string | undefined;
  /** Unix sockets if left out. */
  doors?: Doors;
}

/** `exitCode`: 78 (EX_CONFIG) for what an administrator must change, 1 for a fault. */
export type Started = { ok: true; agent: RunningAgent } | { ok: false; finding: Finding; exitCode: number };

/** How often waiting reports are offered to the org, and a host whose files were broken is looked at again. */
const RETRY_MS = 15_000;
const STOP_MS = 5000;

/** Opens files, then the door, then checks itself against the org: a logon finds the door as early as can be. */
export async function startAgent(options: AgentOptions = {}): Promise<Started> {
  const read = readSettings(options.state);
  if (!read.ok) return { ok: false, finding: read.finding, exitCode: 78 };
  try {
    const agent = new RunningAgent(read.settings, new AgentLog(read.settings.files.log), options.doors);
    await agent.start();
    return { ok: true, agent };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, finding: error.finding, exitCode: 78 };
    return { ok: false, finding: { cause: "agent.fault", evidence: { step: "start", error: describeError(error) } }, exitCode: 1 };
  }
}

export class RunningAgent {
  readonly settings: Settings;
  #log: AgentLog;
  #desk: Desk;
  #reception: Reception;
  #opened: { ok: true; host: Host; check: SelfCheck } | { ok: false; finding: Finding };
  #doors: Doors;
  #servers: { close(): void }[] = [];
  #timers: NodeJS.Timeout[] = [];
  #stopping: Promise<void> | undefined;

  constructor(settings: Settings, log: AgentLog, doors: Doors = unixDoors) {
    this.settings = settings;
    this.#doors = doors;
    this.#log = log;
    this.#opened = { ok: false, finding: { cause: "agent.fault", evidence: { step: "start" } } };
    this.#desk = { settings, log, reports: new Reports(settings.files.state), outage: undefined, host: () => this.#opened };
    this.#reception = new Reception(this.#desk);
  }

  async start(): Promise<void> {
    const { files, connections, selfCheckMs } = this.settings;
    const reports = this.#desk.reports.load();
    if (reports) this.#log.finding("reports.unreadable", reports);
    await this.#open();
    const door = { path: files.socket, connections };
    this.#servers.push(await this.#doors.open("door", door, (connection, peer) => this.#reception.receive(connection, peer)));
    try {
      this.#servers.push(await openControl(this.#doors, files.control, (asked) => this.#control(asked)));
    } catch (error) {
      await this.stop();
      throw error;
    }
    writeFailModeFile(this.#desk, this.#opened.ok ? this.#opened.host : undefined);
    this.#log.info("started", { version: AGENT_VERSION, host: this.settings.host, org: this.settings.org, socket: files.socket });
    this.#every(selfCheckMs, () => this.#check());
    this.#every(RETRY_MS, () => this.#retry());
    void this.#safely("self-check", () => this.#check());
  }

  /** Ends the door first, lets attempts under way finish, keeps state. The fail-mode file stays: it is for when the agent is gone. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    for (const server of this.#servers) server.close();
    await this.#reception.close(STOP_MS);
    if (this.#opened.ok) {
      await this.#safely("state", async () => this.#opened.ok && this.#opened.host.state.flush());
      this.#opened.host.link.close();
    }
    this.#log.info("stopped");
    this.#log.close();
  }

  /** The first self-check's or the next one's result: for `npm start` and tests that wait for a ready agent. */
  async checked(): Promise<Finding[]> {
    return this.#opened.ok ? (await this.#opened.check.run()).findings : [this.#opened.finding];
  }

  reopenLog(): void {
    this.#log.reopen();
  }

  async #open(): Promise<void> {
    const opened = await openHost(this.settings);
    if (!opened.ok) {
      this.#log.finding("host.not-ready", opened.finding);
      this.#opened = opened;
      return;
    }
    for (const finding of opened.findings) this.#log.finding("host.finding", finding);
    this.#opened = { ok: true, host: opened.host, check: new SelfCheck(this.#desk, opened.host) };
  }

  async #check(): Promise<unknown> {
    if (!this.#opened.ok) await this.#open();
    if (!this.#opened.ok) return { ok: false, findings: [this.#opened.finding] };
    return this.#opened.check.run();
  }

  async #retry(): Promise<void> {
    if (!this.#opened.ok) return this.#open();
    this.#opened.host.state.flush();
    if (this.#desk.reports.waiting > 0) await this.#desk.reports.ship(this.#opened.host.org);
  }

  async #control(asked: "check" | "refresh" | "status"): Promise<unknown> {
    if (asked === "check") return this.#check();
    if (asked === "refresh") {
      writeFailModeFile(this.#desk, this.#opened.ok ? this.#opened.host : undefined);
      void this.#safely("self-check", () => this.#check());
      return { ok: true };
    }
    const check = this.#opened.ok ? this.#opened.check.last : undefined;
    return describeStatus(this.settings, this.#opened, { running: true, lastCheck: check, reportsWaiting: this.#desk.reports.waiting });
  }

  #every(ms: number, work: () => Promise<unknown>): void {
    this.#timers.push(setInterval(() => void this.#safely("timer", work), ms));
  }

  /** Background work must not end the process: a fault is logged, and the next round tries again. */
  async #safely(step: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#log.fault("fault", error, { step });
    }
  }
}

/** Arms and disarms this host: armed only after every check passed, or by force with what was overridden on record. */
import { mkdirSync } from "node:fs";
import { askControl } from "./control.ts";
import type { Desk } from "./desk.ts";
import { writeFailModeFile } from "./fail-mode-file.ts";
import { type Finding, isLivedWith, Refusal } from "./finding.ts";
import { AgentLog } from "./log.ts";
import { openHost } from "./open-host.ts";
import { Reports } from "./reports.ts";
import { SelfCheck } from "./self-check.ts";
import { doorFolder, readSettings, type Settings } from "./settings.ts";
import { writeArmed } from "./state/armed.ts";

export interface ArmOptions {
  state?: string | undefined;
  /** Arm although a check failed: people may then be unable to log on. */
  force?: boolean | undefined;
}

/** `findings`: all that the checks found; `blocking`: those for which arming was refused, or which force overrode. */
export interface ArmOutcome {
  ok: boolean;
  findings: Finding[];
  blocking: Finding[];
}

/** Checks settings, files, door folder, the org, the signed time, the policy and the self-check, then arms. */
export async function arm(options: ArmOptions = {}): Promise<ArmOutcome> {
  const read = readSettings(options.state);
  if (!read.ok) return { ok: false, findings: [read.finding], blocking: [read.finding] };
  const { settings } = read;
  const findings = await check(settings);
  // A wrong host clock is lived with where the agent goes by the org's time. Everything else would refuse people.
  const blocking = findings.filter((one) => !isLivedWith(one, settings.client === undefined));
  if (blocking.length > 0 && !options.force) return { ok: false, findings, blocking };
  const forced = blocking.map((one) => one.cause);
  writeArmed(settings.files.state, { armed: true, since: new Date().toISOString(), ...(forced.length > 0 ? { forced } : {}) });
  await makeKnown(settings);
  return { ok: true, findings, blocking };
}

/** Always possible, also with the org or the agent gone: it is the administrator's way back in. */
export async function disarm(options: { state?: string | undefined } = {}): Promise<ArmOutcome> {
  const read = readSettings(options.state);
  if (!read.ok) return { ok: false, findings: [read.finding], blocking: [read.finding] };
  writeArmed(read.settings.files.state, { armed: false, since: new Date().toISOString() });
  await makeKnown(read.settings);
  return { ok: true, findings: [], blocking: [] };
}

/** A running agent checks itself: two processes with one identity would look like a copied disk. */
async function check(settings: Settings): Promise<Finding[]> {
  try {
    const live = (await askControl(settings.files.control, "check")) as { findings: Finding[] } | undefined;
    return live ? live.findings : await withoutAgent(settings, async (_, own) => (await own.run()).findings);
  } catch (error) {
    if (error instanceof Refusal) return [error.finding];
    return [{ cause: "agent.unreachable", evidence: { path: settings.files.control, error: String(error) } }];
  }
}

async function makeKnown(settings: Settings): Promise<void> {
  const live = await askControl(settings.files.control, "refresh").catch(() => undefined);
  if (live) return;
  // No agent runs: the module's file must say it, and the org hears of it if it can be reached.
  await withoutAgent(settings, async (_, own) => (await own.run()).findings).catch(() => undefined);
}

async function withoutAgent<T>(settings: Settings, work: (desk: Desk, check: SelfCheck) => Promise<T>): Promise<T> {
  const folder = doorFolder(settings);
  if (folder !== undefined) mkdirSync(folder, { recursive: true, mode: 0o755 });
  const log = new AgentLog(settings.files.log);
  const reports = new Reports(settings.files.state);
  const opened = await openHost(settings);
  const desk: Desk = { settings, log, reports, outage: undefined, host: () => opened };
  try {
    reports.load();
    if (!opened.ok) {
      writeFailModeFile(desk, undefined);
      throw new Refusal(opened.finding.cause, opened.finding.evidence);
    }
    return await work(desk, new SelfCheck(desk, opened.host));
  } finally {
    if (opened.ok) opened.host.link.close();
    log.close();
  }
}

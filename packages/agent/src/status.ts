/** How an agent stands: enrolled, running, armed, last check; for `sallyport agent status`. */
import type { BreakGlassList } from "@sallyport/contracts";
import { askControl } from "./control.ts";
import type { Host } from "./desk.ts";
import type { Finding } from "./finding.ts";
import { standingFindings } from "./host-findings.ts";
import { openHost } from "./open-host.ts";
import type { CheckResult } from "./self-check.ts";
import { readSettings, type Settings } from "./settings.ts";
import { readArmed } from "./state/armed.ts";
import { AGENT_VERSION } from "./version.ts";
import { readSetup } from "./windows-outcome.ts";

export interface AgentStatus {
  version: string;
  running: boolean;
  enrolled: boolean;
  org?: string;
  host?: string;
  /** `null`: the file that says so is missing or broken; every logon is refused. */
  armed?: boolean | null;
  armedSince?: string;
  socket?: string;
  log?: string;
  policy?: { version: number; expires: string } | null;
  /** Whom the policy's groups let in by break-glass, by login; `cut`: there are more than a machine's list holds. */
  breakGlass?: { people: string[]; cut: boolean };
  /** Host clock minus org, ms; 0 while unknown. */
  offsetMs?: number;
  lastCheck?: CheckResult;
  reportsWaiting?: number;
  /** How the last setup of a Windows machine ended; `told`: its last step with the cause and what to do, if it stopped there. */
  setup?: { ok: boolean; time: string; told: string };
  findings: Finding[];
}

/** Asks the running agent, or reads the files if none runs. */
export async function readStatus(options: { state?: string | undefined } = {}): Promise<AgentStatus> {
  const setup = readSetup(options.state);
  return { ...(await readAgent(options)), ...(setup ? { setup } : {}) };
}

async function readAgent(options: { state?: string | undefined }): Promise<AgentStatus> {
  const read = readSettings(options.state);
  if (!read.ok) return { version: AGENT_VERSION, running: false, enrolled: false, findings: [read.finding] };
  const live = await askControl(read.settings.files.control, "status").catch((error: unknown) => ({ fault: String(error) }));
  if (live && typeof live === "object" && !("fault" in live)) return live as AgentStatus;
  const opened = await openHost(read.settings);
  const status = describeStatus(read.settings, opened, { running: false });
  if (opened.ok) opened.host.link.close();
  if (live)
    status.findings.push({
      cause: "agent.unreachable",
      evidence: { path: read.settings.files.control, error: (live as { fault: string }).fault },
    });
  return status;
}

export function describeStatus(
  settings: Settings,
  opened: { ok: true; host: Host } | { ok: false; finding: Finding },
  live: { running: boolean; lastCheck?: CheckResult | undefined; reportsWaiting?: number },
): AgentStatus {
  const armed = readArmed(settings.files.state);
  const findings = [...(opened.ok ? standingFindings(settings, opened.host) : [opened.finding]), ...(armed.ok ? [] : [armed.finding])];
  const policy = opened.ok ? opened.host.policy.current() : undefined;
  return {
    version: AGENT_VERSION,
    running: live.running,
    enrolled: true,
    org: settings.org,
    host: settings.host,
    armed: armed.ok ? armed.armed.armed : null,
    ...(armed.ok ? { armedSince: armed.armed.since } : {}),
    socket: settings.files.socket,
    log: settings.files.log,
    policy: policy ? { version: policy.version, expires: new Date(policy.exp * 1000).toISOString() } : null,
    ...listedOf(opened.ok ? opened.host.policy.latest()?.breakGlass : undefined),
    ...(opened.ok ? { offsetMs: opened.host.clock.hostOffset() } : {}),
    ...(live.lastCheck ? { lastCheck: live.lastCheck } : {}),
    ...(live.reportsWaiting === undefined ? {} : { reportsWaiting: live.reportsWaiting }),
    findings,
  };
}

function listedOf(right: BreakGlassList | undefined): Pick<AgentStatus, "breakGlass"> {
  return right?.people === undefined ? {} : { breakGlass: { people: right.people.map(({ login }) => login), cut: right.cut === true } };
}

/** How an agent stands, in words: what it is, when it was last well, and what was found with the way to mend it. */
import type { AgentStatus, Finding } from "@sallyport/agent";
import { CAUSES } from "@sallyport/contracts";

/** Well: it runs, is armed on purpose or not, and nothing was found. A machine that nobody can log on to is not well. */
export function isWell({ running, findings, lastCheck }: AgentStatus): boolean {
  return running && findings.length === 0 && (lastCheck?.findings.length ?? 0) === 0;
}

/** `option`: how this agent's folder is given to a command, such as ` --state /srv/agent`; empty for the system's own. */
export function statusLines(status: AgentStatus, option: string, platform: "linux" | "windows" = here()): string[] {
  const { version, running, org, host, armed, armedSince, socket, log, policy, breakGlass, offsetMs, lastCheck, reportsWaiting, setup } =
    status;
  const lines: [string, string | undefined][] = [
    ["running", running ? "true" : `false: start it with \`sallyport agent run${option}\``],
    ["armed", armedOf(armed, armedSince)],
    ["org", org],
    ["host", host],
    ["policy", policy ? `version ${policy.version}, counts until ${policy.expires}` : policy === null ? "none yet" : undefined],
    ["break-glass", breakGlass && breakGlassOf(breakGlass)],
    ["clock", offsetMs === undefined ? undefined : clockOf(offsetMs)],
    ["last check", lastCheck && `${lastCheck.ok ? "the org answered" : "failed"}, ${lastCheck.at}`],
    ["reports waiting", reportsWaiting === undefined ? undefined : String(reportsWaiting)],
    ["setup", setup && `${setup.ok ? "" : "stopped at "}${setup.told} (${setup.time})`],
    ["log", log],
    ["socket", socket],
    ["version", version],
  ];
  const all = [...new Map([...status.findings, ...(lastCheck?.findings ?? [])].map((one) => [one.cause, one])).values()];
  return [
    ...lines.flatMap(([name, text]) => (text === undefined ? [] : [`${name}: ${text}`])),
    ...all.flatMap((one) => findingLines(one, platform)),
  ];
}

function armedOf(armed: boolean | null | undefined, since: string | undefined): string | undefined {
  if (armed === undefined) return undefined;
  if (armed === null) return "unknown: the file that says so is missing or broken, and every logon is refused";
  return `${armed}${since === undefined ? "" : ` since ${since}`}`;
}

function breakGlassOf({ people, cut }: NonNullable<AgentStatus["breakGlass"]>): string {
  const names = people.length === 0 ? "nobody by its groups" : `by its groups: ${people.join(", ")}`;
  return cut ? `${names}, and more members than a machine's list holds, who are not let in by it` : names;
}

function clockOf(offsetMs: number): string {
  const seconds = Math.round(Math.abs(offsetMs) / 100) / 10;
  return seconds === 0 ? "as the org's" : `${seconds} s ${offsetMs > 0 ? "ahead of" : "behind"} the org's; logons work all the same`;
}

const here = () => (process.platform === "win32" ? "windows" : "linux");

function findingLines({ cause, evidence }: Finding, platform: "linux" | "windows"): string[] {
  const { title, fix } = CAUSES[cause];
  const told = Object.entries(evidence).map(([name, value]) => `${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`);
  const fixes = [fix.any, fix[platform]].flatMap((text) => (text === undefined ? [] : [`  ${text}`]));
  return ["", `${cause}: ${title}`, ...(told.length === 0 ? [] : [`  ${told.join(", ")}`]), ...fixes];
}

/** Looks at this machine's agent from outside, for the doctor: its files as they are, and what it says when asked. Changes nothing. */
import type { HostPolicyClaims } from "@sallyport/contracts";
import { askControl, type ControlRequest } from "./control.ts";
import type { Finding } from "./finding.ts";
import { type PinnedTime, pinnedTime } from "./link/pinned-time.ts";
import type { TrustMarks } from "./link/trust.ts";
import { openHost } from "./open-host.ts";
import { type AgentFiles, agentFiles, doorFolder, readSettings, type Settings } from "./settings.ts";
import { type Armed, readArmed } from "./state/armed.ts";
import { checkDoorFolder } from "./state/folders.ts";
import { AGENT_VERSION } from "./version.ts";

/** One thing that was read; without a finding it is in order. */
export interface Read {
  what: "settings" | "identity" | "armed" | "door";
  finding?: Finding;
}

export interface AgentLook {
  /** Version of the program that looks; the running agent tells its own. */
  version: string;
  files: AgentFiles;
  settings: Settings | undefined;
  read: Read[];
  /** What refuses nobody and should yet be otherwise: a forgiven slash, a kept policy that is broken. */
  standing: Finding[];
  armed: Armed | undefined;
  /** The signed policy that is kept, if it is in force by org time. */
  policy: HostPolicyClaims | undefined;
  /** What enrolment pinned: by it the org's certificate and signed time are judged. */
  trust: (TrustMarks & { time: PinnedTime }) | undefined;
  /** Epoch ms by the org's signed time that is kept of this boot. */
  orgTime: number | undefined;
}

/** `state`: folder of an agent that has one of its own. Works whatever is broken or missing. */
export async function lookAtAgent(state?: string): Promise<AgentLook> {
  const nothing = { standing: [], armed: undefined, policy: undefined, trust: undefined, orgTime: undefined };
  const settings = readSettings(state);
  if (!settings.ok) {
    const read: Read[] = [{ what: "settings", finding: settings.finding }];
    return { version: AGENT_VERSION, files: agentFiles(state), settings: undefined, read, ...nothing };
  }
  const own = settings.settings;
  const armed = readArmed(own.files.state);
  const opened = await openHost(own);
  const folder = doorFolder(own);
  const door = folder === undefined ? undefined : checkDoorFolder(folder);
  const { mistyped } = own;
  const read: Read[] = [
    { what: "settings", ...(mistyped ? { finding: mistyped } : {}) },
    // With a mistyped value nothing else was opened.
    ...(mistyped ? [] : [{ what: "identity" as const, ...(opened.ok ? {} : { finding: opened.finding }) }]),
    { what: "armed", ...(armed.ok ? {} : { finding: armed.finding }) },
    ...(folder === undefined ? [] : [{ what: "door" as const, ...(door ? { finding: door } : {}) }]),
  ];
  const look = { version: AGENT_VERSION, files: own.files, settings: own, read, armed: armed.ok ? armed.armed : undefined };
  if (!opened.ok) return { ...nothing, ...look, standing: own.findings };
  const { host, findings } = opened;
  host.link.close();
  return {
    ...look,
    standing: [...own.findings, ...findings],
    policy: host.policy.current(),
    trust: { ...host.identity.trust, time: pinnedTime(host.identity.decisionKeys) },
    orgTime: host.clock.now(),
  };
}

/** What the running agent answers; `undefined` if none runs. `check` is the self-check that it makes every few minutes anyway. */
export function askAgent(files: AgentFiles, asked: ControlRequest["do"] & ("status" | "check"), signal: AbortSignal): Promise<unknown> {
  return askControl(files.control, asked, signal);
}

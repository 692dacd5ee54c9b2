/** Diagnoses this machine: its agent, its way to the org, its logon. Nothing is changed. */
import type { Diagnosis } from "@sallyport/contracts";
import type { Check } from "../check.ts";
import { tableText } from "../conclude.ts";
import { diagnose, type Progress } from "../diagnose.ts";
import type { HostFacts } from "./facts.ts";
import { machineChecks } from "./machine/checks.ts";
import { BRING_NETWORK, networkChecks } from "./network/checks.ts";

export interface HostOptions {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** Of this machine; Linux if left out. */
  platform?: "linux" | "windows";
}

/** What a check may take that names no limit itself; with an org that answers nothing, the whole look must end within eight seconds. */
const LIMIT_MS = 6000;

/** Every list of checks of a host joins here. */
function hostChecks(facts: Partial<HostFacts>): Check<HostFacts>[] {
  const pinsLost = facts.agent?.read.some(({ what, finding }) => what === "identity" && finding) ?? false;
  return [...machineChecks(), ...networkChecks<HostFacts>().map((check) => (pinsLost ? withPins(check) : check))];
}

/** A certificate that the host knew by its pin looks like a stranger's while the file with the pin cannot be used. */
function withPins(check: Check<HostFacts>): Check<HostFacts> {
  return check.code === "net.certificate" ? { ...check, dependsOn: [...check.dependsOn, "host.identity"] } : check;
}

/** What looks at PAM, at modes and owners, and at the processes of Linux. */
const OF_LINUX = /^host\.(door|rights|fail-mode|pam-\w+|rdp)$/;

/** The agent and its way to the org are looked at as everywhere; of the machine below it, collect.ps1 tells. */
function onWindows(checks: Check<HostFacts>[]): Check<HostFacts>[] {
  const kept = checks.filter(({ code }) => !OF_LINUX.test(code));
  return kept.map((check) => ({ ...check, dependsOn: check.dependsOn.filter((code) => !OF_LINUX.test(code)) }));
}

export async function diagnoseHost(facts: Partial<HostFacts>, { platform = "linux", ...options }: HostOptions = {}): Promise<Diagnosis> {
  const checks = hostChecks(facts);
  return diagnose<HostFacts>(platform === "windows" ? onWindows(checks) : checks, {
    facts,
    limitMs: LIMIT_MS,
    bring: BRING_NETWORK,
    textOf: (cause) => tableText(cause, platform),
    ...options,
  });
}

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

export async function diagnoseHost(facts: Partial<HostFacts>, options: HostOptions = {}): Promise<Diagnosis> {
  return diagnose<HostFacts>(hostChecks(facts), {
    facts,
    limitMs: LIMIT_MS,
    bring: BRING_NETWORK,
    textOf: (cause) => tableText(cause, "linux"),
    ...options,
  });
}

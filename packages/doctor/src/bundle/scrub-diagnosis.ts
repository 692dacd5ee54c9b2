/** Takes from a diagnosis what may leave the machine: causes and verdicts as they are, of the texts only plain words, numbers and known places. */
import type { Diagnosis, Proof } from "@sallyport/contracts";
import { isCauseId } from "@sallyport/contracts";
import { address, errorCodes, hostId, orgUrl, path, time, version } from "./shapes.ts";

const LEFT_OUT = "…";

/** Title and fix of a cause stand in the table of causes of this version, and need not be carried. */
export function scrubDiagnosis({ healthy, findings, incidents, notLookedAt }: Diagnosis): Record<string, unknown> {
  return {
    healthy,
    findings: findings.map(({ cause, verdict, evidence, dependsOn }) => ({
      cause,
      verdict,
      evidence: evidence.map(scrubProof),
      ...(dependsOn ? { dependsOn } : {}),
    })),
    incidents: incidents.map(({ kind, count, candidates }) => ({
      kind: scrubProse(kind),
      count,
      candidates: candidates.map(({ cause, verdict }) => ({ cause, verdict })),
    })),
    notLookedAt: notLookedAt.map(({ what, why }) => ({ what: scrubProse(what), why: scrubProse(why) })),
  };
}

function scrubProof({ what, value, where }: Proof): Proof {
  return { what: scrubProse(what), value: scrubProse(value), where: scrubProse(where) };
}

/** Word by word: a secret is no plain word, and no short number. */
export function scrubProse(text: string): string {
  return text
    .split(/(\s+)/)
    .map((word) => (/^\s*$/.test(word) ? word.slice(0, 1) : scrubWord(word)))
    .join("");
}

const AROUND = /^(["'“‘(]*)(.*?)([.,;:!?)"'”’]*)$/s;

function scrubWord(word: string): string {
  const [, before = "", core = "", after = ""] = AROUND.exec(word) ?? [];
  return core === "" ? word : `${before}${shown(core) ?? LEFT_OUT}${after}`;
}

const PLAIN = /^([A-Za-z]?[a-z]{1,15}(['’]s)?|[A-Z]{1,6}|-?\d{1,5}(\.\d{1,3})?|[a-z]{1,15}(-[a-z]{1,15}){1,3}|pam_[a-z_]{1,20}\.so)$/;

function shown(core: string): string | undefined {
  if (PLAIN.test(core) || isCauseId(core)) return core;
  const whole = [time, version, hostId, orgUrl, errorCodes].some((shape) => shape(core) === core);
  if (whole || isAddress(core)) return core;
  // A place within a file, or a port: `agent.json:3:5`, `127.0.0.1:22`.
  const [, file = core, place = ""] = /^(.*?)((?::\d{1,6}){0,2})$/.exec(core) ?? [];
  if (isAddress(file)) return core;
  const known = path(file);
  return known === undefined ? undefined : `${known}${place}`;
}

function isAddress(core: string): boolean {
  return address({ value: core.replace(/^\[|\]$/g, ""), origin: "socket" }) !== undefined;
}

/** Turns what the agent found of itself into what a check saw. */
import type { Proof, Verdict } from "@sallyport/contracts";
import type { Answer, Missed, Seen } from "../../check.ts";
import type { AgentFinding } from "../facts.ts";

/** Evidence that tells the place. */
const PLACES = ["file", "folder", "path"];
const SPOT = ["line", "column"];

/** `where`: who saw it, for evidence that names no place itself. */
export function proofsOf({ evidence }: AgentFinding, where: string): Proof[] {
  const place = PLACES.map((key) => evidence[key]).find((one) => typeof one === "string");
  const spot = place === undefined ? where : [place, ...SPOT.map((key) => evidence[key])].filter((one) => one !== undefined).join(":");
  const { reason, ...rest } = evidence;
  const more = Object.entries(rest).filter(([key]) => ![...PLACES, ...SPOT].includes(key));
  // A reason may hold several complaints, one a line.
  const reasons = reason === undefined ? [] : String(reason).split("\n");
  const proofs = reasons.map((value) => ({ what: "reason", value, where: spot }));
  if (more.length > 0) proofs.push({ what: "seen", value: more.map(([key, value]) => `${key} ${value}`).join(", "), where: spot });
  return proofs.length > 0 ? proofs : [{ what: "seen by", value: where, where: spot }];
}

export function seenOf(finding: AgentFinding, where: string, verdict: Verdict = "confirmed"): Seen {
  return { cause: finding.cause, verdict, evidence: proofsOf(finding, where) };
}

export function ruledOut(cause: Seen["cause"], what: string, value: string, where: string): Seen {
  return { cause, verdict: "ruled-out", evidence: [{ what, value, where }] };
}

export function confirmed(cause: Seen["cause"], evidence: Proof[]): Seen {
  return { cause, verdict: "confirmed", evidence };
}

/** It was asked for, so that nobody may say *healthy* without it. */
export function notLooked(what: string, why: string): Answer {
  const missed: Missed = { what, why, asked: true };
  return { seen: [], missed: [missed] };
}

/** What the system answers an account that may not read a file. */
export function isDenied({ evidence }: AgentFinding): boolean {
  return /^(EACCES|EPERM)\b/.test(String(evidence["reason"] ?? ""));
}

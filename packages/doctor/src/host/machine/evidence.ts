/** Turns what the agent found of itself into what a check saw. */
import type { Proof, Verdict } from "@sallyport/contracts";
import type { Answer, Missed, Seen } from "../../check.ts";
import type { AgentFinding } from "../facts.ts";

/** Evidence that tells the place; the rest is told one by one. */
const PLACES = ["file", "folder", "path"] as const;

/** `where`: who saw it, for evidence that names no place itself. */
export function proofsOf({ evidence }: AgentFinding, where: string): Proof[] {
  const place = PLACES.map((key) => evidence[key]).find((one) => typeof one === "string");
  const { line, column } = evidence;
  const spot = place === undefined ? where : [place, line, column].filter((one) => one !== undefined).join(":");
  const told = Object.entries(evidence).filter(
    ([key]) => !(PLACES as readonly string[]).includes(key) && key !== "line" && key !== "column",
  );
  if (told.length === 0) return [{ what: "seen", value: where, where: String(spot) }];
  // A reason may hold several complaints, one a line.
  return told.flatMap(([what, value]) =>
    String(value)
      .split("\n")
      .map((one) => ({ what, value: one, where: String(spot) })),
  );
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

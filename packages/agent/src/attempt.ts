/** One logon attempt as this host saw it, from its reference to its end. */
import { randomBytes } from "node:crypto";
import {
  type AttemptReport,
  type BeginFrame,
  type CauseId,
  type ClientAddress,
  causeOf,
  type Scenario,
  writeReference,
} from "@sallyport/contracts";
import type { Evidence, Finding } from "./finding.ts";

/** What the person wants, from any of the three frames that open a conversation. */
export interface Wanted {
  kind: "begin" | "failed" | "account";
  username: string;
  domain?: string | undefined;
  service: string;
  scenario?: Scenario | undefined;
  address?: ClientAddress | undefined;
  method?: string | undefined;
}

export interface Outcome {
  result: "allow" | "deny";
  /** Why it was refused, or what was odd about a yes. A plain yes has none. */
  cause?: CauseId;
  evidence: Evidence;
  /** True if the org decided it, and so knows of it without a report. */
  decidedByOrg: boolean;
  /** What the person reads; without one the cause's own sentence. */
  text?: string;
}

export interface Attempt {
  reference: string;
  wanted: Wanted;
  /** Monotonic ms. */
  begun: number;
}

export function newAttempt(wanted: Wanted, now: number): Attempt {
  return { reference: writeReference(randomBytes(5)), wanted, begun: now };
}

export function deny(finding: Finding, decidedByOrg = false): Outcome {
  return { result: "deny", cause: finding.cause, evidence: finding.evidence, decidedByOrg };
}

export function allowWith(finding: Finding): Outcome {
  return { result: "allow", cause: finding.cause, evidence: finding.evidence, decidedByOrg: false };
}

/** What the person reads at the end (S16): the sentence of the cause; the provider adds the reference. */
export function personText(outcome: Outcome): string {
  if (outcome.text !== undefined) return outcome.text;
  return outcome.cause === undefined ? "" : causeOf(outcome.cause).person;
}

/** @param at epoch ms, org time as far as known. */
export function toReport(attempt: Attempt, outcome: Outcome, at: number): AttemptReport {
  const { wanted } = attempt;
  return {
    reference: attempt.reference,
    at: Math.round(at),
    username: (wanted.domain === undefined ? wanted.username : `${wanted.domain}\\${wanted.username}`).slice(0, 1024),
    service: wanted.service,
    ...(wanted.scenario === undefined ? {} : { scenario: wanted.scenario }),
    ...(wanted.address === undefined ? {} : { address: wanted.address }),
    result: outcome.result,
    ...(outcome.cause === undefined ? {} : { cause: outcome.cause }),
    evidence: outcome.evidence,
  };
}

export function wantedOf(begin: BeginFrame["begin"]): Wanted {
  const { username, domain, service, scenario, address } = begin;
  return { kind: "begin", username, domain, service, scenario, address };
}

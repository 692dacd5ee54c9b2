/** What every form of `sallyport doctor` answers: one shape for people's screens, tickets and scripts. */
import * as z from "zod";
import { causeId } from "./cause-id.ts";

/** `candidate`: the evidence allows it and does not decide. `unknown`: it could not be looked at; the evidence says why. */
export const verdict = z.enum(["confirmed", "candidate", "ruled-out", "unknown"]);
export type Verdict = z.infer<typeof verdict>;

/** One thing that was seen. `where` is a place a person can open: `OktaWidget.log:12`, `rdp_app_config.json:3:5`. Never a secret. */
export const proof = z.strictObject({ what: z.string(), value: z.string(), where: z.string() });
export type Proof = z.infer<typeof proof>;

/** A cause with the evidence for or against it. */
export const doctorFinding = z.strictObject({
  cause: causeId,
  verdict,
  title: z.string(),
  evidence: z.array(proof),
  fix: z.string(),
  who: z.enum(["person", "administrator", "network", "vendor"]),
  /** Confirmed causes of this same diagnosis that explain this one away. */
  dependsOn: z.array(causeId).optional(),
});
export type DoctorFinding = z.infer<typeof doctorFinding>;

/** A cause that can be behind an incident, and the one look that tells it from the others. */
export const incidentCandidate = z.strictObject({ cause: causeId, verdict, evidence: z.array(proof), decidedBy: z.string() });
export type IncidentCandidate = z.infer<typeof incidentCandidate>;

/** Refusals of one kind, taken together. Times as ISO 8601 where the log's own form allows no other reading, else as written there. */
export const incident = z.strictObject({
  kind: z.string(),
  count: z.int().positive(),
  first: z.string().optional(),
  last: z.string().optional(),
  users: z.array(z.string()),
  candidates: z.array(incidentCandidate),
});
export type Incident = z.infer<typeof incident>;

export const notLookedAt = z.strictObject({ what: z.string(), why: z.string() });
export type NotLookedAt = z.infer<typeof notLookedAt>;

/** One step of a logon, gone through in thought or by its records: what was looked at, what came of it, and what it rests on. */
export const diagnosisStep = z.strictObject({ title: z.string(), outcome: z.string(), why: z.array(z.string()) });
export type DiagnosisStep = z.infer<typeof diagnosisStep>;

/**
 * The whole answer; every list stands in order of rank, the root cause first.
 * `healthy` only if everything that was asked for could be looked at and nothing was found.
 */
export const diagnosis = z.strictObject({
  healthy: z.boolean(),
  findings: z.array(doctorFinding),
  incidents: z.array(incident),
  notLookedAt: z.array(notLookedAt),
  /** Of a dry run: the logon's way from the name to what the person reads. Of a logon: what happened, by both clocks. In order. */
  steps: z.array(diagnosisStep).optional(),
});
export type Diagnosis = z.infer<typeof diagnosis>;

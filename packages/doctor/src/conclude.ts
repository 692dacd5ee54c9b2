/** Concludes a diagnosis from what the checks saw: the root cause first, what it explains below it, nothing claimed twice. */
import {
  CAUSES,
  type Cause,
  type CauseId,
  type Diagnosis,
  type DoctorFinding,
  type Incident,
  type IncidentCandidate,
  type Proof,
  type Verdict,
} from "@sallyport/contracts";
import type { Missed, Seen } from "./check.ts";

export type TextOf = (cause: CauseId) => Pick<DoctorFinding, "title" | "fix" | "who">;

const STRENGTH: Record<Verdict, number> = { confirmed: 0, candidate: 1, "ruled-out": 2, unknown: 3 };
/** What a look at the thing itself says outranks every guess. */
const strength = ({ verdict, decides }: Pick<Seen, "verdict" | "decides">) => STRENGTH[verdict] * (decides ? 0.25 : 1);
/** More proofs of one cause than this only repeat the first ones. */
const MOST_PROOFS = 20;

export function conclude(
  saw: { seen: Seen[]; incidents: Incident[]; missed: Missed[] },
  textOf: TextOf = (id) => tableText(id),
): Diagnosis {
  const incidents = rankIncidents(saw.incidents.map((incident) => weigh(incident, saw.seen)));
  const merged = merge([...saw.seen, ...incidents.flatMap(fromIncident)]);
  const confirmed = new Set(merged.filter(({ verdict }) => verdict === "confirmed").map(({ cause }) => cause));
  const findings = merged.map(({ cause, verdict, evidence, explainedBy = CAUSES[cause].dependsOn ?? [] }): DoctorFinding => {
    const above = verdict === "ruled-out" || verdict === "unknown" ? [] : explainedBy.filter((id) => confirmed.has(id));
    const text = textOf(cause);
    return { cause, verdict, title: text.title, evidence, fix: text.fix, who: text.who, ...(above.length > 0 ? { dependsOn: above } : {}) };
  });
  const found = findings.some(({ verdict }) => STRENGTH[verdict] <= STRENGTH.candidate) || incidents.length > 0;
  const blind = saw.missed.some(({ asked }) => asked);
  const missed = [...saw.missed].sort((a, b) => Number(b.asked ?? false) - Number(a.asked ?? false));
  return {
    healthy: !found && !blind,
    findings: rankFindings(findings, incidents),
    incidents,
    notLookedAt: missed.map(({ what, why }) => ({ what, why })),
  };
}

/** 0 healthy, 1 something was found, 2 it could not be looked at. */
export function exitCodeOf({ healthy, findings, incidents }: Diagnosis): 0 | 1 | 2 {
  if (healthy) return 0;
  return incidents.length > 0 || findings.some(({ verdict }) => STRENGTH[verdict] <= STRENGTH.candidate) ? 1 : 2;
}

/** Title, fix and addressee as the table of causes has them; `platform`: only what is done there. */
export function tableText(id: CauseId, platform?: "linux" | "windows"): Pick<DoctorFinding, "title" | "fix" | "who"> {
  const cause: Cause = CAUSES[id];
  const { any, linux, windows } = cause.fix;
  const fixes = platform ? [any, cause.fix[platform]] : [any, linux && `Linux: ${linux}`, windows && `Windows: ${windows}`];
  return { title: cause.title, fix: fixes.filter(Boolean).join(" "), who: cause.who };
}

/** What was seen directly outranks the list of what an incident can mean. */
function weigh(incident: Incident, seen: Seen[]): Incident {
  const candidates = incident.candidates.map((candidate): IncidentCandidate => {
    if (candidate.verdict === "confirmed") return candidate;
    const about = seen.filter(
      ({ cause, verdict, explains }) =>
        cause === candidate.cause && verdict !== "unknown" && (explains === undefined || explains.includes(incident.kind)),
    );
    const strongest = about.sort((a, b) => strength(a) - strength(b))[0];
    if (!strongest) return candidate;
    return { ...candidate, verdict: strongest.verdict, evidence: proofs([...strongest.evidence, ...candidate.evidence]) };
  });
  const rank = ({ cause, verdict }: IncidentCandidate) => (verdict === "candidate" && seenAbout(seen, cause) ? 0.5 : STRENGTH[verdict]);
  return { ...incident, candidates: candidates.sort((a, b) => rank(a) - rank(b)) };
}

const seenAbout = (seen: Seen[], id: CauseId) => seen.some(({ cause, verdict }) => cause === id && verdict === "candidate");

/** An incident's candidates are findings too; one ruled out for an incident only says nothing beyond it. */
function fromIncident({ candidates }: Incident): Seen[] {
  return candidates.filter(({ verdict }) => STRENGTH[verdict] <= STRENGTH.candidate);
}

/** One finding for each cause: the strongest verdict, with the evidence for that verdict. */
function merge(all: Seen[]): Seen[] {
  const byCause = new Map<CauseId, Seen>();
  for (const seen of all) {
    const known = byCause.get(seen.cause);
    if (!known || strength(seen) < strength(known)) byCause.set(seen.cause, { ...seen, evidence: proofs(seen.evidence) });
    else if (seen.verdict === known.verdict) {
      known.evidence = proofs([...known.evidence, ...seen.evidence]);
      if (seen.explainedBy) known.explainedBy ??= seen.explainedBy;
    }
  }
  return [...byCause.values()];
}

function proofs(all: Proof[]): Proof[] {
  const unique = new Map(all.map((one) => [`${one.what}\0${one.value}\0${one.where}`, one]));
  return [...unique.values()].slice(0, MOST_PROOFS);
}

function rankIncidents(incidents: Incident[]): Incident[] {
  return [...incidents].sort((a, b) => b.count - a.count || (a.kind < b.kind ? -1 : 1));
}

/** Confirmed before candidate before ruled out before unknown; then by the incidents explained; what depends on another right below it. */
function rankFindings(findings: DoctorFinding[], incidents: Incident[]): DoctorFinding[] {
  const place = new Map<CauseId, number>();
  for (const { candidates } of incidents) {
    for (const { cause, verdict } of candidates) if (STRENGTH[verdict] <= 1 && !place.has(cause)) place.set(cause, place.size);
  }
  const order = Object.keys(CAUSES);
  const rank = ({ cause, verdict }: DoctorFinding) =>
    STRENGTH[verdict] * 10_000 + (place.get(cause) ?? 1000 + order.indexOf(cause) + (CAUSES[cause].kind === "refusal" ? 0 : 1000));
  const sorted = [...findings].sort((a, b) => rank(a) - rank(b));
  const placed = new Set<DoctorFinding>();
  const below = (root: DoctorFinding): DoctorFinding[] => {
    if (placed.has(root)) return [];
    placed.add(root);
    const folded = sorted.filter((one) => one.verdict === root.verdict && one.dependsOn?.includes(root.cause));
    return [root, ...folded.flatMap(below)];
  };
  const isRoot = (one: DoctorFinding) => !one.dependsOn?.some((id) => findings.some((f) => f.cause === id && f.verdict === one.verdict));
  return [...sorted.filter(isRoot).flatMap(below), ...sorted.filter((one) => !placed.has(one))].sort(
    (a, b) => STRENGTH[a.verdict] - STRENGTH[b.verdict],
  );
}

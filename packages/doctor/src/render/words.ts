/** The words that terminal and page share: verdicts, headings, the one-line summary. */
import type { Diagnosis, DoctorFinding, Incident, Verdict } from "@sallyport/contracts";

export const MARK: Record<Verdict, string> = { confirmed: "✗", candidate: "?", "ruled-out": "✓", unknown: "·" };
export const WORD: Record<Verdict, string> = {
  confirmed: "confirmed",
  candidate: "possible",
  "ruled-out": "ruled out",
  unknown: "not known",
};

export interface Section {
  verdict: Verdict;
  heading: string;
}

export const SECTIONS: readonly Section[] = [
  { verdict: "confirmed", heading: "Confirmed" },
  { verdict: "candidate", heading: "Possible, not decided" },
  { verdict: "ruled-out", heading: "Ruled out" },
  { verdict: "unknown", heading: "Not known" },
];

/** The whole answer in one sentence. */
export function summary({ healthy, findings, incidents, notLookedAt }: Diagnosis): string {
  if (healthy) return "Healthy: nothing was found.";
  const roots = findings.filter(({ verdict, dependsOn }) => verdict === "confirmed" && !dependsOn);
  const refusals = incidents.reduce((sum, { count }) => sum + count, 0);
  const seen = refusals > 0 ? `${refusals} ${refusals === 1 ? "incident" : "incidents"}; ` : "";
  if (roots[0])
    return `${seen}${roots.length === 1 ? "the cause" : `${roots.length} causes`}: ${roots.map(({ cause }) => cause).join(", ")}.`;
  const open = findings.filter(({ verdict }) => verdict === "candidate").length;
  if (open > 0) return `${seen}no cause is proved; ${open} ${open === 1 ? "is" : "are"} possible, the likeliest first.`;
  if (incidents.length > 0) return `${seen}none of the known causes fits.`;
  return `Could not look: ${notLookedAt[0]?.why ?? "nothing was there to look at"}.`;
}

/** `12 × http-401, 2024-05-06T10:00:00 to 2024-05-07T09:12:44`. */
export function incidentLine({ kind, count, first, last }: Incident): string {
  const time = first === undefined ? "" : last === undefined || last === first ? `, ${first}` : `, ${first} to ${last}`;
  return `${count} × ${kind}${time}`;
}

/** Names of people, bounded: a ticket needs to know who, not all of a company. */
export function userLine({ users }: Incident, most = 8): string | undefined {
  if (users.length === 0) return undefined;
  const more = users.length > most ? ` and ${users.length - most} more` : "";
  return `${users.length === 1 ? "user" : "users"}: ${users.slice(0, most).join(", ")}${more}`;
}

/** Depth below the root cause that explains a finding away; 0 for a root. */
export function depthOf(finding: DoctorFinding, findings: readonly DoctorFinding[], limit = 4): number {
  const parent = findings.find((one) => one.verdict === finding.verdict && finding.dependsOn?.includes(one.cause));
  return parent && limit > 0 ? 1 + depthOf(parent, findings, limit - 1) : 0;
}

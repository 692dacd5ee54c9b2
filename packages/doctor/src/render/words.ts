/** The words that terminal and page share: verdicts, headings, the one-line summary. */
import type { Diagnosis, DoctorFinding, Incident, NotLookedAt, Verdict } from "@sallyport/contracts";

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

/** Heading of the steps: of a dry run unless said otherwise. */
export const STORY = "What would happen";

/** Where all live looks were made from, if from one place: told once, not with every proof. */
export function onePlace({ findings }: Diagnosis): string | undefined {
  const places = new Set(
    findings.flatMap(({ evidence }) => evidence.map(({ where }) => where)).filter((where) => /^seen from /.test(where)),
  );
  return places.size === 1 ? [...places][0] : undefined;
}

/** What could not be looked at for one reason stands together, where its first part stands. */
export function byReason(all: NotLookedAt[]): NotLookedAt[] {
  const reasons = new Map<string, string[]>();
  for (const { what, why } of all) reasons.set(why, [...(reasons.get(why) ?? []), what]);
  return [...reasons].map(([why, whats]) => ({ what: whats.join(", "), why }));
}

/** So many kinds of incident are told in the summary; the list below has all. */
const MOST_TOLD = 3;

/** The whole answer in a few words: for each incident its own cause, since one fault need not explain another. */
export function summary({ healthy, findings, incidents, notLookedAt }: Diagnosis): string {
  if (healthy) return "Healthy: nothing was found.";
  const parts = incidents.slice(0, MOST_TOLD).map(incidentSummary);
  if (incidents.length > MOST_TOLD) parts.push(`${incidents.length - MOST_TOLD} more kinds of incident.`);
  const explained = new Set(incidents.flatMap(confirmedIn));
  const roots = findings.filter(({ cause, verdict, dependsOn }) => verdict === "confirmed" && !dependsOn && !explained.has(cause));
  if (roots.length > 0) parts.push(`${parts.length > 0 ? "Also found" : "Found"}: ${roots.map(({ cause }) => cause).join(", ")}.`);
  if (parts.length > 0) return parts.join(" ");
  const open = findings.filter(({ verdict }) => verdict === "candidate");
  if (open.length > 0) return `Nothing is proved; possible: ${open.map(({ cause }) => cause).join(", ")}.`;
  return `Could not look: ${notLookedAt[0]?.why ?? "nothing was there to look at"}.`;
}

/** How it stands in a few words, with the verdict that gives the colour. */
export function standing({ healthy, findings, incidents }: Diagnosis): { verdict: Verdict; words: string } {
  if (healthy) return { verdict: "ruled-out", words: "In order" };
  const proved = findings.filter(({ verdict, dependsOn }) => verdict === "confirmed" && !dependsOn).length;
  if (proved > 0) return { verdict: "confirmed", words: proved === 1 ? "One cause is proved" : `${proved} causes are proved` };
  if (incidents.length > 0 || findings.some(({ verdict }) => verdict === "candidate"))
    return { verdict: "candidate", words: "Nothing is proved yet" };
  return { verdict: "unknown", words: "It could not be looked at" };
}

const confirmedIn = ({ candidates }: Incident) => candidates.filter(({ verdict }) => verdict === "confirmed").map(({ cause }) => cause);

function incidentSummary(incident: Incident): string {
  const sure = confirmedIn(incident);
  const possible = incident.candidates.filter(({ verdict }) => verdict === "candidate").length;
  const told = sure.length > 0 ? sure.join(", ") : possible > 0 ? `not decided, ${possible} possible` : "not known";
  return `${incident.count} × ${incident.kind}: ${told}.`;
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

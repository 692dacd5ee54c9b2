/** A diagnosis as lines for a terminal: plain or coloured, 80 columns. */
import type {
  Diagnosis,
  DiagnosisStep,
  DoctorFinding,
  Incident,
  IncidentCandidate,
  NotLookedAt,
  Proof,
  Verdict,
} from "@sallyport/contracts";
import { depthOf, incidentLine, MARK, SECTIONS, STORY, summary, userLine, WORD } from "./words.ts";
import { clean, wrap } from "./wrap.ts";

export interface TerminalOptions {
  /** Columns; lines are never longer. */
  width?: number;
  colour?: boolean;
}

interface Pen {
  width: number;
  paint(style: Style, text: string): string;
}

type Style = "bold" | "dim" | Verdict;
const CODES: Record<Style, string> = { bold: "1", dim: "2", confirmed: "1;31", candidate: "33", "ruled-out": "32", unknown: "2" };

/** More of one finding only repeat what the first ones say. */
const MOST_PROOFS = 12;

export function renderTerminal(diagnosis: Diagnosis, options: TerminalOptions = {}): string[] {
  const pen: Pen = {
    width: Math.min(80, options.width ?? 80),
    paint: (style, text) => (options.colour ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text),
  };
  const listed = new Set(diagnosis.incidents.flatMap(({ candidates }) => candidates.map(({ cause }) => cause)));
  const lines = wrap(summary(diagnosis), pen.width).map((line) => pen.paint("bold", line));
  lines.push(...storyLines(diagnosis.steps ?? [], pen));
  for (const { verdict, heading } of SECTIONS) {
    // What is possible stands once, below the incident that it can explain.
    const findings = diagnosis.findings.filter((one) => one.verdict === verdict && !(verdict === "candidate" && listed.has(one.cause)));
    if (findings.length > 0) lines.push("", pen.paint("bold", heading), ...sectionLines(findings, pen));
    if (verdict === "confirmed") lines.push(...incidentSection(diagnosis.incidents, pen));
  }
  if (diagnosis.notLookedAt.length > 0) {
    lines.push("", pen.paint("bold", "Not looked at"));
    for (const { what, why } of byReason(diagnosis.notLookedAt)) lines.push(...wrap(`${what}: ${why}`, pen.width, "    ", "  · "));
  }
  return lines;
}

/** What could not be looked at for one reason stands together, where its first part stands. */
function byReason(all: NotLookedAt[]): NotLookedAt[] {
  const reasons = new Map<string, string[]>();
  for (const { what, why } of all) reasons.set(why, [...(reasons.get(why) ?? []), what]);
  return [...reasons].map(([why, whats]) => ({ what: whats.join(", "), why }));
}

function storyLines(steps: DiagnosisStep[], pen: Pen): string[] {
  if (steps.length === 0) return [];
  return [
    "",
    pen.paint("bold", STORY),
    ...steps.flatMap(({ title, outcome, why }) => [
      ...wrap(`${title}: ${outcome}`, pen.width, "    ", "  "),
      ...why.flatMap((line) => wrap(line, pen.width, "      ", "    ").map((text) => pen.paint("dim", text))),
    ]),
  ];
}

function incidentSection(incidents: Incident[], pen: Pen): string[] {
  if (incidents.length === 0) return [];
  const open = incidents.some(({ candidates }) => candidates.some(({ verdict }) => verdict === "candidate"));
  const more = open ? wrap("What to do about each possible cause: --html FILE or --json.", pen.width, "  ") : [];
  return ["", pen.paint("bold", "Incidents"), ...incidents.flatMap((one) => incidentLines(one, pen)), ...more];
}

function sectionLines(findings: DoctorFinding[], pen: Pen): string[] {
  const short = findings[0]?.verdict === "ruled-out";
  return findings.flatMap((finding) =>
    short ? ruledOutLines(finding, pen) : findingLines(finding, "  ".repeat(1 + depthOf(finding, findings)), pen),
  );
}

function ruledOutLines({ cause, verdict, evidence }: DoctorFinding, pen: Pen): string[] {
  const [proof] = evidence;
  const lines = wrap(`${cause}${proof ? `: ${proof.what} ${proof.value} (${proof.where})` : ""}`, pen.width, "    ", "  ✓ ");
  return lines.map((line) => pen.paint(verdict, line));
}

function findingLines(finding: DoctorFinding, indent: string, pen: Pen): string[] {
  const inner = `${indent}  `;
  const head = wrap(`${finding.cause} — ${finding.title}`, pen.width, inner, `${indent}${MARK[finding.verdict]} `);
  const lines = head.map((line) => pen.paint(finding.verdict, line));
  if (finding.dependsOn) lines.push(...wrap(`goes away with ${finding.dependsOn.join(", ")}`, pen.width, inner));
  for (const proof of finding.evidence.slice(0, MOST_PROOFS)) lines.push(...proofLines(proof, inner, pen));
  if (finding.evidence.length > MOST_PROOFS)
    lines.push(`${inner}… ${finding.evidence.length - MOST_PROOFS} more like it (--json shows all)`);
  lines.push(...wrap(`→ ${finding.who}: ${finding.fix}`, pen.width, `${inner}  `, inner));
  return lines;
}

function proofLines({ what, value, where }: Proof, indent: string, pen: Pen): string[] {
  const text = `${what}: ${value}`;
  const place = where === "" ? "" : ` (${where})`;
  return wrap(`${text}${place}`, pen.width, `${indent}  `, indent).map((line) => pen.paint("dim", line));
}

function incidentLines(incident: Incident, pen: Pen): string[] {
  const users = userLine(incident);
  return [
    ...wrap(incidentLine(incident), pen.width, "    ", "  "),
    ...(users === undefined ? [] : wrap(users, pen.width, "      ", "    ")),
    ...incident.candidates.flatMap((candidate, at) => candidateLines(candidate, at + 1, pen)),
  ];
}

function candidateLines({ cause, verdict, decidedBy }: IncidentCandidate, rank: number, pen: Pen): string[] {
  const number = `${rank}.`.padStart(5);
  const head = pen.paint(verdict, `${number} ${clean(cause)} — ${WORD[verdict]}`);
  return verdict === "ruled-out" ? [head] : [head, ...wrap(`decided by: ${decidedBy}`, pen.width, "        ")];
}

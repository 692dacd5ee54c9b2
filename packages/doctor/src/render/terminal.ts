/** A diagnosis as lines for a terminal: plain or coloured, 80 columns. */
import type { Diagnosis, DiagnosisStep, DoctorFinding, Incident, IncidentCandidate, Proof, Verdict } from "@sallyport/contracts";
import { byReason, depthOf, incidentLine, MARK, onePlace, SECTIONS, STORY, summary, userLine, WORD } from "./words.ts";
import { wrap } from "./wrap.ts";

export interface TerminalOptions {
  /** Columns; lines are never longer. */
  width?: number;
  colour?: boolean;
  /** Heading of the steps. */
  story?: string;
}

interface Pen {
  width: number;
  /** Told at the top. */
  place: string | undefined;
  paint(style: Style, text: string): string;
}

type Style = "bold" | "dim" | Verdict;
const CODES: Record<Style, string> = { bold: "1", dim: "2", confirmed: "1;31", candidate: "33", "ruled-out": "32", unknown: "2" };

/** More of one finding only repeat what the first ones say. */
const MOST_PROOFS = 12;

export function renderTerminal(diagnosis: Diagnosis, options: TerminalOptions = {}): string[] {
  const pen: Pen = {
    width: Math.min(80, options.width ?? 80),
    place: onePlace(diagnosis),
    paint: (style, text) => (options.colour ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text),
  };
  const listed = new Set(diagnosis.incidents.flatMap(({ candidates }) => candidates.map(({ cause }) => cause)));
  const lines = wrap(summary(diagnosis), pen.width).map((line) => pen.paint("bold", line));
  if (pen.place !== undefined) lines.push(...wrap(pen.place.replace(/^s/, "S"), pen.width).map((line) => pen.paint("dim", line)));
  lines.push(...storyLines(diagnosis.steps ?? [], options.story ?? STORY, pen));
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

function storyLines(steps: DiagnosisStep[], heading: string, pen: Pen): string[] {
  if (steps.length === 0) return [];
  return [
    "",
    pen.paint("bold", heading),
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
  if (findings[0]?.verdict !== "ruled-out")
    return findings.flatMap((finding) => findingLines(finding, "  ".repeat(1 + depthOf(finding, findings)), pen));
  // One thing that was seen often rules out several causes.
  const bySight = Map.groupBy(findings, ({ evidence: [proof] }) => proofText(proof, pen));
  return [...bySight].flatMap(([sight, all]) => ruledOutLines(all, sight, pen));
}

function ruledOutLines(findings: DoctorFinding[], sight: string, pen: Pen): string[] {
  const causes = findings.map(({ cause }) => cause).join(", ");
  const lines = wrap(`${causes}${sight && `: ${sight}`}`, pen.width, "    ", "  ✓ ");
  return lines.map((line) => pen.paint("ruled-out", line));
}

function proofText(proof: Proof | undefined, { place }: Pen): string {
  if (!proof) return "";
  const { what, value, where } = proof;
  return `${what}: ${value}${where === "" || where === place ? "" : ` (${where})`}`;
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

function proofLines(proof: Proof, indent: string, pen: Pen): string[] {
  return wrap(proofText(proof, pen), pen.width, `${indent}  `, indent).map((line) => pen.paint("dim", line));
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
  const lines = wrap(`${cause} — ${WORD[verdict]}`, pen.width, "      ", `${`${rank}.`.padStart(5)} `);
  const head = lines.map((line) => pen.paint(verdict, line));
  return verdict === "ruled-out" ? head : [...head, ...wrap(`decided by: ${decidedBy}`, pen.width, "        ")];
}

/** A diagnosis as one self-contained page for a ticket: no script, no other origin, everything escaped. */
import { createHash } from "node:crypto";
import type { Diagnosis, DoctorFinding, Incident, IncidentCandidate, Proof } from "@sallyport/contracts";
import { depthOf, incidentLine, MARK, SECTIONS, STORY, summary, userLine, WORD } from "./words.ts";
import { clean } from "./wrap.ts";

const STYLE = `
:root{color-scheme:light dark;--ink:#1c2330;--soft:#5a6475;--line:#d9dee7;--paper:#fff;--card:#f7f8fa;--bad:#b3261e;--open:#8a5a00;--good:#1e6b3a}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#9aa5b8;--line:#343c4a;--paper:#14181f;--card:#1c222c;--bad:#ff8a80;--open:#ffc766;--good:#7fd6a0}}
body{margin:0 auto;max-width:64rem;padding:2rem 1.25rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);overflow-wrap:anywhere}
h1{font-size:1.5rem;margin:0}h2{font-size:1.05rem;margin:2rem 0 .5rem}p{margin:.25rem 0}
section>h3{margin-top:1.25rem}.sum{font-size:1.1rem;margin:.5rem 0 0}.soft,footer{color:var(--soft)}footer{margin-top:2.5rem;font-size:.875rem}
article{border:1px solid var(--line);border-left:.3rem solid var(--edge);border-radius:.4rem;background:var(--card);padding:.75rem 1rem;margin:.6rem 0}
.confirmed{--edge:var(--bad)}.candidate{--edge:var(--open)}.ruled-out{--edge:var(--good)}.unknown{--edge:var(--line)}
.d1{margin-left:1.5rem}.d2,.d3,.d4{margin-left:3rem}
h3{font-size:1rem;margin:0}h3 code{font-weight:400;color:var(--soft)}code{font:.9em ui-monospace,monospace}
.n{white-space:nowrap;color:var(--soft)}.c{width:24%}.c code{display:block}.by{width:30%}.v{white-space:nowrap;color:var(--edge);font-weight:600}.fix{margin-top:.5rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.9rem}th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line)}th{color:var(--soft);font-weight:600}
.ro td{color:var(--soft)}ul,ol{padding-left:1.25rem;margin:.25rem 0}
`;

export interface PageOptions {
  /** What was diagnosed, such as the paths as given. */
  subject: string;
  /** When, as a person reads it. */
  at: string;
  version: string;
}

export function renderHtml(diagnosis: Diagnosis, { subject, at, version }: PageOptions): string {
  const hash = createHash("sha256").update(STYLE).digest("base64");
  const listed = new Set(diagnosis.incidents.flatMap(({ candidates }) => candidates.map(({ cause }) => cause)));
  const sections = SECTIONS.flatMap(({ verdict, heading }) => {
    // What is possible stands once, below the incident that it can explain.
    const findings = diagnosis.findings.filter((one) => one.verdict === verdict && !(verdict === "candidate" && listed.has(one.cause)));
    const body = verdict === "ruled-out" ? ruledOut(findings) : findings.map((one) => card(one, findings)).join("\n");
    const section = findings.length === 0 ? "" : `<section><h2>${heading}</h2>\n${body}</section>`;
    return verdict === "confirmed" ? [section, incidentSection(diagnosis)] : [section];
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer">
<title>Sallyport doctor: ${text(subject)}</title>
<style>${STYLE}</style></head><body>
<header><h1>Diagnosis of ${text(subject)}</h1><p class="sum">${text(summary(diagnosis))}</p></header>
<main>
${[storySection(diagnosis), ...sections, missedSection(diagnosis)].filter(Boolean).join("\n")}
</main>
<footer>Made ${text(at)} by sallyport doctor ${text(version)}. Names and addresses in it come from the files that were read; secrets are never shown.</footer>
</body></html>
`;
}

function card(finding: DoctorFinding, siblings: DoctorFinding[]): string {
  const { cause, verdict, title, evidence, fix, who, dependsOn } = finding;
  return `<article class="${verdict} d${depthOf(finding, siblings)}"><h3>${MARK[verdict]} ${text(title)} <code>${text(cause)}</code></h3>
${dependsOn ? `<p class="soft">goes away with ${dependsOn.map((id) => `<code>${text(id)}</code>`).join(", ")}</p>` : ""}
${proofTable(evidence)}<p class="fix"><b>What to do</b> (${text(who)}): ${prose(fix)}</p></article>`;
}

function proofTable(evidence: Proof[]): string {
  if (evidence.length === 0) return "";
  const rows = evidence.map(
    ({ what, value, where }) => `<tr><td>${text(what)}</td><td>${text(value)}</td><td class="soft">${text(where)}</td></tr>`,
  );
  return `<table><thead><tr><th>evidence</th><th>value</th><th>where</th></tr></thead><tbody>${rows.join("")}</tbody></table>\n`;
}

function ruledOut(findings: DoctorFinding[]): string {
  const rows = findings.map(({ cause, evidence: [proof] }) => {
    const why = proof ? `${text(proof.what)}: ${text(proof.value)}` : "";
    return `<tr><td>✓ <code>${text(cause)}</code></td><td>${why}</td><td class="soft">${text(proof?.where ?? "")}</td></tr>`;
  });
  return `<table><tbody>${rows.join("")}</tbody></table>`;
}

function incidentSection({ incidents, findings }: Diagnosis): string {
  if (incidents.length === 0) return "";
  const blocks = incidents.map((incident) => {
    const users = userLine(incident, 40);
    const rows = incident.candidates.map((candidate, at) => candidateRow(candidate, at + 1, findings));
    const head = "<thead><tr><th></th><th>cause</th><th>verdict</th><th>decided by</th><th>what to do</th></tr></thead>";
    return `<h3>${text(incidentLine(incident))}</h3>${users === undefined ? "" : `<p class="soft">${text(users)}</p>`}
${seenLine(incident)}<table>${head}<tbody>${rows.join("\n")}</tbody></table>`;
  });
  return `<section><h2>Incidents</h2>\n${blocks.join("\n")}</section>`;
}

/** What all candidates of an incident have in common, once. */
function seenLine({ candidates }: Incident): string {
  const common = (candidates[0]?.evidence ?? []).filter((one) =>
    candidates.every(({ evidence }) => evidence.some((other) => same(one, other))),
  );
  if (common.length === 0) return "";
  const places = [...new Set(common.map(({ where }) => where))].join(", ");
  return `<p class="soft">${common.map(({ what, value }) => `${text(what)}: ${text(value)}`).join(" · ")} (first at ${text(places)})</p>\n`;
}

const same = (a: Proof, b: Proof) => a.what === b.what && a.value === b.value && a.where === b.where;

function candidateRow({ cause, verdict, decidedBy }: IncidentCandidate, rank: number, findings: DoctorFinding[]): string {
  const finding = findings.find((one) => one.cause === cause);
  const title = finding ? `${text(finding.title)} ` : "";
  const out = verdict === "ruled-out";
  const todo = finding && verdict === "candidate" ? `${prose(finding.fix)} (${text(finding.who)})` : "";
  return `<tr class="${out ? "ruled-out ro" : verdict}"><td class="n">${rank}</td><td class="c">${title}<code>${text(cause)}</code></td><td class="v">${WORD[verdict]}</td><td class="by">${out ? "" : prose(decidedBy)}</td><td>${todo}</td></tr>`;
}

function storySection({ steps = [] }: Diagnosis): string {
  if (steps.length === 0) return "";
  const items = steps.map(({ title, outcome, why }) => {
    const rests = why.length === 0 ? "" : `<ul>${why.map((line) => `<li class="soft">${text(line)}</li>`).join("")}</ul>`;
    return `<li><b>${text(title)}</b>: ${text(outcome)}${rests}</li>`;
  });
  return `<section><h2>${STORY}</h2><ol>${items.join("")}</ol></section>`;
}

function missedSection({ notLookedAt }: Diagnosis): string {
  if (notLookedAt.length === 0) return "";
  const items = notLookedAt.map(({ what, why }) => `<li>${text(what)}: <span class="soft">${text(why)}</span></li>`);
  return `<section><h2>Not looked at</h2><ul>${items.join("")}</ul></section>`;
}

function text(raw: string): string {
  return clean(raw).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Escaped first; then what stands between backticks is set as code. */
const prose = (raw: string) => text(raw).replace(/`([^`]+)`/g, "<code>$1</code>");

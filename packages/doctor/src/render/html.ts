/** A diagnosis as one self-contained page for a ticket: no script, no other origin, everything escaped. */
import { createHash } from "node:crypto";
import type { Diagnosis, DoctorFinding, Incident, IncidentCandidate, Proof } from "@sallyport/contracts";
import { byReason, depthOf, incidentLine, MARK, onePlace, SECTIONS, STORY, standing, summary, userLine, WORD } from "./words.ts";
import { clean } from "./wrap.ts";

const STYLE = `
:root{color-scheme:light dark;--ink:#1c2330;--soft:#5a6475;--line:#d9dee7;--paper:#fff;--card:#f7f8fa;--bad:#b3261e;--open:#8a5a00;--good:#1e6b3a;--none:#6b7688}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#9aa5b8;--line:#343c4a;--paper:#14181f;--card:#1c222c;--bad:#ff8a80;--open:#ffc766;--good:#7fd6a0;--none:#8d98ab}}
body{margin:0 auto;max-width:64rem;padding:2rem 1.25rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);overflow-wrap:anywhere}
header{border-left:.4rem solid var(--edge);padding-left:1rem}h1{font-size:1.5rem;line-height:1.25;margin:0}.state{color:var(--edge);font-weight:700;margin:0 0 .25rem}
h2{font-size:1.15rem;margin:2.25rem 0 .6rem}p{margin:.25rem 0}section>h3{margin-top:1.5rem}.sum{margin:.5rem 0 0}.soft,footer{color:var(--soft)}
footer{margin-top:2.5rem;padding-top:.75rem;border-top:1px solid var(--line);font-size:.875rem}
article{border:1px solid var(--line);border-left:.3rem solid var(--edge);border-radius:.4rem;background:var(--card);padding:.85rem 1.1rem;margin:.75rem 0;break-inside:avoid}
.confirmed{--edge:var(--bad)}.candidate{--edge:var(--open)}.ruled-out{--edge:var(--good)}.unknown{--edge:var(--none)}
.d1{margin-left:1.5rem}.d2,.d3,.d4{margin-left:3rem}.m{color:var(--edge)}
h3{font-size:1.05rem;line-height:1.35;margin:0}h3 code{font-weight:400;color:var(--soft);white-space:nowrap}code{font:.9em ui-monospace,monospace}
.fix{margin:.75rem 0 0;padding-top:.6rem;border-top:1px solid var(--line)}.fix code,.todo code,.by code{background:color-mix(in srgb,var(--ink) 8%,transparent);border-radius:.2rem;padding:.05rem .25rem}
table{border-collapse:collapse;table-layout:fixed;width:100%;margin:.6rem 0 0;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .9rem .35rem 0;border-bottom:1px solid var(--line)}th{color:var(--soft);font-weight:600}article tr:last-child td{border:0}
.ev{width:38%}.wh{width:24%}.id{width:13rem}.n{width:1.5rem;color:var(--soft)}.c{width:23%}.c code{display:block;color:var(--soft)}.vd{width:5.5rem}.by{width:30%}.v{color:var(--edge);font-weight:600}
.ro td{color:var(--soft)}ul,ol{padding-left:1.25rem;margin:.25rem 0}li{margin:.2rem 0}
@media(max-width:44rem){body{padding:1.25rem .9rem}.d1,.d2,.d3,.d4{margin-left:.75rem}thead{display:none}table,tbody,tr,td{display:block}.n,.c,.by{width:auto}
tr{border-bottom:1px solid var(--line);padding:.5rem 0}article tr:last-child{border:0}td{border:0;padding:.1rem 0}td:empty{display:none}td.n{float:left;margin-right:.4rem}td.c{font-weight:600}.c code{font-weight:400}.c code{display:inline}
td[data-is]::before{content:attr(data-is) ": ";color:var(--soft)}}
@media print{body{padding:0;max-width:none}}
`;

export interface PageOptions {
  /** What was diagnosed, such as the paths as given. */
  subject: string;
  /** When, as a person reads it. */
  at: string;
  version: string;
  /** Heading of the steps. */
  story?: string;
}

export function renderHtml(diagnosis: Diagnosis, { subject, at, version, story }: PageOptions): string {
  const hash = createHash("sha256").update(STYLE).digest("base64");
  const listed = new Set(diagnosis.incidents.flatMap(({ candidates }) => candidates.map(({ cause }) => cause)));
  const from = onePlace(diagnosis);
  const shown = diagnosis.findings.map((one) => ({ ...one, evidence: one.evidence.map((proof) => without(proof, from)) }));
  const sections = SECTIONS.flatMap(({ verdict, heading }) => {
    // What is possible stands once, below the incident that it can explain.
    const findings = shown.filter((one) => one.verdict === verdict && !(verdict === "candidate" && listed.has(one.cause)));
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
${headOf(diagnosis, subject, from)}
<main>
${[storySection(diagnosis, story ?? STORY), ...sections, missedSection(diagnosis)].filter(Boolean).join("\n")}
</main>
<footer>Made ${text(at.replace(/\.\d+Z$/, "Z"))} by sallyport doctor ${text(version)}. Names and addresses in it come from what was looked at; secrets are never shown.</footer>
</body></html>
`;
}

/** The answer at a glance: how it stands, of what, and in a sentence. */
function headOf(diagnosis: Diagnosis, subject: string, from: string | undefined): string {
  const { verdict, words } = standing(diagnosis);
  return `<header class="${verdict}"><p class="state">${MARK[verdict]} ${words}</p><h1>Diagnosis of ${text(subject)}</h1>
<p class="sum">${text(summary(diagnosis))}</p>${from === undefined ? "" : `<p class="soft">${text(from.replace(/^s/, "S"))}</p>`}</header>`;
}

/** A place that the head tells is not told again with every proof. */
const without = (proof: Proof, place: string | undefined): Proof => (proof.where === place ? { ...proof, where: "" } : proof);

function card(finding: DoctorFinding, siblings: DoctorFinding[]): string {
  const { cause, verdict, title, evidence, fix, who, dependsOn } = finding;
  return `<article class="${verdict} d${depthOf(finding, siblings)}"><h3><span class="m">${MARK[verdict]}</span> ${text(title)} <code>${text(cause)}</code></h3>
${dependsOn ? `<p class="soft">goes away with ${dependsOn.map((id) => `<code>${text(id)}</code>`).join(", ")}</p>` : ""}
${proofTable(evidence)}<p class="fix"><b>What to do</b> (${text(who)}): ${prose(fix)}</p></article>`;
}

function proofTable(evidence: Proof[]): string {
  if (evidence.length === 0) return "";
  const rows = evidence.map(
    ({ what, value, where }) => `<tr><td>${place(what)}</td><td data-is="value">${place(value)}</td>${whereCell(where)}</tr>`,
  );
  return `<table><thead><tr><th class="ev">evidence</th><th>value</th><th class="wh">where</th></tr></thead><tbody>${rows.join("")}</tbody></table>\n`;
}

function ruledOut(findings: DoctorFinding[]): string {
  // One thing that was seen often rules out several causes.
  const bySight = Map.groupBy(findings, ({ evidence: [proof] }) => (proof ? `${proof.what}\0${proof.value}\0${proof.where}` : ""));
  const rows = [...bySight.values()].map((all) => {
    const causes = all.map(({ cause }) => `<span class="m">✓</span> <code>${text(cause)}</code>`).join("<br>");
    const proof = all[0]?.evidence[0];
    const why = proof ? `${place(proof.what)}: ${place(proof.value)}` : "";
    return `<tr class="ruled-out"><td>${causes}</td><td>${why}</td>${whereCell(proof?.where ?? "")}</tr>`;
  });
  const head = '<thead><tr><th class="id">cause</th><th>because of</th><th class="wh">where</th></tr></thead>';
  return `<table>${head}<tbody>${rows.join("")}</tbody></table>`;
}

const whereCell = (where: string) => (where === "" ? "<td></td>" : `<td class="soft" data-is="where">${place(where)}</td>`);

function incidentSection({ incidents, findings }: Diagnosis): string {
  if (incidents.length === 0) return "";
  const blocks = incidents.map((incident) => {
    const users = userLine(incident, 40);
    const rows = incident.candidates.map((candidate, at) => candidateRow(candidate, at + 1, findings));
    const head =
      '<thead><tr><th class="n"></th><th class="c">cause</th><th class="vd">verdict</th><th class="by">decided by</th><th>what to do</th></tr></thead>';
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
  const cell = (kind: string, is: string, body: string) => (body === "" ? "<td></td>" : `<td class="${kind}" data-is="${is}">${body}</td>`);
  const todo =
    finding && verdict === "candidate" ? `${prose(finding.fix)} (${text(finding.who)})` : verdict === "confirmed" ? "see above" : "";
  return `<tr class="${out ? "ruled-out ro" : verdict}"><td class="n">${rank}</td><td class="c">${title}<code>${text(cause)}</code></td>${cell("v", "verdict", WORD[verdict])}${cell("by", "decided by", out ? "" : prose(decidedBy))}${cell("todo", "what to do", todo)}</tr>`;
}

function storySection({ steps = [] }: Diagnosis, heading: string): string {
  if (steps.length === 0) return "";
  const items = steps.map(({ title, outcome, why }) => {
    const rests = why.length === 0 ? "" : `<ul>${why.map((line) => `<li class="soft">${text(line)}</li>`).join("")}</ul>`;
    return `<li><b>${text(title)}</b>: ${text(outcome)}${rests}</li>`;
  });
  return `<section><h2>${text(heading)}</h2><ol>${items.join("")}</ol></section>`;
}

function missedSection({ notLookedAt }: Diagnosis): string {
  if (notLookedAt.length === 0) return "";
  const items = byReason(notLookedAt).map(({ what, why }) => `<li>${text(what)}: <span class="soft">${prose(why)}</span></li>`);
  return `<section><h2>Not looked at</h2><ul>${items.join("")}</ul></section>`;
}

function text(raw: string): string {
  return clean(raw).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Paths of the registry, of files and of facts may be broken where they are divided; the name of a file stays whole. */
const place = (raw: string) => text(raw).replace(/[\\/]|\.(?=\w{12})/g, "$&<wbr>");

/** Escaped first; then what stands between backticks is set as code, and between asterisks with stress. */
const prose = (raw: string) =>
  text(raw)
    .split(/`([^`]+)`/)
    .map((part, at) => (at % 2 === 1 ? `<code>${part}</code>` : part.replace(/\*([A-Za-z][^*]*)\*/g, "<em>$1</em>")))
    .join("");

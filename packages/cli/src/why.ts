/** Joins what the org and this machine's agent know of one logon, and says it so that a tired administrator can act. */
import { findAttempt } from "@sallyport/agent";
import { CAUSES, type Cause, type CauseId, type LogonView } from "@sallyport/contracts";
import { Complaint } from "./complaint.ts";
import { agentsHere } from "./this-machine.ts";

/** What was not as it should be, whoever saw it. */
export interface Found {
  cause: CauseId;
  evidence: Record<string, unknown>;
}

type About = Pick<Cause, "title" | "administrator" | "who" | "fix">;

export interface Explained {
  found: boolean;
  value: {
    reference: string;
    cause: CauseId | null;
    result: string | null;
    findings: Found[];
    /** What the table says of the cause and of each finding. */
    about: Record<string, About>;
    org: LogonView[];
    agent: unknown[];
    missing: string[];
  };
  lines: string[];
}

/** Works with the org alone, with the agent's log alone, and says which of the two is missing. */
export async function explainLogon(askOrg: () => Promise<LogonView[]>, reference: string, state: string | undefined): Promise<Explained> {
  const missing: string[] = [];
  const org = await askOrg().catch((error: unknown) => {
    if (!(error instanceof Complaint)) throw error;
    missing.push(error.details["code"] === "E0000007" ? "the org has no record of it" : `the org: ${error.message}`);
    return [] as LogonView[];
  });
  const here = agentsHere(state);
  const agent = (await Promise.all(here.map((one) => findAttempt(reference, one.state)))).flat();
  if (here.length === 0) missing.push("no agent on this machine (give --state FOLDER where its state lies)");
  else if (agent.length === 0) missing.push(`the agent in ${here.map(({ folder }) => folder).join(" or ")} has no record of it`);
  const { cause, result } = verdict(org, agent);
  const findings = allFindings(org, agent).filter((one) => one.cause !== cause);
  const about = Object.fromEntries(
    [...(cause === null ? [] : [cause]), ...findings.map((one) => one.cause)].map((id) => [id, aboutOf(id)]),
  );
  const value = { reference, cause, result, findings, about, org, agent, missing };
  return { found: org.length + agent.length > 0, value, lines: linesOf(value) };
}

interface AgentRecord {
  result?: string;
  cause?: CauseId;
}

/** The org's cause is the true one; the agent knows better only where the org was never asked, or its answer was not taken. */
function verdict(org: LogonView[], agent: unknown[]): { cause: CauseId | null; result: string | null } {
  const own = org.length === 1 ? org[0] : undefined;
  const seen = agent.at(-1) as AgentRecord | undefined;
  if (own && own.result !== "open" && !(own.result === "allow" && seen?.result === "deny")) return { cause: own.cause, result: own.result };
  return { cause: seen?.cause ?? own?.cause ?? null, result: seen?.result ?? own?.result ?? null };
}

function aboutOf(id: CauseId): About {
  const { title, administrator, who, fix } = CAUSES[id];
  return { title, administrator, who, fix };
}

/** Each cause once; the machine's own word first, since it knows the file and the value. */
function allFindings(org: LogonView[], agent: unknown[]): Found[] {
  const own = agent.flatMap((record) => (record as { findings?: Found[] }).findings ?? []);
  const known = org.flatMap((logon) => logon.findings.map(({ cause, evidence }) => ({ cause, evidence: parsed(evidence) })));
  return [...new Map([...known, ...own].map((one) => [one.cause, one])).values()];
}

function parsed(evidence: string | undefined): Record<string, unknown> {
  try {
    return JSON.parse(evidence ?? "{}") as Record<string, unknown>;
  } catch {
    return { seen: evidence };
  }
}

/** A reference that nobody knows. */
const WHERE_TO_LOOK = [
  "  Is it mistyped? Compare it with the one at the logon; `sallyport log tail` shows those of the newest.",
  "  Does the machine belong to another org? There: --org URL, or --data FOLDER.",
  "  Was the org not reached? Then the machine alone knows it: run this there, with --state FOLDER if its agent's state lies elsewhere.",
];

function linesOf({ reference, cause, result, findings, org, agent, missing }: Explained["value"]): string[] {
  const lines: string[] = [];
  const word = result === "allow" ? "let in" : result === "deny" ? "refused" : result === "open" ? "still open" : "not found";
  lines.push(`${reference}: ${word}${cause === null ? "" : ` — ${cause}`}`);
  if (cause !== null) lines.push(...causeLines(CAUSES[cause]));
  for (const found of findings) lines.push("", ...findingLines(found));
  for (const logon of org) lines.push("", ...orgLines(logon));
  for (const record of agent) lines.push("", "What the agent saw", ...agentLines(record));
  if (org.length + agent.length === 0) lines.push("", "What to look at", ...WHERE_TO_LOOK);
  if (missing.length > 0) lines.push("", "Not looked at", ...missing.map((text) => `  ${text}`));
  return lines;
}

function causeLines(cause: Cause): string[] {
  const fixes = Object.entries(cause.fix).map(([where, fix]) => `  ${where === "any" ? "" : `${where}: `}${fix}`);
  return [`  ${cause.title}`, `  ${cause.administrator}`, "", `What to do (${cause.who})`, ...fixes];
}

function findingLines({ cause, evidence }: Found): string[] {
  const seen = Object.entries(evidence).map(([name, value]) => `  ${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
  const [title = "", ...rest] = causeLines(CAUSES[cause]);
  return [`Finding — ${cause}`, title, ...seen, ...rest];
}

/** The agent's own fields, one a line; what the org's part says already is left out. */
function agentLines(record: unknown): string[] {
  const { level: _level, event: _event, reference: _reference, findings: _findings, evidence, ...rest } = record as Record<string, unknown>;
  const shown = { ...rest, ...(typeof evidence === "object" ? evidence : { evidence }) };
  return Object.entries(shown).flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`],
  );
}

function orgLines(logon: LogonView): string[] {
  const address = logon.address === null ? "unknown address" : `${logon.address.value} (${logon.address.origin})`;
  const evidence = Object.entries(logon.evidence).map(
    ([name, value]) => `  ${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return [
    "What the org saw",
    `  ${logon.started}  ${logon.username} at ${logon.host.name} (${logon.service}, ${logon.scenario}) from ${address}`,
    `  user: ${logon.user?.login ?? "none"}   app: ${logon.app}   rule: ${logon.rule ?? "none"}   told the host: ${logon.told ?? "–"}`,
    ...evidence,
    ...logon.timeline.map((step) => `  ${step.at}  ${step.type}${step.cause ? `  ${step.cause}` : ""}${byHost(step.at, logon)}`),
    ...logon.reported.map((report) => `  ${report.at}  reported by the host: ${report.result}${report.cause ? `  ${report.cause}` : ""}`),
  ];
}

/** The host's clock at a moment of the org's, as far as the record has their difference. */
function byHost(at: string, { evidence: { offsetMs } }: LogonView): string {
  const time = typeof offsetMs === "number" ? Date.parse(at) + offsetMs : Number.NaN;
  return Number.isNaN(time) ? "" : `  (${new Date(time).toISOString()} by the host's clock)`;
}

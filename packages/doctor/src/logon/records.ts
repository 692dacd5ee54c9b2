/** The records of one logon as agent and org keep them, read out of their logs by the logon's reference. */
import { type CauseId, causeId, type LogEvent, type LogonView, logEvent } from "@sallyport/contracts";
import * as z from "zod";
import { decodeText, toBytes } from "../encoding.ts";
import { readLines } from "../lines.ts";

const evidence = z.record(z.string(), z.unknown());

/** A line of the agent's log, or of the file that the PAM module keeps while there is no agent, as far as the doctor needs it. */
export const agentRecord = z.looseObject({
  time: z.string(),
  result: z.enum(["allow", "deny"]),
  cause: causeId.optional(),
  /** The module writes one text. */
  evidence: z.union([evidence, z.string().transform((detail): Record<string, unknown> => ({ detail }))]).optional(),
  username: z.string().optional(),
  domain: z.string().optional(),
  service: z.string().optional(),
  durationMs: z.number().optional(),
  /** The org's clock at the same moment as `time`. */
  orgTime: z.string().optional(),
  /** What the agent's self-check had found by then. */
  findings: z.array(z.looseObject({ cause: causeId, evidence: evidence.optional() })).optional(),
});
/** `reported`: what the host told the org afterwards, out of the org's records; `time` is then the org's as well, as far as the host knew it. */
export type AgentRecord = z.infer<typeof agentRecord> & { where: string; reported?: boolean };

/** What the org knows: its record, or what its log says of it. */
export interface OrgRecord {
  where: string;
  host: string;
  username?: string | undefined;
  result: "open" | "allow" | "deny";
  cause?: LogEvent["cause"] | undefined;
  /** What the host heard, where that is not the cause. */
  told?: CauseId | undefined;
  evidence: Record<string, unknown>;
  /** What the org knew of the host when the logon began. */
  findings: { cause: CauseId; evidence: Record<string, unknown> }[];
  steps: { at: string; type: string; cause?: string | undefined }[];
}

export interface Records {
  agent: AgentRecord[];
  org: OrgRecord[];
}

const LONGEST_LINE = 1 << 20;
/** A reference names a logon or two; a log that repeats one endlessly is not read to its end. */
const MOST = 1000;

/** Reads an agent's log or an export of the org's log; which of the two a line is of, it says itself. */
export async function readRecords(
  reference: string,
  name: string,
  chunks: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<Records> {
  const agent: AgentRecord[] = [];
  const events: { event: LogEvent; where: string }[] = [];
  for await (const { number, text } of readLines(toBytes(chunks), LONGEST_LINE, signal)) {
    // A cheap look first: parsing every line of a large log takes long.
    if (!text.includes(reference)) continue;
    const value = parse(decodeText(text));
    if (value?.["reference"] !== reference) continue;
    const where = `${name}:${number}`;
    const event = logEvent.safeParse(value);
    const record = agentRecord.safeParse(value);
    if (event.success) events.push({ event: event.data, where });
    else if (record.success) agent.push({ ...record.data, where });
    if (agent.length + events.length >= MOST) break;
  }
  return { agent: [...agent, ...events.flatMap(fromReport)], org: fromEvents(events.filter(({ event }) => !isReport(event))) };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const ENDS: Partial<Record<LogEvent["type"], OrgRecord["result"]>> = {
  "logon.allowed": "allow",
  "logon.without-factor": "allow",
  "logon.fail-open": "allow",
  "logon.refused": "deny",
  "logon.cancelled": "deny",
};

const isReport = ({ data }: LogEvent) => data["reported"] === true;

/** What a host told afterwards is the host's word: the org decided nothing there. */
function fromReport({ event, where }: { event: LogEvent; where: string }): AgentRecord[] {
  if (!isReport(event)) return [];
  const { data, cause, outcome, published } = event;
  const at = typeof data["at"] === "string" ? data["at"] : published;
  const result = outcome === "success" ? "allow" : "deny";
  const line = {
    time: at,
    orgTime: at,
    result,
    cause,
    evidence: objectOf(data["evidence"]),
    username: data["username"],
    service: data["service"],
  };
  const record = agentRecord.safeParse(line);
  return record.success ? [{ ...record.data, where, reported: true }] : [];
}

/** One record for each host: a reference is given by the host, and two hosts may have given the same. */
function fromEvents(events: { event: LogEvent; where: string }[]): OrgRecord[] {
  const records = new Map<string, OrgRecord>();
  for (const { event, where } of events) {
    const { host = "", type, published, cause, data } = event;
    const record: OrgRecord = records.get(host) ?? {
      where,
      host: event.actor.name ?? host,
      result: "open",
      evidence: {},
      findings: [],
      steps: [],
    };
    records.set(host, record);
    record.steps.push({ at: published, type, cause });
    if (typeof data["username"] === "string") record.username = data["username"];
    const result = ENDS[type];
    if (result) Object.assign(record, { result, cause, told: toldOf(data["told"]), where, ...split(objectOf(data["evidence"])) });
  }
  return [...records.values()];
}

const toldOf = (value: unknown) => causeId.safeParse(value).data;
const objectOf = (value: unknown) => (typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {});

/** The org keeps the host's findings within the evidence of a logon. */
function split({ findings, ...evidence }: Record<string, unknown>): Pick<OrgRecord, "evidence" | "findings"> {
  const known = Array.isArray(findings) ? findings.map(objectOf) : [];
  return {
    evidence,
    findings: known.flatMap(({ cause, evidence: seen }) => {
      const id = causeId.safeParse(cause);
      return id.success ? [{ cause: id.data, evidence: seenOf(seen) }] : [];
    }),
  };
}

/** As a host sends it: JSON in a text, or a plain sentence. */
function seenOf(evidence: unknown): Record<string, unknown> {
  if (typeof evidence !== "string") return objectOf(evidence);
  return parse(evidence) ?? { seen: evidence };
}

/** The org's own answer about a logon, as the same records; `org` is empty where the org knows no more than what the host reported. */
export function fromView(view: LogonView): Records {
  const { host, username, service, result, evidence, timeline, reported, findings } = view;
  const where = "the org's record";
  const agent = reported.flatMap(({ at, result: end, cause: why, evidence: seen }): AgentRecord[] => {
    const record = agentRecord.safeParse({ time: at, orgTime: at, result: end, cause: why, evidence: seen, username, service });
    return record.success ? [{ ...record.data, where: `${where}, as the host reported`, reported: true }] : [];
  });
  if (evidence["reported"] === true) return { agent, org: [] };
  const steps = timeline.filter(({ data }) => data["reported"] !== true).map(({ at, type, cause: why }) => ({ at, type, cause: why }));
  const seen = findings.map((one) => ({ cause: one.cause, evidence: seenOf(one.evidence) }));
  const known = { cause: view.cause ?? undefined, told: view.told ?? undefined };
  return { agent, org: [{ where, host: host.name, username, result, ...known, evidence, findings: seen, steps }] };
}

/** Lines of this machine's agent that were found by somebody else; what is no record of an end is left out. */
export function fromAgentLines(lines: readonly unknown[], where: string): AgentRecord[] {
  return lines.flatMap((line) => {
    const record = agentRecord.safeParse(line);
    return record.success ? [{ ...record.data, where }] : [];
  });
}

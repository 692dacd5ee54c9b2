/** The records of one logon as agent and org keep them, read out of their logs by the logon's reference. */
import { type CauseId, causeId, type LogEvent, type LogonView, logEvent } from "@sallyport/contracts";
import * as z from "zod";
import { decodeText, toBytes } from "../encoding.ts";
import { readLines } from "../lines.ts";

/** A line of the agent's log, as far as the doctor needs it. */
export const agentRecord = z.looseObject({
  time: z.string(),
  result: z.enum(["allow", "deny"]),
  cause: causeId.optional(),
  evidence: z.record(z.string(), z.unknown()).optional(),
  username: z.string().optional(),
  domain: z.string().optional(),
  service: z.string().optional(),
  durationMs: z.number().optional(),
  /** The org's clock at the same moment as `time`. */
  orgTime: z.string().optional(),
  /** What the agent's self-check had found by then. */
  findings: z.array(z.looseObject({ cause: causeId, evidence: z.record(z.string(), z.unknown()).optional() })).optional(),
});
export type AgentRecord = z.infer<typeof agentRecord> & { where: string };

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
  return { agent, org: fromEvents(events) };
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

/** One record for each host: a reference is given by the host, and two hosts may have given the same. */
function fromEvents(events: { event: LogEvent; where: string }[]): OrgRecord[] {
  const records = new Map<string, OrgRecord>();
  for (const { event, where } of events) {
    const { host = "", type, published, cause, data } = event;
    const record: OrgRecord = records.get(host) ?? { where, host: event.actor.name ?? host, result: "open", evidence: {}, steps: [] };
    records.set(host, record);
    record.steps.push({ at: published, type, cause });
    if (typeof data["username"] === "string") record.username = data["username"];
    // What a host told afterwards is not what the org decided.
    const result = data["reported"] === true ? undefined : ENDS[type];
    if (result) Object.assign(record, { result, cause, told: toldOf(data["told"]), where, evidence: objectOf(data["evidence"]) });
  }
  return [...records.values()];
}

const toldOf = (value: unknown) => causeId.safeParse(value).data;
const objectOf = (value: unknown) => (typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {});

/** The org's own answer about a logon, as the same record. */
export function fromView({ host, username, result, cause, told, evidence, timeline }: LogonView): OrgRecord {
  const steps = timeline.map(({ at, type, cause: why }) => ({ at, type, cause: why }));
  const known = { cause: cause ?? undefined, told: told ?? undefined };
  return { where: "the org's record", host: host.name, username, result, ...known, evidence, steps };
}

/** Lines of this machine's agent that were found by somebody else; what is no record of an end is left out. */
export function fromAgentLines(lines: readonly unknown[], where: string): AgentRecord[] {
  return lines.flatMap((line) => {
    const record = agentRecord.safeParse(line);
    return record.success ? [{ ...record.data, where }] : [];
  });
}

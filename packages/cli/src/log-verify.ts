/** Verifies the system log from outside: chain by chain, hash by hash, and against the signed head and the places that agents kept. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ChainPlace, chainFault, type LogEvent, type LogHead, logHead } from "@sallyport/contracts";
import { Complaint } from "./complaint.ts";
import type { OrgClient } from "./org-client.ts";

export interface LogVerdict {
  ok: boolean;
  events: number;
  nodes: { node: string; seq: number; hash: string }[];
  faults: string[];
}

/** `state`: a host's state folder, whose agent kept the last signed head: a cut tail is found even if the org's database was edited as a whole. */
export async function verifyLog(org: OrgClient, state: string | undefined): Promise<LogVerdict> {
  const kept = state === undefined ? undefined : readKeptHead(state);
  const faults: string[] = [];
  const last = new Map<string, ChainPlace>();
  let events = 0;
  let keptSeen = kept === undefined || kept.seq === 0;
  for await (const event of org.pages<LogEvent>("/api/v1/log/chain?limit=1000")) {
    events += 1;
    const fault = chainFault(event, last.get(event.node));
    if (fault !== undefined) faults.push(fault);
    last.set(event.node, { seq: event.seq, hash: event.hash });
    if (kept && event.node === kept.node && event.seq === kept.seq) {
      keptSeen = true;
      if (event.hash !== kept.hash) faults.push(`${event.node}/${event.seq}: is not the event that the agent in ${state} was told of`);
    }
  }
  if (!keptSeen && kept)
    faults.push(`${kept.node}/${kept.seq}: the agent in ${state} was told of this event, but the log ends before it: its tail was cut off`);
  return { ok: faults.length === 0, events, nodes: [...last].map(([node, head]) => ({ node, ...head })), faults: faults.slice(0, 100) };
}

function readKeptHead(state: string): LogHead {
  const file = join(state, "head.json");
  try {
    return logHead.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw new Complaint(`${file} cannot be read as the place in the log that the agent kept: ${(error as Error).message}`);
  }
}

/** Diagnoses one logon by its reference: from logs that were handed in, or from what this machine and the org already found. */
import { basename } from "node:path";
import type { Diagnosis, LogonView } from "@sallyport/contracts";
import { readBytes, systemSays } from "../read-bytes.ts";
import { explainLogon } from "./explain-logon.ts";
import { fromAgentLines, fromView, type Records, readRecords } from "./records.ts";

/** `files`: agents' logs and exports of the org's log, in any order and of any number. */
export async function diagnoseRecords(reference: string, files: readonly string[], signal?: AbortSignal): Promise<Diagnosis> {
  const found: Records = { agent: [], org: [] };
  const missing: string[] = [];
  for (const file of files) {
    try {
      const { agent, org } = await readRecords(reference, basename(file), readBytes(file), signal);
      found.agent.push(...agent);
      found.org.push(...org);
    } catch (error) {
      signal?.throwIfAborted();
      missing.push(`${file}: ${systemSays(error)}`);
    }
  }
  return explainLogon(reference, found, missing);
}

/** From the org's answer and the lines of this machine's agent; `missing` says why one of them is not there. */
export function explainFound(
  reference: string,
  org: readonly LogonView[],
  agent: readonly unknown[],
  missing: readonly string[],
): Diagnosis {
  const views = org.map(fromView);
  const own = fromAgentLines(agent, "the agent's log on this machine");
  return explainLogon(reference, { org: views.flatMap((one) => one.org), agent: [...own, ...views.flatMap((one) => one.agent)] }, missing);
}

/** Finds what this host's own log says of one logon, by its reference. */
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readReference } from "@sallyport/contracts";
import { agentFiles, readSettings } from "./settings.ts";
import { fileExists } from "./state/files.ts";

/** One line of the agent's log as it stands there: `time` ISO 8601 UTC, `event`, `reference`, `result`, `cause`, `evidence` and more. */
export type LogRecord = Record<string, unknown> & { event: string; time: string };

/** Lines of the log, its last rotation (`agent.log.1`) and the module's own file that carry this reference, oldest first. `typed` as read aloud or pasted. `state`: the agent's folder, if it has one of its own. */
export async function findAttempt(typed: string, state?: string): Promise<LogRecord[]> {
  const reference = readReference(typed);
  if (reference === undefined) return [];
  const read = readSettings(state);
  const files = read.ok ? read.settings.files : agentFiles(state);
  // What the PAM module wrote while there was no agent comes last: an agent that has picked it up has it in its own log as well.
  const kept = join(files.state, "attempts.jsonl");
  const found: LogRecord[] = [];
  for (const file of [`${files.log}.1`, files.log, `${kept}.taken`, kept].filter(fileExists)) {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      // A cheap look first: parsing every line of a large log takes seconds.
      const record: LogRecord | undefined = line.includes(reference) ? parse(line) : undefined;
      if (record?.["reference"] === reference) found.push(record);
    }
  }
  return found;
}

function parse(line: string): LogRecord | undefined {
  try {
    const record = JSON.parse(line) as Partial<LogRecord> & { time: string };
    return { ...record, event: record.event ?? "logon" };
  } catch {
    return undefined;
  }
}

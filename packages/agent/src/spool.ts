/** Picks up the attempts that the PAM module wrote down while the agent was gone. */
import { renameSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type AttemptReport, spooledAttempt } from "@sallyport/contracts";
import type { AgentLog } from "./log.ts";
import type { Reports } from "./reports.ts";
import { fileExists, readOwnFile } from "./state/files.ts";
import { findingOfFailed } from "./windows-status.ts";

/** A module that opened the file before it was renamed has written its one line by then. */
const SETTLE_MS = 250;

/** Moves every line of `attempts.jsonl` into the reports, which are on disk themselves; lines appended meanwhile go to a new file. */
export async function pickUpAttempts(folder: string, reports: Reports, log: AgentLog): Promise<number> {
  const file = join(folder, "attempts.jsonl");
  const taken = `${file}.taken`;
  // A file that was taken but not finished (a crash in between) comes first.
  if (!fileExists(taken)) {
    if (!fileExists(file)) return 0;
    renameSync(file, taken);
    await wait(SETTLE_MS);
  }
  const read = readOwnFile(taken, { secret: true });
  if (!read.ok) {
    log.finding("attempts.unreadable", read.finding);
    return 0;
  }
  let moved = 0;
  for (const line of read.text.split("\n")) {
    if (line.trim() === "") continue;
    const report = toReport(line);
    if (!report) log.info("attempts.line-dropped", { bytes: Buffer.byteLength(line) });
    else {
      if (!reports.add(report, report.result === "allow")) return moved;
      moved += 1;
    }
  }
  unlinkSync(taken);
  return moved;
}

function toReport(line: string): AttemptReport | undefined {
  try {
    const parsed = spooledAttempt.safeParse(JSON.parse(line));
    if (!parsed.success) return undefined;
    const { time, evidence, failed, ...rest } = parsed.data;
    const { cause, evidence: why } = failed ? findingOfFailed(failed) : { cause: rest.cause, evidence: {} };
    const detail = evidence === undefined ? {} : { detail: evidence };
    return { ...rest, cause, at: Date.parse(time), evidence: { from: "provider", ...detail, ...why } };
  } catch {
    return undefined;
  }
}

/** Attempts that the org does not know of yet: kept on disk, in order, until it has taken them. */
import { join } from "node:path";
import { type AttemptReport, attemptReport } from "@sallyport/contracts";
import type { Finding } from "./finding.ts";
import type { LinkFault } from "./link/fault.ts";
import type { Org } from "./link/org.ts";
import { appendDurably, readOwnFile, writeAtomically } from "./state/files.ts";

/** Kept at most: beyond it ordinary reports are dropped and counted, so that a flood of wrong passwords cannot fill the disk. */
const MOST = 4000;
/** Room beyond that for logons let in without a factor: those are never dropped. */
const MOST_IN_ALL = 5000;
const BATCH = 200;

export class Reports {
  #file: string;
  #held: AttemptReport[] = [];
  #shipping: Promise<LinkFault | undefined> | undefined;
  /** Ordinary reports that found no room since the last shipment. */
  dropped = 0;

  constructor(folder: string) {
    this.#file = join(folder, "reports.jsonl");
  }

  get waiting(): number {
    return this.#held.length;
  }

  /** Reads what an earlier process left. A line that is no report (half-written at a power cut) is left out. */
  load(): Finding | undefined {
    const read = readOwnFile(this.#file, { secret: true });
    if (!read.ok) return read.finding.cause === "config.missing" ? undefined : read.finding;
    this.#held = read.text.split("\n").flatMap((line) => parseReport(line));
    return undefined;
  }

  /** False if there was no room or the disk refused: what must not go unreported must then not happen. */
  add(report: AttemptReport, important: boolean): boolean {
    if (this.#held.length >= (important ? MOST_IN_ALL : MOST)) {
      this.dropped += 1;
      return false;
    }
    try {
      appendDurably(this.#file, `${JSON.stringify(report)}\n`);
    } catch {
      if (important) return false;
      // An ordinary one stays in memory and is shipped from there.
    }
    this.#held.push(report);
    return true;
  }

  /** Ships all that wait, in batches; what the org took is struck off the file. One shipment at a time. */
  ship(org: Org): Promise<LinkFault | undefined> {
    this.#shipping ??= this.#ship(org).finally(() => {
      this.#shipping = undefined;
    });
    return this.#shipping;
  }

  async #ship(org: Org): Promise<LinkFault | undefined> {
    while (this.#held.length > 0) {
      const batch = this.#held.slice(0, BATCH);
      const answer = await org.report(batch);
      if (answer.kind === "fault") return answer.fault;
      if (answer.kind === "refused" && answer.status !== 400) {
        return {
          cause: answer.cause,
          evidence: answer.evidence,
          phase: "answer",
          status: answer.status,
          authenticated: true,
          viaProxy: false,
        };
      }
      // 400: the org cannot read this batch and never will; it must not stand in the way of the rest.
      this.#held = this.#held.slice(batch.length);
      writeAtomically(this.#file, this.#held.map((one) => `${JSON.stringify(one)}\n`).join(""));
    }
    this.dropped = 0;
    return undefined;
  }
}

function parseReport(line: string): AttemptReport[] {
  try {
    const parsed = attemptReport.safeParse(JSON.parse(line));
    return parsed.success ? [parsed.data] : [];
  } catch {
    return [];
  }
}

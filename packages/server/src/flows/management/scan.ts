/** Pages of a list whose condition no index answers: read on in small steps, so that no logon waits for it. */
import { setImmediate } from "node:timers/promises";
import { done, type Outcome } from "./outcome.ts";

export interface Scanned<Row> {
  rows: Row[];
  /** Where the next page goes on; absent at the end of the list. */
  next?: string | undefined;
}

export interface ScanOf<Row> {
  /** Rows behind a place, in the order of the list. */
  read(after: string | undefined, limit: number): Promise<Outcome<Row[]>>;
  placeOf(row: Row): string;
  wanted(row: Row): boolean;
  /** For a list without end: after so many rows with nothing in them the caller is told to ask for less. */
  giveUp?: { after: number; why: string };
}

/** Rows of one step: about a millisecond of the main thread. */
const STEP = 200;
/** Rows that are looked at for one page that has something already. */
const LOOKED_AT = 20_000;
/** Scans of this process at once, and those that wait for one to end. */
const AT_ONCE = 4;
const MOST_WAITING = 64;
let running = 0;
const waiting: (() => void)[] = [];

/**
 * A page is never empty while there is more: clients of the public API take an empty one for the end, although it names a next page.
 * It may be shorter than `limit`.
 */
export async function scan<Row>(list: ScanOf<Row>, page: { limit: number; after?: string | undefined }): Promise<Outcome<Scanned<Row>>> {
  if (waiting.length >= MOST_WAITING) return { kind: "overloaded" };
  if (running < AT_ONCE) running++;
  // Whoever ends passes its turn on: it is counted already.
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await readOn(list, page);
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

async function readOn<Row>(
  { read, placeOf, wanted, giveUp }: ScanOf<Row>,
  { limit, after }: { limit: number; after?: string | undefined },
): Promise<Outcome<Scanned<Row>>> {
  const rows: Row[] = [];
  let place = after;
  for (let looked = 0; ; looked += STEP) {
    if (looked >= LOOKED_AT && rows.length > 0) return done({ rows, next: place });
    if (giveUp && looked >= giveUp.after) return { kind: "invalid", causes: [giveUp.why] };
    const step = await read(place, STEP);
    if (step.kind !== "done") return step;
    for (const row of step.value) {
      if (!wanted(row)) continue;
      const last = rows.at(-1);
      if (rows.length === limit && last !== undefined) return done({ rows, next: placeOf(last) });
      rows.push(row);
    }
    const last = step.value.at(-1);
    if (step.value.length < STEP || last === undefined) return done({ rows });
    place = placeOf(last);
    await setImmediate();
  }
}

/** Gathers the exceptions of any number of log files into a few incidents, in memory that does not grow with them. */
import type { CauseId, Incident, Proof } from "@sallyport/contracts";
import { decodeText } from "../encoding.ts";
import { candidatesOf, hitsEverybody, MANY_USERS } from "./candidates.ts";
import { type Classified, classify } from "./classify.ts";
import type { LogEvent } from "./log-events.ts";
import { isForeign, readSignals } from "./signals.ts";
import { decidedBy } from "./texts.ts";
import { readStamp, type Stamp } from "./timestamps.ts";
import { readUser } from "./users.ts";

interface Heap {
  count: number;
  /** Events that proved a cause by themselves. */
  proving: number;
  proved: Map<CauseId, Proof[]>;
  evidence: Proof[];
  users: Set<string>;
  stamps: Stamp[];
  /** First and last event of the file that is being read: their times are only read when it ends. */
  first?: LogEvent;
  last?: LogEvent;
}

/** A hostile log can name any number of types and people. */
const MOST_KINDS = 64;
const MOST_USERS = 200;
const MOST_KEPT = 512;
const LONGEST_KEPT = 8192;

export class Tally {
  readonly #heaps = new Map<string, Heap>();
  /** Logs repeat themselves: the same text need not be judged twice. */
  readonly #judged = new Map<string, Classified | undefined>();
  #file = "";
  /** Events of other programs, which are left alone. */
  foreign = 0;
  /** Events of the file that is being read. */
  events = 0;

  begin(file: string): void {
    this.#file = file;
    this.events = 0;
  }

  add(event: LogEvent): void {
    const judged = this.#judge(event);
    if (!judged) return;
    if (judged.foreign) {
      this.foreign += 1;
      return;
    }
    this.events += 1;
    const heap = this.#heapOf(judged, event);
    heap.count += 1;
    if (judged.proved.length > 0) heap.proving += 1;
    heap.first ??= event;
    heap.last = event;
    for (const cause of judged.proved) if (!heap.proved.has(cause)) heap.proved.set(cause, this.#proofs(judged, event));
    if (heap.users.size < MOST_USERS) {
      const user = readUser(event.lead) ?? readUser(event.before);
      if (user !== undefined) heap.users.add(user);
    }
  }

  end(): void {
    for (const heap of this.#heaps.values()) {
      for (const event of [heap.first, heap.last]) {
        const stamp = event && (readStamp(event.lead) ?? readStamp(event.before));
        if (stamp) heap.stamps.push(stamp);
      }
      delete heap.first;
      delete heap.last;
    }
  }

  incidents(): Incident[] {
    return [...this.#heaps].map(([kind, heap]) => {
      const { first, last } = span(heap.stamps);
      return {
        kind,
        count: heap.count,
        ...(first === undefined ? {} : { first }),
        ...(last === undefined ? {} : { last }),
        users: [...heap.users].sort(),
        candidates: candidates(kind, heap),
      };
    });
  }

  #judge({ text, cut }: LogEvent): Classified | undefined {
    if (!cut && this.#judged.has(text)) return this.#judged.get(text);
    const signals = readSignals(decodeText(text));
    const judged = isForeign(signals) ? { kind: "", proved: [], shown: [], foreign: true } : classify(signals, cut);
    if (!cut && text.length <= LONGEST_KEPT) {
      if (this.#judged.size >= MOST_KEPT) this.#judged.clear();
      this.#judged.set(text, judged);
    }
    return judged;
  }

  #heapOf(judged: Classified, event: LogEvent): Heap {
    const kind = this.#heaps.has(judged.kind) || this.#heaps.size < MOST_KINDS ? judged.kind : "exception-of-other-types";
    const known = this.#heaps.get(kind);
    if (known) return known;
    const heap: Heap = { count: 0, proving: 0, proved: new Map(), evidence: this.#proofs(judged, event), users: new Set(), stamps: [] };
    this.#heaps.set(kind, heap);
    return heap;
  }

  #proofs(judged: Classified, event: LogEvent): Proof[] {
    return judged.shown.map(({ what, value }) => ({ what, value, where: `${this.#file}:${event.line}` }));
  }
}

/** Kinds whose proved cause can itself come from another: a name that does not resolve may be mistyped. */
const DEEPER = /^(?:name-not-resolved|http-\d+)$/;

function candidates(kind: string, { count, proving, proved, evidence, users }: Heap): Incident["candidates"] {
  const listed = candidatesOf(kind, users.size);
  const many: Proof[] =
    kind === "http-401" && users.size >= MANY_USERS
      ? [
          {
            what: "users refused",
            value: `${users.size} different ones, so rather the machine than one person`,
            where: evidence[0]?.where ?? "",
          },
        ]
      : [];
  const sure = [...proved].map(([cause, proofs]) => ({ cause, verdict: "confirmed" as const, evidence: proofs, decidedBy: "this log" }));
  const open = listed
    .filter((cause) => !proved.has(cause) && (proving < count || DEEPER.test(kind)))
    .map((cause) => ({
      cause,
      verdict: "candidate" as const,
      evidence: [...evidence, ...(hitsEverybody(cause) ? many : [])],
      decidedBy: decidedBy(cause),
    }));
  return [...sure, ...open];
}

/** Earliest and latest where all can be ordered, else in the order of reading. */
function span(stamps: Stamp[]): { first?: string; last?: string } {
  const sorted = stamps.every(({ key }) => key !== undefined) ? [...stamps].sort((a, b) => (a.key ?? 0) - (b.key ?? 0)) : stamps;
  const [first, last] = [sorted[0]?.text, sorted.at(-1)?.text];
  return { ...(first === undefined ? {} : { first }), ...(last === undefined ? {} : { last }) };
}

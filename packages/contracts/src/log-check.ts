/** Checks the chains of a log, event by event as they come, and against the places in it that were signed or kept elsewhere. */
import type { LogHead } from "./host-link.ts";
import { type ChainPlace, chainFault, type LogEvent } from "./log.ts";

/** A place that the log must have. `whose`: who says so, such as `checkpoint 17`. */
export interface Mark extends LogHead {
  whose: string;
  /** True for what the org signed: only such a place stands in for events that were removed before it. */
  signed: boolean;
}

/** Events come node by node, each node's in order. `faults` and `notes` are one sentence each. */
export class ChainCheck {
  events = 0;
  readonly faults: string[] = [];
  /** What is missing and accounted for: removed by age, or lost by a restore or a failover. */
  readonly notes: string[] = [];
  readonly #marks: Mark[];
  readonly #atPlace = new Map<string, Mark[]>();
  readonly #met = new Set<Mark>();
  readonly #first = new Map<string, number>();
  readonly #last = new Map<string, ChainPlace>();
  readonly #removed = new Map<string, number>();
  readonly #restored: (LogHead & { how: string })[] = [];

  constructor(marks: Mark[]) {
    this.#marks = marks;
    for (const mark of marks) {
      const place = `${mark.node}/${mark.seq}`;
      this.#atPlace.set(place, [...(this.#atPlace.get(place) ?? []), mark]);
    }
  }

  take(event: LogEvent): void {
    this.events += 1;
    const { node, seq, hash } = event;
    let before = this.#last.get(node);
    if (!before && seq > 1) {
      // Whether it may begin here is judged at the end, when everything that could say so was read.
      before = { seq: seq - 1, hash: event.previous };
      this.#meet(node, before);
    }
    if (!this.#last.has(node)) this.#first.set(node, seq);
    const fault = chainFault(event, before);
    if (fault !== undefined) this.faults.push(fault);
    this.#last.set(node, { seq, hash });
    this.#meet(node, { seq, hash });
    if (event.type === "log.removed") this.#noteRemoved(event);
    if (event.type === "org.restored") this.#noteRestored(event, "restore");
    if (event.type === "org.timeline-changed") this.#noteRestored(event, "failover");
  }

  /** To be called once, after the last event. */
  end(): void {
    for (const [node, first] of this.#first) if (first > 1) this.#judgeBeginning(node, first);
    for (const mark of this.#marks) if (!this.#met.has(mark) && mark.seq > 0) this.#judgeUnmet(mark);
  }

  heads(): LogHead[] {
    return [...this.#last].map(([node, place]) => ({ node, ...place }));
  }

  #meet(node: string, { seq, hash }: ChainPlace): void {
    for (const mark of this.#atPlace.get(`${node}/${seq}`) ?? []) {
      this.#met.add(mark);
      if (mark.hash !== hash) this.faults.push(`${node}/${seq}: is not the event that ${mark.whose} names`);
    }
  }

  #noteRemoved({ data }: LogEvent): void {
    const { node, to } = data as { node?: unknown; to?: unknown };
    if (typeof node === "string" && typeof to === "number") this.#removed.set(node, Math.max(to, this.#removed.get(node) ?? 0));
  }

  #noteRestored({ data, published }: LogEvent, what: "restore" | "failover"): void {
    for (const { node, seq, hash } of (data["heads"] as LogHead[] | undefined) ?? [])
      this.#restored.push({ node, seq, hash, how: `the ${what} of ${published}` });
  }

  #judgeBeginning(node: string, first: number): void {
    const said = (this.#removed.get(node) ?? 0) >= first - 1;
    const anchored = this.#marks.some((mark) => mark.signed && mark.node === node && mark.seq >= first - 1 && this.#met.has(mark));
    if (said && anchored) this.notes.push(`${node}: the events up to ${first - 1} were removed by age`);
    else if (said) this.faults.push(`${node}/${first}: no signed checkpoint joins it to the events that were removed before it`);
    else this.faults.push(`${node}/${first}: the events before it are missing, and no event of the log says that they were removed`);
  }

  #judgeUnmet({ node, seq, whose }: Mark): void {
    const first = this.#first.get(node);
    if ((first !== undefined && seq < first) || seq <= (this.#removed.get(node) ?? 0)) return;
    const last = this.#last.get(node) ?? { seq: 0, hash: "" };
    const restore = this.#restored.find((one) => one.node === node && one.seq === last.seq && one.hash === last.hash);
    if (restore && seq > last.seq) {
      this.notes.push(`${node}: ${restore.how} lost what came after ${last.seq}; ${whose} names ${seq}`);
      return;
    }
    this.faults.push(`${node}/${seq}: ${whose} names this event, but the log ends before it: its tail was cut off`);
  }
}

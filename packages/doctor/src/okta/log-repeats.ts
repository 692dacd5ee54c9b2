/** Recognises an event that stands in the log again byte by byte, as most do: it need not be read a second time. */
import { goesOn } from "./read-event.ts";

interface Repeat {
  body: Buffer;
  /** Offset of the hit within the body. */
  hit: number;
  /** Line feeds within the body. */
  feeds: number;
  text: string;
  lastPart: string;
}

export interface Found {
  hit: number;
  /** End of the event in the buffer. */
  end: number;
  feeds: number;
  text: string;
}

const MOST = 8;
const LONGEST = 8192;
/** So much of what follows tells whether the stack goes on. */
const FOLLOWING = 320;

/** After so many events without a repeat, only some are still kept: a log in which each is unique should not pay for it. */
const PATIENCE = 32;

export class Repeats {
  #kept: Repeat[] = [];
  #misses = 0;

  /** The event around `hit`, if one just like it was read before and it ends at the same place. */
  find(view: Buffer, hit: number, earliest: number): Found | undefined {
    for (let index = 0; index < this.#kept.length; index++) {
      const one = this.#kept[index] as Repeat;
      const start = hit - one.hit;
      const end = start + one.body.length;
      if (start < earliest || end > view.length - FOLLOWING) continue;
      if (view[end - 1] !== one.body[one.body.length - 1] || one.body.compare(view, start, end) !== 0) continue;
      if (start > 0 && isWord(view[start - 1] as number)) continue;
      if (goesOn(view.toString("latin1", end, end + FOLLOWING), one.lastPart)) continue;
      if (index > 0) [this.#kept[0], this.#kept[index]] = [one, this.#kept[0] as Repeat];
      this.#misses = 0;
      return { hit: one.hit, end, feeds: one.feeds, text: one.text };
    }
    return undefined;
  }

  keep(view: Buffer, { start, hit, end, text }: { start: number; hit: number; end: number; text: string }): void {
    // An event that was found by something before it cannot be found again by its body.
    if (hit < start || end - start > LONGEST) return;
    this.#misses += 1;
    if (this.#misses > PATIENCE && this.#misses % PATIENCE !== 0) return;
    const body = Buffer.from(view.subarray(start, end));
    let feeds = 0;
    for (let feed = body.indexOf(10); feed !== -1; feed = body.indexOf(10, feed + 1)) feeds += 1;
    this.#kept = [{ body, hit: hit - start, feeds, text, lastPart: text.slice(text.lastIndexOf("\n") + 1) }, ...this.#kept].slice(0, MOST);
  }
}

/** A byte of a name: what stands before it then belongs to the name. */
const isWord = (byte: number) =>
  byte === 46 || byte === 95 || (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122);

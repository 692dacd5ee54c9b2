/** Finds the exceptions in a log of any size: bytes in, events out, in bounded memory and without decoding the lines between. */
import { startsEvent } from "./log-pieces.ts";
import { Repeats } from "./log-repeats.ts";
import { headOf, readEvent } from "./read-event.ts";

/** One exception with its stack, or one dialog. Texts are bytes read as latin-1: `decodeText` makes the true text of them. */
export interface LogEvent {
  /** 1-based line where it begins. */
  line: number;
  /** What stands before it on its line: mostly the time. */
  lead: string;
  /** The lines just before it, as far as they are no event's. */
  before: string;
  /** From the exception's type to the end of its stack, parts joined by line feeds. */
  text: string;
  /** The data ends within it. */
  cut: boolean;
}

/** What an interesting line must hold. Types and names of methods are the same in every language of Windows. */
const NEEDLES = [
  "Exception",
  "StateTokenUsingJwt(",
  "OktaWidgetForm..ctor(",
  ".unencryptData(",
  "'HS256'",
  "IDX10",
  "MFA Bypass",
  "Display Failed",
  "Factor Authentication Failed",
  "not signed by a valid security certificate",
].map((text) => Buffer.from(text));

const CAPACITY = 4 << 20;
/** An event never reaches further than this; what is longer is cut. */
export const LONGEST_EVENT = 64 << 10;
const LINE_FEED = 10;
const LOOK_BACK = 2048;
/** A line without an end is looked at from here on. */
const LONGEST_LEAD = 4096;
const NONE = Number.POSITIVE_INFINITY;

/** Push bytes of UTF-8 or any 8-bit code page; each event comes out once, in order. */
export class LogEvents {
  readonly #buffer = Buffer.allocUnsafe(CAPACITY);
  readonly #onEvent: (event: LogEvent) => void;
  readonly #repeats = new Repeats();
  /** Where each needle is found next, at or after `#at`; -1 to look again. */
  readonly #next = NEEDLES.map(() => -1);
  /** The filled part of the buffer, while it is scanned. */
  #view: Buffer = this.#buffer.subarray(0, 0);
  #length = 0;
  /** Everything before this position is dealt with. */
  #at = 0;
  /** End of the event before, so that no line counts for two. */
  #lastEnd = 0;
  #seenEvent = false;
  /** Lines are counted up to here; the next line feed behind it, -1 if not yet looked for. */
  #counted = 0;
  #feed = -1;
  #line = 1;

  constructor(onEvent: (event: LogEvent) => void) {
    this.#onEvent = onEvent;
  }

  push(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length; ) {
      const taken = Math.min(chunk.length - from, CAPACITY - this.#length);
      this.#buffer.set(chunk.subarray(from, from + taken), this.#length);
      this.#length += taken;
      from += taken;
      if (this.#length === CAPACITY) this.#scan(this.#length - 2 * LONGEST_EVENT);
    }
  }

  /** Nothing follows; the next byte pushed is the first of another file. */
  end(): void {
    this.#scan(this.#length);
    this.#length = this.#at = this.#lastEnd = this.#counted = 0;
    this.#line = 1;
    this.#seenEvent = false;
  }

  /** Events that begin before `limit`; what stands behind it may still grow. */
  #scan(limit: number): void {
    this.#view = this.#buffer.subarray(0, this.#length);
    this.#next.fill(-1);
    this.#feed = -1;
    for (let hit = this.#nextHit(); hit < limit; hit = this.#nextHit()) this.#take(hit);
    this.#at = Math.max(this.#at, limit);
    const keep = Math.max(0, this.#at - LONGEST_LEAD);
    this.#countTo(keep);
    this.#buffer.copyWithin(0, keep, this.#length);
    this.#length -= keep;
    this.#at -= keep;
    this.#lastEnd = Math.max(0, this.#lastEnd - keep);
    this.#counted -= keep;
  }

  #nextHit(): number {
    let nearest = NONE;
    for (let index = 0; index < NEEDLES.length; index++) {
      let hit = this.#next[index] as number;
      if (hit < this.#at) {
        hit = this.#view.indexOf(NEEDLES[index] as Buffer, this.#at);
        if (hit === -1) hit = NONE;
        this.#next[index] = hit;
      }
      if (hit < nearest) nearest = hit;
    }
    return nearest;
  }

  /** Takes the event around a hit; moves `#at` beyond the hit in any case. */
  #take(hit: number): void {
    const earliest = Math.max(this.#lastEnd, hit - LONGEST_LEAD);
    const repeat = this.#repeats.find(this.#view, hit, earliest);
    if (repeat) {
      const start = hit - repeat.hit;
      this.#tell(start, repeat.text, repeat.end, lineStart(this.#view, earliest, start));
      this.#countTo(start);
      this.#line += repeat.feeds;
      this.#counted = repeat.end;
      return;
    }
    const from = lineStart(this.#view, earliest, hit);
    const headless = !this.#seenEvent || hit - this.#lastEnd > LONGEST_LEAD;
    const window = (length: number) => this.#view.toString("latin1", from, Math.min(this.#length, from + length));
    const read = readEvent(window, hit - from, headless);
    if ("nothingUntil" in read) {
      // A line that only speaks of exceptions is not looked at again for each time that it does.
      this.#at = Math.max(from + read.nothingUntil, hit + 1);
      return;
    }
    const end = Math.max(from + read.end, hit + 1);
    if (startsEvent(read.text, false) === 0) {
      this.#repeats.keep(this.#view, { start: from + read.start, hit, end, text: read.text });
      this.#tell(from + read.start, read.text, end, from + read.piece);
    } else this.#tellHeadless(earliest, from + read.piece, from + read.start, read.text, end);
  }

  /** A stack that was found by its later frames: what is left of its head stands before it. */
  #tellHeadless(earliest: number, piece: number, start: number, text: string, end: number): void {
    const head = headOf(this.#view.toString("latin1", earliest, piece));
    const from = head ? earliest + head.start : start;
    this.#tell(from, head ? `${head.text}\n${text}` : text, end, lineStart(this.#view, earliest, from));
  }

  #tell(start: number, text: string, end: number, lead: number): void {
    this.#countTo(start);
    this.#onEvent({
      line: this.#line,
      lead: this.#view.toString("latin1", lead, start),
      before: this.#view.toString("latin1", Math.max(this.#lastEnd, lead - LOOK_BACK, 0), lead),
      text,
      cut: end >= this.#length,
    });
    this.#seenEvent = true;
    this.#at = this.#lastEnd = end;
  }

  /** Counts lines up to a position. The next line feed is remembered: a line of gigabytes must not be searched again and again. */
  #countTo(position: number): void {
    if (this.#feed < this.#counted) this.#feed = this.#feedFrom(this.#counted);
    while (this.#feed < position) {
      this.#line += 1;
      this.#feed = this.#feedFrom(this.#feed + 1);
    }
    this.#counted = Math.max(this.#counted, position);
  }

  #feedFrom(position: number): number {
    const feed = this.#view.indexOf(LINE_FEED, position);
    return feed === -1 ? NONE : feed;
  }
}

/** Start of the line that holds `position`, not before `earliest`. */
function lineStart(view: Buffer, earliest: number, position: number): number {
  let at = position;
  while (at > earliest && view[at - 1] !== LINE_FEED) at -= 1;
  return at;
}

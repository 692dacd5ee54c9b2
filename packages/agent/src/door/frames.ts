/** Cuts what comes through the door into frames and reads each by the schema; writes frames. */
import { type AgentFrame, LIMITS, type ProviderFrame, providerFrame } from "@sallyport/contracts";
import { readStrictJson } from "@sallyport/settings";
import { Refusal } from "../finding.ts";

const NEWLINE = 0x0a;

/** Collects bytes until a line is whole. Never holds more than one frame's limit. */
export class FrameCutter {
  #parts: Buffer[] = [];
  #size = 0;

  /** Whole lines without their newline, in order. Throws `door.malformed` as soon as a line must be longer than the limit. */
  *push(chunk: Buffer): Generator<Buffer> {
    let rest = chunk;
    for (let at = rest.indexOf(NEWLINE); at >= 0; at = rest.indexOf(NEWLINE)) {
      const line = Buffer.concat([...this.#parts, rest.subarray(0, at)]);
      if (line.length + 1 > LIMITS.frameBytes) throw tooLong(line.length + 1);
      this.#parts = [];
      this.#size = 0;
      rest = rest.subarray(at + 1);
      yield line;
    }
    this.#size += rest.length;
    if (this.#size + 1 > LIMITS.frameBytes) throw tooLong(this.#size);
    if (rest.length > 0) this.#parts.push(rest);
  }
}

function tooLong(bytes: number): Refusal {
  return new Refusal("door.malformed", { direction: "in", reason: "the frame is too long", bytes });
}

/** Reads one line. Throws `door.malformed` with the place and reason, never with what stood there: it may be a password. */
export function readFrame(line: Buffer): ProviderFrame {
  const bytes = line.length + 1;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(line);
  } catch {
    throw new Refusal("door.malformed", { direction: "in", reason: "not UTF-8", bytes });
  }
  const read = readStrictJson(text, providerFrame, { file: "frame", depth: LIMITS.depth });
  if (read.ok) return read.value;
  // The place alone: even a key's name may be what a person typed.
  const reason = `not a frame of the door, at column ${read.complaints[0]?.column ?? 1}`;
  throw new Refusal("door.malformed", { direction: "in", reason, bytes });
}

export function writeFrame(frame: AgentFrame): string {
  return `${JSON.stringify(frame)}\n`;
}

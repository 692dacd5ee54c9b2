/** Finds out how a text is encoded, and hands it on as UTF-8 or 8-bit bytes. */
import { TextDecoder } from "node:util";

export type Encoding = "utf-8" | "utf-16le" | "utf-16be";

/** By byte order mark, else by where the zero bytes of Latin letters, digits and blanks stand. Anything else is read as 8-bit bytes. */
export function detectEncoding(head: Uint8Array): { encoding: Encoding; mark: number } {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: "utf-8", mark: 3 };
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: "utf-16le", mark: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: "utf-16be", mark: 2 };
  const zeros = [0, 0];
  for (let at = 0; at < head.length; at++) if (head[at] === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const pairs = head.length / 2;
  if (odd > pairs * 0.3 && odd > even * 4) return { encoding: "utf-16le", mark: 0 };
  if (even > pairs * 0.3 && even > odd * 4) return { encoding: "utf-16be", mark: 0 };
  return { encoding: "utf-8", mark: 0 };
}

/** True for bytes that are no text in any of these encodings: a program, a picture, an archive. */
export function isBinary(head: Uint8Array): boolean {
  if (detectEncoding(head).encoding !== "utf-8") return false;
  let odd = 0;
  for (const byte of head)
    if (byte === 0 || (byte < 32 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13 && byte !== 27)) odd += 1;
  return odd > head.length * 0.02;
}

const HEAD = 4096;

/** UTF-16 becomes UTF-8, everything else passes as it is; a byte order mark is taken off. Each chunk is only good until the next one. */
export async function* toBytes(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let decoder: TextDecoder | undefined;
  let started = false;
  let held: Uint8Array = new Uint8Array(0);
  const convert = (part: Uint8Array, stream: boolean) => (decoder ? Buffer.from(decoder.decode(part, { stream })) : part);
  const start = (head: Uint8Array) => {
    started = true;
    const { encoding, mark } = detectEncoding(head.subarray(0, HEAD));
    if (encoding !== "utf-8") decoder = new TextDecoder(encoding, { ignoreBOM: true });
    return head.subarray(mark);
  };
  for await (const chunk of chunks) {
    if (started) {
      yield convert(chunk, true);
      continue;
    }
    held = Buffer.concat([held, chunk]);
    if (held.length >= HEAD) yield convert(start(held), true);
  }
  if (!started) yield convert(start(held), true);
  if (decoder) yield Buffer.from(decoder.decode());
}

/** Bytes that were read as latin-1: UTF-8 if they are, else the code page of Western Windows. */
export function decodeText(latin1: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what has no byte above 127 needs no decoding
  if (/^[\u0000-\u007f]*$/.test(latin1)) return latin1;
  return decodeBytes(Buffer.from(latin1, "latin1"));
}

/** A whole small file as text, whatever its encoding. */
export function decodeFile(bytes: Uint8Array): string {
  const { encoding, mark } = detectEncoding(bytes.subarray(0, HEAD));
  const body = bytes.subarray(mark);
  return encoding === "utf-8" ? decodeBytes(body) : new TextDecoder(encoding, { ignoreBOM: true }).decode(body);
}

function decodeBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

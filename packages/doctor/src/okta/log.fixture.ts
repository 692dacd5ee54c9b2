/** Writes logs as any logger might, and reads them back in memory. */
import type { Incident } from "@sallyport/contracts";
import { logReader } from "./read-log.ts";
import type { Sample } from "./sample.fixture.ts";
import { Tally } from "./tally.ts";

/** Between the parts of one exception: as the vendor's pages print them, as real lines, as a shipper writes them out, or nothing. */
export const SEPARATORS = ["<CR><LF> ", "<CR><LF>   ", "\r\n   ", "\n    ", "\\r\\n   ", "\\n   ", "&#xD;&#xA;   ", "\r   "] as const;
export const LINE_ENDS = ["\n", "\r\n", "\r"] as const;
export const PREFIXES = [
  "",
  "2026-05-06 10:00:00,123 [5] ERROR ",
  "2026-05-06T10:00:00.123Z ",
  "[24-11-2023 09:26:54] [Widget.cs:109] ",
  "5/6/2026 10:00:00 AM\tError\t",
  "06.05.2026 10:00:00: ",
  "<11>1 2026-05-06T10:00:00+02:00 SRV01 OktaWidget 44 - - ",
  "2017-10-20 14:50:40,983 [1108|29|DEBUG] OktaWidget[NativeLib]: ",
  '{"time":"2026-05-06T10:00:00Z","message":"',
] as const;
export const ENCODINGS = [
  "utf-8",
  "utf-8 with mark",
  "utf-16le",
  "utf-16le with mark",
  "utf-16be",
  "utf-16be with mark",
  "windows-1252",
] as const;
export type Encoding = (typeof ENCODINGS)[number];

export const joinSample = ({ parts }: Sample, separator: string) => parts.join(separator);

export function encode(text: string, encoding: Encoding): Buffer {
  if (encoding === "windows-1252") return Buffer.from(text.replace(/[\u0100-\uffff]/g, "?"), "latin1");
  const marked = encoding.endsWith("mark") ? `\ufeff${text}` : text;
  if (encoding.startsWith("utf-8")) return Buffer.from(marked, "utf8");
  const little = Buffer.from(marked, "utf16le");
  return encoding.startsWith("utf-16be") ? little.swap16() : little;
}

/** In chunks of `size` bytes, each wiped after its use: a reader that keeps one finds nothing in it. */
export async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) {
    const chunk = Buffer.from(bytes.subarray(from, from + size));
    yield chunk;
    chunk.fill(0x58);
  }
}

export async function readLogBytes(bytes: Uint8Array, chunk = 1 << 16): Promise<Incident[]> {
  const tally = new Tally();
  await logReader(tally).read("OktaWidget.log", inChunks(bytes, chunk));
  return tally.incidents();
}

/** What must not change with the log's form: kinds, counts, proved causes and the order of the others. */
export function verdictOf(incidents: Incident[]): string[] {
  return incidents
    .map(({ kind, count, candidates }) => `${count} × ${kind}: ${candidates.map(({ cause, verdict }) => `${cause}=${verdict}`).join(" ")}`)
    .sort();
}

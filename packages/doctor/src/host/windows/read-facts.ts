/** Reads the file of facts strictly, and says by line, column and path what is wrong with it. */
import { describeComplaint, readStrictJson } from "@sallyport/settings";
import { decodeFile } from "../../encoding.ts";
import { type WindowsFacts, windowsFacts } from "./facts.ts";

export type FactsRead = { ok: true; facts: WindowsFacts } | { ok: false; complaints: string[] };

/** More complaints than these only repeat that it is another file. */
const MOST_COMPLAINTS = 8;

/** `content`: bytes in UTF-8 or UTF-16 (Windows PowerShell writes both), with or without a byte order mark; or text. */
export function readWindowsFacts(content: Uint8Array | string, file = "facts.json"): FactsRead {
  const text = typeof content === "string" ? content.replace(/^\ufeff/, "") : decodeFile(content);
  const read = readStrictJson(text, windowsFacts, { file });
  if (read.ok) return { ok: true, facts: read.value };
  return { ok: false, complaints: read.complaints.slice(0, MOST_COMPLAINTS).map((one) => describeComplaint(file, one)) };
}

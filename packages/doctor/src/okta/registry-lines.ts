/** Takes the lines of a registry export apart: keys, values (also over several lines), and what is neither. */
import type { Line } from "../lines.ts";

export type RegistryEntry =
  | { kind: "key"; path: string; deleted: boolean; line: number }
  /** `name` in the case of the file, empty for the default value; `text` as written, its lines joined. */
  | { kind: "value"; name: string; text: string; line: number }
  | { kind: "odd"; says: string; line: number; column: number };

/** Source: the first line of an export, “Version 5.00” in UTF-16 or REGEDIT4 in the code page. */
export const REGISTRY_HEAD = /^\s*(?:Windows Registry Editor Version|REGEDIT4)/;

/** A longer value is nobody's setting. */
const LONGEST_VALUE = 1 << 16;

const KEY = /^\s*\[(-?)(HK[^\]]+)\]/i;
const VALUE = /^\s*(?:"((?:[^"\\]|\\.)*)"|(@))\s*=\s*(.*)$/;
/** Bytes in hexadecimal, as they stand alone in the second and later lines of a binary value. */
const BYTES = /^\s*(?:[0-9a-f]{2}\s*,\s*)*(?:[0-9a-f]{2})?\s*\\?\s*$/i;
/** Ends in a quote that is not escaped. */
const CLOSED = /(?<!\\)(?:\\\\)*"$/;
const SKIPPED = /^\s*(?:;.*)?$/;

interface Open {
  name: string;
  text: string;
  line: number;
  isText: boolean;
}

/** `longest`: a line of that length was cut, so that its end says nothing. */
export async function* registryEntries(lines: AsyncIterable<Line>, longest: number): AsyncGenerator<RegistryEntry> {
  let open: Open | undefined;
  for await (const { number, text } of lines) {
    if (open) {
      const went = goOn(open, text);
      if (went === "on") continue;
      yield* went === "ended" ? finished(open) : [unfinished(open)];
      open = undefined;
      if (went === "ended") continue;
    }
    const key = KEY.exec(text);
    if (key) {
      yield { kind: "key", path: key[2] ?? "", deleted: key[1] === "-", line: number };
      continue;
    }
    const value = VALUE.exec(text);
    if (value) {
      const one = begin(value[1] ?? "", (value[3] ?? "").trimEnd(), number);
      if (text.length < longest && isOpen(one)) open = one;
      else yield* finished(one);
    } else if (!SKIPPED.test(text) && !(number === 1 && REGISTRY_HEAD.test(text))) {
      yield { kind: "odd", says: "neither a key in brackets, a value nor a comment", line: number, column: text.search(/\S/) + 1 };
    }
  }
  if (open) yield unfinished(open);
}

const begin = (name: string, text: string, line: number): Open => ({ name, text, line, isText: text.startsWith('"') });
const isOpen = ({ text, isText }: Open) => (isText ? text.length < 2 || !CLOSED.test(text) : /^hex\b/i.test(text) && text.endsWith("\\"));

/** Takes the next line into the value; `broken` where that line begins something else: an end was lost, and no more must be lost with it. */
function goOn(open: Open, next: string): "on" | "ended" | "broken" {
  if (KEY.test(next) || VALUE.test(next)) return "broken";
  const line = next.trimEnd();
  if (!open.isText && (line === "" || !BYTES.test(line))) return "broken";
  if (open.text.length < LONGEST_VALUE) open.text = open.isText ? `${open.text}\n${line}` : open.text.slice(0, -1) + line.trimStart();
  const goesOn = open.isText ? !CLOSED.test(line) : line.endsWith("\\");
  return goesOn ? "on" : "ended";
}

function finished({ name, text, line }: Open): RegistryEntry[] {
  const says = brokenOff(text);
  return [...(says === undefined ? [] : [{ kind: "odd" as const, says, line, column: 1 }]), { kind: "value", name, text, line }];
}

/** A number that lost a digit is another number. */
function brokenOff(text: string): string | undefined {
  if (text === "") return "nothing stands behind the name of this value";
  if (/^dword:/i.test(text) && !/^dword:[0-9a-f]{8}$/i.test(text)) return "an export writes a number in eight digits";
  return /^hex\b.*,$/is.test(text) ? "the bytes of this value break off" : undefined;
}

function unfinished({ isText, line }: Open): Extract<RegistryEntry, { kind: "odd" }> {
  const says = isText ? "the text of this value has no end" : "the bytes of this value break off";
  return { kind: "odd", says, line, column: 1 };
}

/** What a value holds: a number, a text, or a list of texts (`hex(7)`, UTF-16). Other kinds hold no setting. */
export function registryValue(text: string): number | string | string[] | undefined {
  const dword = /^dword:([0-9a-f]{1,8})\s*$/i.exec(text)?.[1];
  if (dword !== undefined) return Number.parseInt(dword, 16);
  if (text.startsWith('"')) return text.replace(/^"|"\s*$/g, "").replace(/\\(.)/gs, "$1");
  const hex = /^hex\(([127])\):([0-9a-f,\s]*)$/i.exec(text);
  if (!hex) return undefined;
  const said = Buffer.from((hex[2] ?? "").replace(/[,\s]/g, ""), "hex").toString("utf16le");
  const parts = said.split("\0").filter((part) => part !== "");
  return hex[1] === "7" ? parts : (parts[0] ?? "");
}

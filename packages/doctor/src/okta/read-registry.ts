/** Reads an export of the registry (`reg export`, regedit): is the provider on, is its filter registered, may .NET speak TLS 1.2. */
import type { Missed, Seen } from "../check.ts";
import { toBytes } from "../encoding.ts";
import { readLines } from "../lines.ts";
import { judgeRegistry, type KeySeen, WANTED } from "./registry-rules.ts";

/** Source: the first line of an export, “Version 5.00” in UTF-16 or REGEDIT4 in the code page. */
export const REGISTRY_HEAD = /^\s*(?:Windows Registry Editor Version|REGEDIT4)/;

/** Longest line that is read; a longer one is a binary value that nobody asks for. */
const LONGEST_LINE = 4096;
const MOST_KEYS = 2000;

export async function readRegistry(
  name: string,
  chunks: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<{ seen: Seen[]; missed: Missed[] }> {
  const keys = new Map<string, KeySeen>();
  let key: KeySeen | undefined;
  for await (const { number: line, text } of readLines(toBytes(chunks), LONGEST_LINE, signal)) {
    const header = /^\s*\[(-?)(HK[^\]]+)\]/i.exec(text);
    if (header) {
      key = open(keys, header[2] ?? "", header[1] === "-", `${name}:${line}`);
      continue;
    }
    const value = /^\s*(?:"((?:[^"\\]|\\.)*)"|(@))\s*=\s*(.*)$/.exec(text);
    if (key && value) key.values.set((value[1] ?? "").toLowerCase(), { text: (value[3] ?? "").trim(), where: `${name}:${line}` });
  }
  return judgeRegistry([...keys.values()], name);
}

/** Keeps only keys that a rule asks for: an export can be the whole registry. */
function open(keys: Map<string, KeySeen>, path: string, deleted: boolean, where: string): KeySeen | undefined {
  const plain = path.replace(/^HKEY_LOCAL_MACHINE|^HKLM/i, "HKLM").toLowerCase();
  if (!WANTED.test(plain)) return undefined;
  const known = keys.get(plain);
  if (known) {
    known.deleted = deleted;
    return known;
  }
  if (keys.size >= MOST_KEYS) return undefined;
  const key: KeySeen = { path: plain, where, deleted, values: new Map() };
  keys.set(plain, key);
  return key;
}

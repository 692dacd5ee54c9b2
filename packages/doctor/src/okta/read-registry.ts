/** Reads an export of the registry (`reg export`, regedit): is the provider on, is its filter registered, may .NET speak TLS 1.2. */
import type { Missed, Seen } from "../check.ts";
import { toBytes } from "./encoding.ts";
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
  let line = 0;
  for await (const text of linesOf(chunks, signal)) {
    line += 1;
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

/** Lines of an export as latin-1: names and numbers are ASCII. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of toBytes(chunks)) {
    signal?.throwIfAborted();
    const lines = (rest + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1")).split(/\r?\n|\r(?!\n|$)/);
    rest = (lines.pop() ?? "").slice(0, LONGEST_LINE);
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** Reads an export of the registry (`reg export`, regedit): is the provider on, is its filter registered, may .NET speak TLS 1.2. */
import type { Missed, Seen } from "../check.ts";
import { toBytes } from "../encoding.ts";
import { readLines } from "../lines.ts";
import { type RegistryEntry, registryEntries } from "./registry-lines.ts";
import { judgeRegistry, type KeySeen, WANTED } from "./registry-rules.ts";

/** Longest line that is read; a longer one is a binary value that nobody asks for. */
const LONGEST_LINE = 4096;
const MOST_KEYS = 2000;
/** More odd lines than these only repeat that it is no export. */
const MOST_ODD = 8;

export interface RegistryRead {
  seen: Seen[];
  missed: Missed[];
  /** Those that a rule asks for. */
  keys: KeySeen[];
  /** Lines that no export has, the first of them. */
  odd: Extract<RegistryEntry, { kind: "odd" }>[];
}

export async function readRegistry(name: string, chunks: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<RegistryRead> {
  const keys = new Map<string, KeySeen>();
  const odd: RegistryRead["odd"] = [];
  let key: KeySeen | undefined;
  for await (const entry of registryEntries(readLines(toBytes(chunks), LONGEST_LINE, signal), LONGEST_LINE)) {
    if (entry.kind === "key") key = open(keys, entry.path, entry.deleted, `${name}:${entry.line}`);
    else if (entry.kind === "value") key?.values.set(entry.name.toLowerCase(), { text: entry.text.trim(), where: `${name}:${entry.line}` });
    else if (odd.length < MOST_ODD) odd.push(entry);
  }
  return { ...judgeRegistry([...keys.values()], name), keys: [...keys.values()], odd };
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

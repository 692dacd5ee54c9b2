/** Finds and opens the other product's files below the given paths: logs, settings, registry exports. */
import { lstat, open, readdir, stat } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import type { Missed } from "../check.ts";
import { decodeFile, isBinary } from "../encoding.ts";
import { systemSays } from "../read-bytes.ts";
import { REGISTRY_HEAD } from "./registry-lines.ts";

export interface FoundFile {
  path: string;
  /** As it stands in evidence: below the path that was given. */
  name: string;
  kind: "log" | "settings" | "registry";
  bytes: number;
  /** Named itself, not found in a folder. */
  given: boolean;
}

const HEAD = 4096;
const MOST_FILES = 20_000;
const DEEPEST = 12;
/** A settings file has under a kilobyte. */
export const LARGEST_SETTINGS = 1 << 20;
const LOG_NAME = /\.(?:log|txt|out|old|bak)(?:[.\-_]?\d[\d.\-_T]*)?(?:\.gz)?$|okta(?:widget|cp)/i;

export async function findFiles(paths: readonly string[]): Promise<{ files: FoundFile[]; missed: Missed[] }> {
  const found: FoundFile[] = [];
  const missed: Missed[] = [];
  for (const path of paths) {
    const files: FoundFile[] = [];
    try {
      const status = await stat(path);
      if (status.isDirectory()) await walk(path, basename(path), 0, files, missed);
      else if (status.isFile()) await take(path, basename(path), true, files, missed);
      else missed.push({ what: path, why: "it is neither a file nor a folder", asked: true });
    } catch (error) {
      missed.push({ what: path, why: systemSays(error), asked: true });
      continue;
    }
    if (files.length === 0 && !missed.some(({ what }) => what === path || what.startsWith(basename(path)))) {
      missed.push({ what: path, why: "nothing in it looks like a file of the other product", asked: true });
    }
    found.push(...files);
  }
  return { files: unique(found), missed };
}

/** A file that is given by itself and lies in a given folder, too, counts once: its events would be doubled. */
function unique(files: FoundFile[]): FoundFile[] {
  const byPath = new Map<string, FoundFile>();
  for (const file of files) {
    const path = resolve(file.path);
    if (!byPath.has(path) || file.given) byPath.set(path, file);
  }
  return [...byPath.values()];
}

async function walk(folder: string, name: string, depth: number, files: FoundFile[], missed: Missed[]): Promise<void> {
  if (depth > DEEPEST) {
    missed.push({ what: name, why: `deeper than ${DEEPEST} folders`, asked: true });
    return;
  }
  for (const entry of (await readdir(folder)).sort()) {
    if (files.length >= MOST_FILES) {
      missed.push({ what: `${join(name, entry)} and what follows`, why: `more than ${MOST_FILES} files`, asked: true });
      return;
    }
    const path = join(folder, entry);
    try {
      // A link may lead in a circle, or to a device.
      const status = await lstat(path);
      if (status.isDirectory()) await walk(path, join(name, entry), depth + 1, files, missed);
      else if (status.isFile()) await take(path, join(name, entry), false, files, missed);
    } catch (error) {
      missed.push({ what: join(name, entry), why: systemSays(error), asked: true });
    }
  }
}

async function take(path: string, name: string, given: boolean, files: FoundFile[], missed: Missed[]): Promise<void> {
  const { size } = await stat(path);
  if (/\.(?:zip|7z|rar|cab|evtx)$/i.test(path)) {
    missed.push({ what: name, why: "unpack it first (event logs: export them as text)", asked: given });
    return;
  }
  const kind = await kindOf(path, given);
  if (kind === undefined && given) missed.push({ what: name, why: "it is no text", asked: true });
  else if (size === 0 && kind !== undefined) missed.push({ what: name, why: "it is empty", asked: true });
  else if (kind !== undefined) files.push({ path, name, kind, bytes: size, given });
}

/** By content where it shows, else by name. In a folder only what is named like one of the files. */
async function kindOf(path: string, given: boolean): Promise<FoundFile["kind"] | undefined> {
  const name = basename(path);
  if (/\.gz$/i.test(name)) return given || LOG_NAME.test(name) ? "log" : undefined;
  const head = await readHead(path);
  if (isBinary(head)) return undefined;
  const text = decodeFile(head);
  if (REGISTRY_HEAD.test(text)) return "registry";
  if (/rdp_app_config/i.test(name)) return "settings";
  const isObject =
    /^\s*\{/.test(text) &&
    /"(?:FilterCredentialProvider|RdpOnly|InternetFailOpenOption|WidgetTimeOutInSeconds|SslPinningEnabled|Client_?(?:Id|Secret))"/i.test(
      text,
    );
  if (isObject || (given && extname(name).toLowerCase() === ".json" && !/^\s*\{.*\}\s*\n\s*\{/.test(text))) return "settings";
  return given || LOG_NAME.test(name) ? "log" : undefined;
}

async function readHead(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(HEAD);
    const { bytesRead } = await file.read(buffer, 0, HEAD, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

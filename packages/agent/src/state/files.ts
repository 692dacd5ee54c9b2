/** Reads and writes the agent's own files: nobody else's eyes, nothing half-written. */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { describeError, type Finding } from "../finding.ts";

export type FileRead = { ok: true; text: string } | { ok: false; finding: Finding };

/** Larger than any file of ours; a bigger one is not ours. */
const LARGEST = 8 * 1024 * 1024;

/**
 * Reads a file after checking, on the open file itself, that it is a regular file of the agent's user (or root's) that others cannot
 * write and, if `secret`, cannot read. Causes: `config.missing`, `config.unreadable`, `config.exposed`.
 */
export function readOwnFile(file: string, options: { secret: boolean }): FileRead {
  let descriptor: number;
  try {
    // O_NOFOLLOW: a link would let its owner choose what is read; O_NONBLOCK: a fifo must not hold the agent.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    return refuse(missing ? "config.missing" : "config.unreadable", file, describeError(error));
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile() || stat.size > LARGEST) return refuse("config.unreadable", file, "not a regular file of a sensible size");
    const exposed = exposure(stat, options.secret ? 0o077 : 0o022);
    if (exposed) return refuse("config.exposed", file, exposed);
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(descriptor));
    return { ok: true, text };
  } catch (error) {
    return refuse("config.unreadable", file, describeError(error));
  } finally {
    closeSync(descriptor);
  }
}

/** Why others could interfere with a file or folder; `undefined` if they cannot. `forbidden`: mode bits that must be clear. */
export function exposure(stat: Stats, forbidden: number): string | undefined {
  const me = process.geteuid?.();
  if (me === undefined) return undefined; // Windows: the installer sets the folder's DACL.
  if (stat.uid !== me && stat.uid !== 0) return `it belongs to uid ${stat.uid}, not to ${me}`;
  const open = stat.mode & forbidden;
  return open ? `its mode is ${(stat.mode & 0o7777).toString(8)}; run: chmod ${forbidden === 0o077 ? "go-rwx" : "go-w"}` : undefined;
}

/** Writes to a new file beside, flushes it and renames it over the old one; then flushes the folder. Throws if the disk refuses. */
export function writeAtomically(file: string, text: string, mode = 0o600): void {
  const fresh = `${file}.${randomBytes(6).toString("hex")}.new`;
  const descriptor = openSync(fresh, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
  try {
    writeWhole(descriptor, text);
    fsyncSync(descriptor);
    closeSync(descriptor);
    renameSync(fresh, file);
  } catch (error) {
    try {
      closeSync(descriptor);
    } catch {
      // Closed already: the rename failed.
    }
    unlinkSync(fresh);
    throw error;
  }
  flushFolder(dirname(file));
}

/** Appends a line and flushes it. Throws if the disk refuses. */
export function appendDurably(file: string, line: string): void {
  const descriptor = openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW, 0o600);
  try {
    writeWhole(descriptor, line);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function writeWhole(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
}

function flushFolder(folder: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export function fileExists(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

function refuse(cause: Finding["cause"], file: string, reason: string): FileRead {
  return { ok: false, finding: { cause, evidence: { file, reason } } };
}

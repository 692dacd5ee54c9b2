/** Reads the files that a support bundle is made from, and the secrets that must not be in it. */
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";

export type Read = { ok: true; text: string } | { ok: false; why: string };

/** Of a longer file the end: a log. */
const LONGEST = 8 * 1024 * 1024;

/** `why` names no more than the system's own code: its sentences quote the path. */
export function readIfThere(file: string): Read {
  let descriptor: number | undefined;
  try {
    // O_NONBLOCK: a fifo of this name must not hold the command.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return { ok: false, why: "it is no file" };
    if (stat.size <= LONGEST) return { ok: true, text: readFileSync(descriptor, "utf8") };
    const end = Buffer.alloc(LONGEST);
    readSync(descriptor, end, 0, LONGEST, stat.size - LONGEST);
    return { ok: true, text: end.toString("utf8") };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { ok: false, why: code === "ENOENT" ? "it is not there" : `it cannot be read (${code ?? "fault"})` };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

export function jsonIn(file: string): { ok: true; value: unknown } | { ok: false; why: string } {
  const read = readIfThere(file);
  if (!read.ok) return read;
  try {
    return { ok: true, value: JSON.parse(read.text) };
  } catch {
    return { ok: false, why: "it is not JSON" };
  }
}

/** What this machine keeps to itself, as far as it can be read: the host's key, its generations, the client's secret, a token. */
export function secretsIn(state: string, env: NodeJS.ProcessEnv): string[] {
  const identity = jsonIn(join(state, "host.json"));
  const counters = jsonIn(join(state, "state.json"));
  const shared = readIfThere(join(state, "client.secret"));
  const key = identity.ok ? (identity.value as { key?: { d?: unknown } } | null)?.key?.d : undefined;
  const generations = counters.ok && typeof counters.value === "object" && counters.value !== null ? Object.values(counters.value) : [];
  const long = generations.filter((value) => typeof value === "string" && /^[A-Za-z0-9_-]{22}$/.test(value));
  return [key, ...long, shared.ok ? shared.text.trim() : undefined, env["SALLYPORT_TOKEN"]].filter(
    (one): one is string => typeof one === "string" && one !== "",
  );
}

/** Which process listens on a Unix socket, as the kernel shows it under /proc. */
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";

export interface Listener {
  pid: number;
  uid: number;
  program: string;
}

/** `undefined` where nobody listens, or /proc does not show it to this account. Source: proc(5), `__SO_ACCEPTCON` 0x10000 in /proc/net/unix. */
export function listenerOf(path: string): Listener | undefined {
  const inode = inodeOf(path);
  if (inode === undefined) return undefined;
  for (const pid of numbered("/proc")) {
    const holds = list(`/proc/${pid}/fd`).some((descriptor) => linkOf(`/proc/${pid}/fd/${descriptor}`) === `socket:[${inode}]`);
    if (holds) return { pid: Number(pid), uid: uidOf(pid), program: nameOf(pid) };
  }
  return undefined;
}

function inodeOf(path: string): string | undefined {
  for (const line of textOf("/proc/net/unix").split("\n")) {
    const [, , , flags = "0", , , inode, ...rest] = line.trim().split(/ +/);
    if (rest.join(" ") === path && Number.parseInt(flags, 16) & 0x10000) return inode;
  }
  return undefined;
}

const numbered = (folder: string) => list(folder).filter((name) => /^\d+$/.test(name));

function uidOf(pid: string): number {
  try {
    return statSync(`/proc/${pid}`).uid;
  } catch {
    return 0;
  }
}

function nameOf(pid: string): string {
  return textOf(`/proc/${pid}/comm`).trim() || "unknown";
}

// A process may end while it is looked at.
function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

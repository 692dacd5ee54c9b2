/** Judges whether the folder of the door, with all its parents, is safe from everybody else. */
import { lstatSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { describeError, type Finding } from "../finding.ts";
import { exposure } from "./files.ts";

const STICKY = 0o1000;

/**
 * For root: the folder and every parent must be root's and not writable by others; a sticky parent (as /tmp) passes, because nobody can
 * replace root's folder within it. For any other user (development): its own folder must be its own and 0700. Cause: `door.untrusted`.
 */
export function checkDoorFolder(folder: string): Finding | undefined {
  const me = process.geteuid?.();
  if (me === undefined) return undefined;
  const own = resolve(folder);
  try {
    const stat = lstatSync(own);
    if (!stat.isDirectory()) return untrusted(own, "it is not a folder");
    const exposed = exposure(stat, me === 0 ? 0o022 : 0o077);
    if (exposed) return untrusted(own, exposed);
    return me === 0 ? checkParents(own) : undefined;
  } catch (error) {
    return untrusted(own, describeError(error));
  }
}

function checkParents(folder: string): Finding | undefined {
  for (let at = dirname(folder); ; at = dirname(at)) {
    const stat = lstatSync(at);
    if (!stat.isDirectory()) return untrusted(at, "it is a link or not a folder");
    const exposed = exposure(stat, stat.mode & STICKY ? 0 : 0o022);
    if (exposed) return untrusted(at, exposed);
    if (at === dirname(at)) return undefined;
  }
}

function untrusted(folder: string, reason: string): Finding {
  return { cause: "door.untrusted", evidence: { folder, reason } };
}

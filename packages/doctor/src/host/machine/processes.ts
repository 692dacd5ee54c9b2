/** What runs on this machine, as /proc shows it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Running {
  /** At most 15 characters, as the kernel keeps it. */
  name: string;
  /** The command line; daemons rewrite it to say what they do. */
  command: string;
}

/** Every process that this account may see; empty where there is no /proc. */
export function processesOf(root: string): Running[] {
  const folder = join(root, "proc");
  return list(folder).flatMap((pid): Running[] => {
    const name = text(join(folder, pid, "comm"))?.trim();
    return name === undefined ? [] : [{ name, command: (text(join(folder, pid, "cmdline")) ?? "").replaceAll("\0", " ").trim() }];
  });
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** A process may end while it is looked at. */
function text(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

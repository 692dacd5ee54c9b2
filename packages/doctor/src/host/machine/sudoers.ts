/** Where sudo lets somebody act as another without a password: `NOPASSWD` and `!authenticate`, by file and line (sudoers(5)). */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Proof } from "@sallyport/contracts";

export interface Sudoers {
  /** Lines that skip the auth lines of PAM. */
  unasked: Proof[];
  /** Lines that skip the account lines as well. */
  unjudged: Proof[];
  missed: string | undefined;
}

const MAIN = "/etc/sudoers";

export function readSudoers(root: string): Sudoers {
  const found: Sudoers = { unasked: [], unjudged: [], missed: undefined };
  read(root, MAIN, found, 0);
  return found;
}

function read(root: string, file: string, found: Sudoers, depth: number): void {
  if (depth > 16) return;
  let text: string;
  try {
    text = readFileSync(join(root, file), "utf8");
  } catch (error) {
    found.missed ??= `${file}: ${(error as Error).message}`;
    return;
  }
  for (const { line, words } of logicalLines(text)) {
    const where = `${file}:${line}`;
    const include = /^[@#]include(dir)?\s+"?([^"]+?)"?\s*$/.exec(words);
    if (include)
      for (const one of include[1] ? inFolder(root, absolute(file, include[2])) : [absolute(file, include[2])])
        read(root, one, found, depth + 1);
    else if (/^Defaults\b/.test(words)) {
      if (/!\s*authenticate\b/.test(words)) found.unasked.push({ what: "sudoers", value: words, where });
      if (/!\s*pam_acct_mgmt\b/.test(words)) found.unjudged.push({ what: "sudoers", value: words, where });
    } else if (/\bNOPASSWD\s*:/.test(words)) found.unasked.push({ what: "sudoers", value: words, where });
  }
}

/** `#include` and `#1000` are no comments; everything else behind a `#` is. */
function logicalLines(text: string): { line: number; words: string }[] {
  const lines: { line: number; words: string }[] = [];
  let held = "";
  let from = 1;
  for (const [index, raw] of text.split("\n").entries()) {
    if (held === "") from = index + 1;
    const bare = /^\s*[@#]include/.test(raw) ? raw : raw.replace(/(^|[\s,])#(?!\d).*$/, "$1");
    if (bare.endsWith("\\")) held += bare.slice(0, -1);
    else {
      const words = (held + bare).trim().replace(/\s+/g, " ");
      if (words !== "") lines.push({ line: from, words });
      held = "";
    }
  }
  return lines;
}

const absolute = (file: string, name = "") => (name.startsWith("/") ? name : join(dirname(file), name));

/** sudo skips names with a dot or a tilde at the end. */
function inFolder(root: string, folder: string): string[] {
  try {
    return readdirSync(join(root, folder))
      .filter((name) => !name.includes(".") && !name.endsWith("~"))
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

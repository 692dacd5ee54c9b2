/** Reads the PAM stacks of a service as Linux-PAM does: `@include`, `include`, `substack`, control words and lists (pam.conf(5)). */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export type Kind = "auth" | "account";
/** What a module returns, by the names of pam.conf(5); only those that a stack of a logon tells apart. */
export type Returned = "success" | "auth_err" | "ignore" | "perm_denied" | "new_authtok_reqd";
/** A number jumps over so many lines. */
export type Action = "ok" | "done" | "bad" | "die" | "ignore" | "reset" | number;

export interface Rule {
  /** As the file is called on the machine. */
  file: string;
  line: number;
  /** The line as a person wrote it, its white space made even. */
  text: string;
  module: string;
  args: readonly string[];
  act(returned: Returned): Action;
}

export interface Substack {
  file: string;
  line: number;
  inner: Item[];
}

export type Item = Rule | Substack;

/** What keeps PAM from using a file: every logon of the service is then refused. */
export interface PamMistake {
  file: string;
  line: number;
  reason: string;
}

export interface Stacks {
  auth: Item[];
  account: Item[];
  mistakes: PamMistake[];
  files: string[];
}

type Table = Readonly<Record<string, Action>>;

const WORDS: Readonly<Record<string, Table>> = {
  required: { success: "ok", new_authtok_reqd: "ok", ignore: "ignore", default: "bad" },
  requisite: { success: "ok", new_authtok_reqd: "ok", ignore: "ignore", default: "die" },
  sufficient: { success: "done", new_authtok_reqd: "done", default: "ignore" },
  optional: { success: "ok", new_authtok_reqd: "ok", default: "ignore" },
};
const ACTIONS = ["ok", "done", "bad", "die", "ignore", "reset"];
const TYPES = ["auth", "account", "password", "session"];
/** Deeper than any true file; an include of itself ends here. */
const DEEPEST = 16;

/** `undefined`: the service has no file. A kind without a line of its own is taken from the service `other`, as PAM does. */
export function readStacks(root: string, service: string): Stacks | undefined {
  const reader = new Reader(root);
  const own = reader.service(service);
  if (!own) return undefined;
  const stacks: Stacks = { auth: own.auth, account: own.account, mistakes: reader.mistakes, files: reader.files };
  const lacking = (["auth", "account"] as const).filter((kind) => stacks[kind].length === 0);
  const other = lacking.length > 0 ? reader.service("other") : undefined;
  for (const kind of lacking) stacks[kind] = other?.[kind] ?? [];
  return stacks;
}

/** Every line that is run, in order; those of a substack as well. */
export function rulesOf(items: readonly Item[]): Rule[] {
  return items.flatMap((item) => ("inner" in item ? rulesOf(item.inner) : [item]));
}

class Reader {
  readonly mistakes: PamMistake[] = [];
  readonly files: string[] = [];
  readonly #root: string;
  constructor(root: string) {
    this.#root = root;
  }

  service(name: string): Record<Kind, Item[]> | undefined {
    if (this.#text(this.#path(name)) === undefined) return undefined;
    return { auth: this.#items(name, "auth", 0), account: this.#items(name, "account", 0) };
  }

  #items(name: string, kind: Kind, depth: number): Item[] {
    const file = this.#path(name);
    const text = this.#text(file) ?? "";
    if (!this.files.includes(file)) this.files.push(file);
    return joinedLines(text).flatMap(({ line, words }) => this.#lineItems({ file, line, words, kind, depth }));
  }

  #lineItems({ file, line, words, kind, depth }: { file: string; line: number; words: string[]; kind: Kind; depth: number }): Item[] {
    const [first = "", control = "", target = "", ...args] = words;
    const into = (name: string): Item[] | undefined => {
      if (depth < DEEPEST && this.#text(this.#path(name)) !== undefined) return this.#items(name, kind, depth + 1);
      return this.#mistake(file, line, `it includes ${name}, which is not there`);
    };
    if (first === "@include") return into(control) ?? [];
    const type = first.replace(/^-/, "").toLowerCase();
    if (!TYPES.includes(type)) return this.#mistake(file, line, `${first} is no type of PAM`) ?? [];
    if (type !== kind) return [];
    if (control === "include") return into(target) ?? [];
    if (control === "substack") return [{ file, line, inner: into(target) ?? [] }];
    const table = tableOf(control);
    if (!table) return this.#mistake(file, line, `${control} is no control of PAM`) ?? [];
    if (target === "") return this.#mistake(file, line, "it names no module") ?? [];
    const act = (returned: Returned): Action => table[returned] ?? table["default"] ?? "bad";
    return [{ file, line, text: words.join(" "), module: target, args, act }];
  }

  #mistake(file: string, line: number, reason: string): undefined {
    if (!this.mistakes.some((one) => one.file === file && one.line === line)) this.mistakes.push({ file, line, reason });
    return undefined;
  }

  #path(name: string): string {
    return name.startsWith("/") ? name : `/etc/pam.d/${name}`;
  }

  #text(file: string): string | undefined {
    try {
      return readFileSync(join(this.#root, file), "utf8");
    } catch {
      return undefined;
    }
  }
}

/** Lines that end in a backslash go on; `[…]` is one word. `line`: where it begins, from 1. */
function joinedLines(text: string): { line: number; words: string[] }[] {
  const found: { line: number; words: string[] }[] = [];
  let held = "";
  let from = 1;
  for (const [index, raw] of text.split("\n").entries()) {
    if (held === "") from = index + 1;
    const bare = raw.replace(/(^|\s)#.*$/, "$1");
    if (bare.endsWith("\\")) {
      held += `${bare.slice(0, -1)} `;
      continue;
    }
    const words = (held + bare).match(/\[(?:\\.|[^\]\\])*\]|\S+/g) ?? [];
    held = "";
    if (words.length > 0) found.push({ line: from, words });
  }
  return found;
}

function tableOf(control: string): Table | undefined {
  const word = WORDS[control.toLowerCase()];
  if (word) return word;
  if (!control.startsWith("[")) return undefined;
  const table: Record<string, Action> = {};
  for (const pair of control.slice(1, -1).trim().split(/\s+/)) {
    const [returned = "", action = ""] = pair.toLowerCase().split("=");
    if (/^\d+$/.test(action) && action !== "0") table[returned] = Number(action);
    else if (ACTIONS.includes(action)) table[returned] = action as Action;
    else if (action === "0") table[returned] = "ignore";
    else return undefined;
  }
  return table;
}

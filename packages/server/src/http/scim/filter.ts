/** Reads filters (RFC 7644 §3.4.2.2) and paths of PATCH (§3.5.2). */
/*
 * scimmy's own filter is not used: of 1.3.5 the tokens are cut by a regular expression that needs twice as long for every two more
 * characters of a text without its closing quote, `not (a or b)` becomes `not a or not b`, and quotes or brackets in brackets are misread.
 * This reads each character once and goes no deeper than its limit.
 */
import { LIMITS } from "@sallyport/contracts";
import { ScimFault, type ScimType } from "./fault.ts";

export const COMPARISONS = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"] as const;
export type Comparison = (typeof COMPARISONS)[number];
export type Compared = string | number | boolean | null;

/** Paths stand as they were written; `schemas.ts` knows what they mean. `within`: true of one and the same value, as `emails[…]`. */
export type Filter =
  | { op: "and" | "or"; parts: Filter[] }
  | { op: "not"; part: Filter }
  | { op: "pr"; path: string }
  | { op: Comparison; path: string; value: Compared }
  | { op: "within"; path: string; part: Filter };

/** `members[value eq "…"].display`: path, part and sub. */
export interface PatchPath {
  path: string;
  part?: Filter;
  sub?: string;
}

const MAX_CHARACTERS = 8192;
const MAX_TERMS = 200;

export function parseFilter(text: string): Filter {
  const reader = new Reader(text, "invalidFilter");
  const filter = reader.either();
  reader.end();
  return filter;
}

export function parsePath(text: string): PatchPath {
  const reader = new Reader(text, "invalidPath");
  const path = reader.path();
  reader.end();
  return path;
}

class Reader {
  readonly #text: string;
  readonly #kind: ScimType;
  #at = 0;
  #depth = 0;
  #terms = 0;

  constructor(text: string, kind: ScimType) {
    this.#text = text;
    this.#kind = kind;
    if (text.length > MAX_CHARACTERS) this.#refuse(`more than ${MAX_CHARACTERS} characters`);
  }

  either(): Filter {
    if (++this.#depth > LIMITS.depth) this.#refuse(`nested deeper than ${LIMITS.depth} levels`);
    const parts = [this.#both()];
    while (this.#takeWord("or")) parts.push(this.#both());
    this.#depth--;
    return parts.length === 1 && parts[0] ? parts[0] : { op: "or", parts };
  }

  path(): PatchPath {
    const path = this.#attribute();
    if (!this.#take("[")) return { path };
    const part = this.either();
    this.#expect("]");
    return this.#text[this.#at] === "." ? { path, part, sub: this.#sub() } : { path, part };
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length) this.#refuse("nothing more is expected");
  }

  #both(): Filter {
    const parts = [this.#one()];
    while (this.#takeWord("and")) parts.push(this.#one());
    return parts.length === 1 && parts[0] ? parts[0] : { op: "and", parts };
  }

  #one(): Filter {
    if (++this.#terms > MAX_TERMS) this.#refuse(`more than ${MAX_TERMS} terms`);
    if (this.#takeWord("not")) {
      if (++this.#depth > LIMITS.depth) this.#refuse(`nested deeper than ${LIMITS.depth} levels`);
      const part = this.#one();
      this.#depth--;
      return { op: "not", part };
    }
    if (this.#take("(")) {
      const filter = this.either();
      this.#expect(")");
      return filter;
    }
    return this.#term();
  }

  #term(): Filter {
    const path = this.#attribute();
    if (!this.#take("[")) return this.#comparison(path);
    const part = this.either();
    this.#expect("]");
    if (this.#text[this.#at] !== ".") return { op: "within", path, part };
    // Beyond the grammar, and sent by Entra ID: emails[type eq "work"].value eq "…".
    return { op: "within", path, part: { op: "and", parts: [part, this.#comparison(this.#sub())] } };
  }

  #comparison(path: string): Filter {
    const start = this.#at;
    const op = this.#word().toLowerCase();
    if (op === "pr") return { op, path };
    const comparison = COMPARISONS.find((one) => one === op);
    if (comparison === undefined) {
      this.#at = start;
      return this.#refuse(`an operator is expected: pr, ${COMPARISONS.join(", ")}`);
    }
    return { op: comparison, path, value: this.#value() };
  }

  #value(): Compared {
    this.#space();
    const start = this.#at;
    if (this.#text[start] === '"') this.#at = this.#endOfText(start + 1);
    else this.#word();
    try {
      const value: unknown = JSON.parse(this.#text.slice(start, this.#at));
      if (value === null || ["string", "number", "boolean"].includes(typeof value)) return value as Compared;
    } catch {
      this.#at = start;
    }
    return this.#refuse('a value is expected: "text", a number, true, false or null');
  }

  /** @returns the place behind the closing quote. */
  #endOfText(from: number): number {
    for (let at = from; at < this.#text.length; at++) {
      if (this.#text[at] === "\\") at++;
      else if (this.#text[at] === '"') return at + 1;
    }
    return this.#refuse("a text without its closing quote");
  }

  #attribute(): string {
    const start = this.#at;
    const word = this.#word();
    // `urn:…:2.0:User:name.familyName`, `$ref`; one full stop at most behind the last colon.
    if (/^(?:urn:[\w.:-]+:)?[a-z$][\w-]*(?:\.[a-z$][\w-]*)?$/i.test(word)) return word;
    this.#at = start;
    return this.#refuse("the name of an attribute is expected");
  }

  #sub(): string {
    this.#at++;
    const word = this.#word();
    return /^[a-z$][\w-]*$/i.test(word) ? word : this.#refuse("the name of a part of the attribute is expected");
  }

  #word(): string {
    this.#space();
    const start = this.#at;
    while (this.#at < this.#text.length && !' \t()[]"'.includes(this.#text[this.#at] ?? "")) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  #takeWord(wanted: string): boolean {
    const start = this.#at;
    if (this.#word().toLowerCase() === wanted) return true;
    this.#at = start;
    return false;
  }

  #take(mark: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  #expect(mark: string): void {
    if (!this.#take(mark)) this.#refuse(`${mark} is expected`);
  }

  #space(): void {
    while (this.#text[this.#at] === " " || this.#text[this.#at] === "\t") this.#at++;
  }

  #refuse(what: string): never {
    const where = this.#kind === "invalidFilter" ? "filter" : "path";
    throw new ScimFault(400, this.#kind, `${where}, character ${this.#at + 1}: ${what}`);
  }
}

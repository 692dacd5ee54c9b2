/** The words of a search expression, each with its place. */

export type Token =
  | { kind: "word"; text: string; at: number }
  | { kind: "value"; value: string | number | boolean | null; at: number }
  | { kind: "(" | ")"; at: number }
  | { kind: "end"; at: number };

/** What cannot be read. `at`: character of the text, from 1. */
export class NotRead extends Error {
  readonly at: number;
  constructor(at: number, why: string) {
    super(why);
    this.at = at;
  }
}

const SPACE = /\s+/y;
/** A field, an operator, `and`, or a value without quotes. */
const WORD = /[A-Za-z_$][\w$.:-]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?![\w.])/y;
/** A JSON string (RFC 8259). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON does not allow them inside a string.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const LITERALS: Record<string, boolean | null> = { true: true, false: false, null: null };

/** The last one is the end. Throws `NotRead`. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let place = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = place;
    const found = pattern.exec(text)?.[0];
    place += found?.length ?? 0;
    return found;
  };
  for (;;) {
    take(SPACE);
    const at = place + 1;
    const first = text[place];
    if (first === undefined) return [...tokens, { kind: "end", at }];
    if (first === "(" || first === ")") {
      place++;
      tokens.push({ kind: first, at });
      continue;
    }
    tokens.push(wordAt(first, at, take));
  }
}

function wordAt(first: string, at: number, take: (pattern: RegExp) => string | undefined): Token {
  if (first === '"') {
    const string = take(STRING);
    if (string === undefined)
      throw new NotRead(at, 'the text that begins here is not closed by a ", or holds a \\ that JSON does not know');
    return { kind: "value", value: JSON.parse(string), at };
  }
  const number = take(NUMBER);
  if (number !== undefined) return { kind: "value", value: Number(number), at };
  const word = take(WORD);
  if (word === undefined) throw new NotRead(at, `nothing begins with ${JSON.stringify(first)}`);
  return Object.hasOwn(LITERALS, word) ? { kind: "value", value: LITERALS[word] ?? null, at } : { kind: "word", text: word, at };
}

/** Reads an expression such as `status eq "ACTIVE" and not (profile.login sw "svc-")`: Okta's part of the filters of RFC 7644, 3.4.2.2. */
import { comparison, type Expression, type Field, OPERATORS, type Operator } from "./expression.ts";
import { NotRead, type Token, tokensOf } from "./tokens.ts";

/** Characters of an expression. */
export const LONGEST = 4096;
const DEEPEST = 32;
const COMPARISONS = 100;

export type ReadExpression<Row> = { kind: "read"; expression: Expression<Row> } | { kind: "fault"; at: number; why: string };

/** Fields are known by their names in any case. A fault names the character, from 1. */
export function readExpression<Row>(text: string, fields: readonly Field<Row>[]): ReadExpression<Row> {
  if (text.length > LONGEST) return { kind: "fault", at: LONGEST + 1, why: `an expression has at most ${LONGEST} characters` };
  try {
    return { kind: "read", expression: new Reader(tokensOf(text), fields).whole() };
  } catch (error) {
    if (error instanceof NotRead) return { kind: "fault", at: error.at, why: error.message };
    throw error;
  }
}

class Reader<Row> {
  readonly #tokens: Token[];
  readonly #fields: readonly Field<Row>[];
  #next = 0;
  #depth = 0;
  #comparisons = 0;

  constructor(tokens: Token[], fields: readonly Field<Row>[]) {
    this.#tokens = tokens;
    this.#fields = fields;
  }

  whole(): Expression<Row> {
    const expression = this.#joined("or", () => this.#joined("and", () => this.#one()));
    const rest = this.#take();
    if (rest.kind !== "end") throw new NotRead(rest.at, "the expression is over before this: join two by and, or");
    return expression;
  }

  #joined(word: "and" | "or", read: () => Expression<Row>): Expression<Row> {
    const of = [read()];
    while (this.#takeWord(word)) of.push(read());
    return of.length === 1 && of[0] ? of[0] : { kind: word, of };
  }

  #one(): Expression<Row> {
    if (this.#takeWord("not")) {
      const open = this.#take();
      if (open.kind !== "(") throw new NotRead(open.at, "after not comes an expression in brackets");
      return { kind: "not", of: this.#inBrackets(open.at) };
    }
    const token = this.#take();
    if (token.kind === "(") return this.#inBrackets(token.at);
    if (token.kind === "word") return this.#comparison(token);
    throw new NotRead(token.at, "here a field is missing, such as status");
  }

  #inBrackets(at: number): Expression<Row> {
    if (++this.#depth > DEEPEST) throw new NotRead(at, `brackets stand in each other at most ${DEEPEST} deep`);
    const inner = this.#joined("or", () => this.#joined("and", () => this.#one()));
    const close = this.#take();
    if (close.kind !== ")") throw new NotRead(close.at, `here the bracket of character ${at} is not closed`);
    this.#depth--;
    return inner;
  }

  #comparison({ text, at }: { text: string; at: number }): Expression<Row> {
    if (++this.#comparisons > COMPARISONS) throw new NotRead(at, `an expression compares at most ${COMPARISONS} times`);
    const field = this.#fields.find(({ name }) => name.toLowerCase() === text.toLowerCase());
    if (!field) throw new NotRead(at, `there is no field ${text} here; there are ${this.#fields.map(({ name }) => name).join(", ")}`);
    const token = this.#take();
    const word = token.kind === "word" ? token.text.toLowerCase() : "";
    if (word === "pr") return { kind: "present", field };
    if (!(OPERATORS as readonly string[]).includes(word)) throw new NotRead(token.at, `here one of ${OPERATORS.join(", ")}, pr is missing`);
    return comparison(field, word as Operator, this.#value(field, word as Operator));
  }

  #value(field: Field<Row>, operator: Operator): string | number {
    const token = this.#take();
    if (token.kind !== "value" || token.value === null)
      throw new NotRead(token.at, 'here a value is missing, such as "alice"; whether there is one is asked by pr');
    if (field.kind === "text") return String(token.value);
    if (["sw", "ew", "co"].includes(operator)) throw new NotRead(token.at, `${field.name} is a date, which ${operator} does not compare`);
    const ms = typeof token.value === "string" ? Date.parse(token.value) : Number.NaN;
    if (Number.isNaN(ms)) throw new NotRead(token.at, `${field.name} is compared with a date such as "2026-11-24T12:00:00Z"`);
    return ms;
  }

  #take(): Token {
    const token = this.#tokens[this.#next] ?? this.#tokens.at(-1);
    if (token && token.kind !== "end") this.#next++;
    return token ?? { kind: "end", at: 1 };
  }

  #takeWord(word: string): boolean {
    const token = this.#tokens[this.#next];
    if (token?.kind !== "word" || token.text.toLowerCase() !== word) return false;
    this.#next++;
    return true;
  }
}

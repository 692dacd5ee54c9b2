/** What a list is asked for, `q`, `search` or `filter`, as one expression; a fault names the parameter and the character. */
import { comparison, type Expression, type Field } from "../../search/expression.ts";
import { readExpression } from "../../search/read-expression.ts";
import { done, type Outcome } from "./outcome.ts";

export interface Wanted {
  q?: string | undefined;
  search?: string | undefined;
  filter?: string | undefined;
}

/** Undefined: everything. @param beginnings names of the fields one of which begins with `q`. */
export function readCondition<Row>(
  { q, search, filter }: Wanted,
  fields: readonly Field<Row>[],
  beginnings: readonly string[],
): Outcome<Expression<Row> | undefined> {
  const given = Object.entries({ search, filter, q }).filter(([, text]) => text !== undefined);
  const [[name, text] = ["", undefined], other] = given;
  if (text === undefined) return done(undefined);
  if (other) return { kind: "invalid", causes: [`${name}: not together with ${other[0]}`] };
  if (q !== undefined)
    return done(
      anyBegins(
        q,
        fields.filter((field) => beginnings.includes(field.name)),
      ),
    );
  const read = readExpression(text, fields);
  if (read.kind === "fault") return { kind: "invalid", causes: [`${name}: character ${read.at}: ${read.why}`] };
  return done(read.expression);
}

function anyBegins<Row>(q: string, fields: readonly Field<Row>[]): Expression<Row> {
  return { kind: "or", of: fields.map((field) => comparison(field, "sw", q)) };
}

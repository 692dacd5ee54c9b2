/** What a search or filter of the management API asks: comparisons of fields, joined by and, or and not. */

export const OPERATORS = ["eq", "ne", "sw", "ew", "co", "gt", "ge", "lt", "le"] as const;
export type Operator = (typeof OPERATORS)[number];

/** A field that may be asked for. Texts compare without case and Unicode form; times are epoch ms. */
export interface Field<Row> {
  name: string;
  kind: "text" | "time";
  /** Several values: one that fits is enough. */
  of(row: Row): string | number | null | undefined | readonly string[];
}

export type Expression<Row> =
  | { kind: "and" | "or"; of: Expression<Row>[] }
  | { kind: "not"; of: Expression<Row> }
  | { kind: "present"; field: Field<Row> }
  /** `value`: folded, for a text; epoch ms for a time. `given`: as it was written, for looking up what is not folded where it is stored. */
  | { kind: "compare"; field: Field<Row>; operator: Operator; value: string | number; given: string | number };

export function comparison<Row>(field: Field<Row>, operator: Operator, value: string | number): Expression<Row> {
  return { kind: "compare", field, operator, value: typeof value === "string" ? fold(value) : value, given: value };
}

export function matches<Row>(expression: Expression<Row>, row: Row): boolean {
  switch (expression.kind) {
    case "and":
      return expression.of.every((one) => matches(one, row));
    case "or":
      return expression.of.some((one) => matches(one, row));
    case "not":
      return !matches(expression.of, row);
    case "present":
      return valuesOf(expression.field, row).length > 0;
    case "compare":
      return compare(expression, row);
  }
}

function compare<Row>({ field, operator, value: wanted }: Extract<Expression<Row>, { kind: "compare" }>, row: Row): boolean {
  // What is not there is unlike everything, and neither before nor behind anything.
  if (operator === "ne") return !valuesOf(field, row).some((one) => one === wanted);
  return valuesOf(field, row).some((one) => holds(one, operator, wanted));
}

function holds(value: string | number, operator: Operator, wanted: string | number): boolean {
  switch (operator) {
    case "sw":
      return String(value).startsWith(String(wanted));
    case "ew":
      return String(value).endsWith(String(wanted));
    case "co":
      return String(value).includes(String(wanted));
    case "gt":
      return value > wanted;
    case "ge":
      return value >= wanted;
    case "lt":
      return value < wanted;
    case "le":
      return value <= wanted;
    default:
      return value === wanted;
  }
}

function valuesOf<Row>(field: Field<Row>, row: Row): (string | number)[] {
  const found = field.of(row);
  // Most fields hold one text, and a search looks at very many.
  if (typeof found === "string") return found === "" ? [] : [fold(found)];
  const all = typeof found === "object" && found !== null ? found : [found];
  return all.flatMap((one) => (one === null || one === undefined || one === "" ? [] : [typeof one === "string" ? fold(one) : one]));
}

const PLAIN = /^[ -~]*$/;

function fold(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase();
  return text.normalize("NFKC").toLowerCase().normalize("NFKC");
}

/** Says in words what a JSON Schema takes: for the pages that are made from schemas. */

export interface Schema {
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  default?: unknown;
}

export interface Field {
  /** `rules[].if.users` */
  path: string;
  required: boolean;
  takes: string;
  description: string;
}

/** Every field below, parents first. */
export function fieldsOf(schema: Schema, prefix = ""): Field[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const list = inner.type === "array";
    const path = `${prefix}${name}`;
    const own = { path, required: required.has(name), takes: wordsFor(inner), description: inner.description ?? "" };
    return [own, ...fieldsOf(list ? (inner.items ?? {}) : inner, `${path}${list ? "[]" : ""}.`)];
  });
}

export function wordsFor(schema: Schema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(", ");
  if (schema.const !== undefined) return `\`${schema.const}\``;
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map(wordsFor))].join(" or ");
  if (schema.type === "array")
    return `list${schema.maxItems === undefined ? "" : ` (at most ${schema.maxItems})`} of ${wordsFor(schema.items ?? {})}`;
  if (schema.type === "integer" || schema.type === "number") return `number${range(schema.minimum, schema.maximum)}`;
  if (schema.type === "string") return `text${schema.maxLength === undefined ? "" : `, at most ${schema.maxLength}`}`;
  if (schema.type === "boolean") return "`true`, `false`";
  if (schema.type === "null") return "null";
  return schema.properties || schema.type === "object" ? "object" : "any value";
}

function range(least: number | undefined, most: number | undefined): string {
  const safe = most !== undefined && most < Number.MAX_SAFE_INTEGER;
  if (least !== undefined && safe) return ` ${least}–${most}`;
  if (safe) return `, at most ${most}`;
  return least === undefined || least <= -Number.MAX_SAFE_INTEGER ? "" : `, at least ${least}`;
}

/** A row of a Markdown table. */
export function row(...cells: string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
}

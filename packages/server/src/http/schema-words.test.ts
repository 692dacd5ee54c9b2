/** What every route says of a body or a query that does not fit: where it is and what belongs there, in words of ours, never the library's. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { UNWORDED_FORM } from "@sallyport/contracts";
import { openOrg } from "./org.fixture.ts";

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
}
interface Operation {
  requestBody?: { content: Record<string, { schema: Schema }> };
  parameters?: { in: string; name: string }[];
}

/** Of each kind one that fits nowhere else; too long, too many, too deep and too little. */
const WRONG: unknown[] = [undefined, true, -1.5, 10 ** 12, "", "?\u0000 ", "x".repeat(6000), Array(400).fill("a"), {}];

/** As the library says it, or as a program would. */
const RAW = /\b(invalid|too small|too big|unrecognized|expected|received|pattern|discriminator|undefined|NaN|zod)\b|[\^$][[(\\]|\\[dwsp]/i;

/** Something that may fit, so that what stands beside the wrong value is not to blame. */
function sample(schema: Schema, depth = 0): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const branch = (schema.anyOf ?? schema.oneOf ?? schema.allOf)?.[0];
  if (branch) return sample(branch, depth);
  if (schema.type === "object" && depth < 4)
    return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, sample(inner, depth + 1)]));
  if (schema.type === "array") return schema.items ? [sample(schema.items, depth + 1)] : [];
  return schema.type === "integer" || schema.type === "number" ? 1 : schema.type === "boolean" ? true : "a";
}

/** The sample of each of the schema's alternatives, with one value of it after the other replaced. */
function* spoilt(schema: Schema, depth = 0): Generator<unknown> {
  for (const branch of schema.anyOf ?? schema.oneOf ?? schema.allOf ?? []) yield* spoilt(branch, depth);
  for (const wrong of WRONG) yield wrong;
  if (depth > 3) return;
  const whole = sample(schema, depth);
  for (const [name, inner] of Object.entries(schema.properties ?? {}))
    for (const wrong of spoilt(inner, depth + 1)) yield { ...(whole as object), [name]: wrong };
  if (schema.items) for (const wrong of spoilt(schema.items, depth + 1)) yield [wrong];
}

test("every complaint of every route names its place and what belongs there in plain words", async (t) => {
  const org = await openOrg(t);
  const raw = new Set<string>();
  const unworded = new Set<string>();
  let complaints = 0;
  const look = async (method: string, path: string, query: string, payload: unknown) => {
    const url = `${path.replace(/\{\w+\}/g, "none")}${query}`;
    const body = payload === undefined ? {} : { payload: JSON.stringify(payload), headers: { "content-type": "application/json" } };
    const answer = await org.admin.inject({ method: method as "POST", url, ...body });
    const { errorCode, errorCauses = [] } = answer.statusCode === 400 ? answer.json() : {};
    if (errorCode !== "E0000001") return;
    for (const { errorSummary } of errorCauses as { errorSummary: string }[]) {
      complaints++;
      const line = `${method} ${path}: ${errorSummary.slice(0, 200)}`;
      if (!/^[^:]{1,200}: \S/.test(errorSummary) || RAW.test(errorSummary.slice(errorSummary.indexOf(":")))) raw.add(line);
      if (errorSummary.includes(UNWORDED_FORM)) unworded.add(line);
    }
  };
  for (const [path, item] of Object.entries(org.admin.swagger().paths ?? {}))
    for (const [method, operation] of Object.entries(item as Record<string, Operation>)) {
      const names = (operation.parameters ?? []).filter((one) => one.in === "query").map(({ name }) => name);
      for (const name of names)
        for (const wrong of ["", "-1", "x".repeat(6000)]) await look(method.toUpperCase(), path, `?${name}=${wrong}`, undefined);
      const schema = operation.requestBody?.content["application/json"]?.schema;
      if (schema) for (const wrong of spoilt(schema)) await look(method.toUpperCase(), path, "", wrong);
    }
  t.diagnostic(`${complaints} complaints`);
  assert.deepEqual([...raw], []);
  assert.deepEqual([...unworded], [], "a form that people write has a sentence of its own");
  assert.ok(complaints > 1000, `only ${complaints} complaints`);
});

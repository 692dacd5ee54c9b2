/** Lists the keys that a schema knows at a path, so that a mistyped one can be answered with the nearest. */
import * as z from "zod";

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema | boolean;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
}

/** Keys of the objects that may stand at `path`; of several alternatives, the keys of all. Empty if the schema cannot be looked into. */
export function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const root = z.toJSONSchema(schema, { unrepresentable: "any", io: "input" }) as JsonSchema;
  let here = alternatives(root, root);
  for (const step of path) {
    here = here.flatMap((one) => alternatives(child(one, step), root));
  }
  return [...new Set(here.flatMap((one) => Object.keys(one.properties ?? {})))];
}

function child(schema: JsonSchema, step: PropertyKey): JsonSchema | undefined {
  if (typeof step === "number") return typeof schema.items === "object" ? schema.items : undefined;
  const named = schema.properties?.[String(step)];
  if (named) return named;
  return typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
}

function alternatives(schema: JsonSchema | undefined, root: JsonSchema): JsonSchema[] {
  if (!schema) return [];
  const name = schema.$ref?.split("/").at(-1);
  if (name) return alternatives(root.$defs?.[name], root);
  const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return parts.length > 0 ? [schema, ...parts.flatMap((part) => alternatives(part, root))] : [schema];
}

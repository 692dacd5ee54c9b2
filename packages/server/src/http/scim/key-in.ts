/** Finds in a filter the comparison that an index can answer, so that a client that looks for one person does not read them all. */
import type { Filter } from "./filter.ts";
import { find, type Kind } from "./schemas.ts";

/** The filter is true of nothing but what has this value at this attribute. */
export interface Key {
  attribute: string;
  value: string;
}

export function keyIn(kind: Kind, filter: Filter | undefined, attributes: readonly string[]): Key | undefined {
  if (filter === undefined) return undefined;
  if (filter.op === "and") {
    for (const part of filter.parts) {
      const key = keyIn(kind, part, attributes);
      if (key) return key;
    }
  }
  if (filter.op !== "eq" || typeof filter.value !== "string") return undefined;
  const found = find(kind, filter.path);
  if (found?.is !== "attribute" || found.extension !== undefined || found.sub !== undefined) return undefined;
  return attributes.includes(found.attribute.name) ? { attribute: found.attribute.name, value: filter.value } : undefined;
}

/** True if the filter asks for this attribute anywhere. */
export function asksFor(kind: Kind, filter: Filter | undefined, name: string): boolean {
  if (filter === undefined) return false;
  if ("parts" in filter) return filter.parts.some((part) => asksFor(kind, part, name));
  if (filter.op === "not") return asksFor(kind, filter.part, name);
  const found = find(kind, filter.path);
  return found?.is === "attribute" && found.attribute.name === name;
}

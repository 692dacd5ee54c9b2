/** Reads what a client writes of a group. */
import { ScimFault } from "./fault.ts";
import { coerce, GROUPS, isObject, type Resource } from "./schemas.ts";

export function groupIn(body: Resource): { name: string; externalId: string | undefined; members: string[] | undefined } {
  const { displayName, externalId, members } = coerce(GROUPS, body);
  return { name: nameIn(displayName), externalId: externalIdIn(externalId), members: members === undefined ? undefined : idsIn(members) };
}

export function nameIn(value: unknown): string {
  const name = typeof value === "string" ? value.trim() : "";
  if (name === "" || name.length > 128) throw new ScimFault(400, "invalidValue", "displayName: 1 to 128 characters");
  return name;
}

export function externalIdIn(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "string" || value.trim() === "" || value.length > 256)
    throw new ScimFault(400, "invalidValue", "externalId: 1 to 256 characters");
  return value;
}

/** Ids of members, as `value` or as the end of `$ref`. */
export function idsIn(members: unknown): string[] {
  return (Array.isArray(members) ? members : [members]).map((member) => {
    const { value, $ref } = isObject(member) ? member : { value: member, $ref: undefined };
    const id = value ?? (typeof $ref === "string" ? $ref.split("/").at(-1) : undefined);
    if (typeof id !== "string" || id === "")
      throw new ScimFault(400, "invalidValue", "members: each needs the id of a user or a group as its value");
    return id;
  });
}

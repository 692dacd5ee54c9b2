/** What a PATCH of a group comes to: a new name, and who is put in and who is taken out, without reading those who stay. */
import type { MembersChange, SourceGroup } from "../../flows/management/scim-groups.ts";
import { ScimFault } from "./fault.ts";
import type { Filter } from "./filter.ts";
import { externalIdIn, idsIn, nameIn } from "./group-in.ts";
import { testOfValue } from "./match.ts";
import { type Operation, type Step, stepsOf } from "./patch.ts";
import { type Attribute, GROUPS, isObject, preparedValue, type Resource } from "./schemas.ts";

export interface GroupPatch {
  change: Partial<SourceGroup>;
  members: MembersChange | undefined;
}

/** @param read the members as they are, for a filter that is more than an id. */
export async function patchGroup(
  id: string,
  before: Resource,
  operations: readonly Operation[],
  read: () => Promise<Resource[]>,
): Promise<GroupPatch> {
  const change: Partial<SourceGroup> = {};
  const members = new Members(read);
  for (const operation of operations)
    for (const step of stepsOf(GROUPS, id, operation)) {
      if (step.found.is !== "attribute") continue;
      const { name } = step.found.attribute;
      if (name === "members") await members.apply(step, step.found.attribute);
      else if (name === "displayName") change.name = nameIn(single(step, before[name]));
      else if (name === "externalId") change.externalId = externalIdIn(single(step, before[name])) as string;
    }
  return { change: Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)), members: members.change() };
}

/** A group without its name is none; the key of the source can be another one, but not nothing. */
function single({ op, path, value, found }: Step, before: unknown): unknown {
  if (path.part !== undefined) throw new ScimFault(400, "invalidPath", `${path.path} has no parts`);
  const removed = op === "remove" || value === null;
  if (removed && found.is === "attribute" && found.attribute.config.required)
    throw new ScimFault(400, "mutability", `Attribute '${found.attribute.name}' is required`);
  return removed ? before : value;
}

class Members {
  readonly #read: () => Promise<Resource[]>;
  #whole = false;
  #touched = false;
  readonly #add = new Set<string>();
  readonly #remove = new Set<string>();

  constructor(read: () => Promise<Resource[]>) {
    this.#read = read;
  }

  async apply({ op, path, value }: Step, attribute: Attribute): Promise<void> {
    this.#touched = true;
    if (path.part !== undefined) return this.#within(op, path.part, path.sub);
    if (path.path.includes(".")) return this.#part(op);
    const given = preparedValue(attribute, value);
    const ids = given === undefined ? [] : idsIn(given);
    if (op === "remove" && ids.length > 0) for (const id of ids) this.#out(id);
    else if (op !== "add") {
      this.#whole = true;
      this.#add.clear();
      this.#remove.clear();
    }
    if (op !== "remove") for (const id of ids) this.#in(id);
  }

  change(): MembersChange | undefined {
    return this.#touched ? { whole: this.#whole, add: [...this.#add], remove: [...this.#remove] } : undefined;
  }

  async #within(op: Step["op"], part: Filter, sub: string | undefined): Promise<void> {
    const test = testOfValue(GROUPS, "members", part);
    const named = part.op === "eq" && part.path.toLowerCase() === "value" && typeof part.value === "string" ? part.value : undefined;
    // One id needs no reading: whoever is not in is as good as taken out.
    if (op === "remove" && sub === undefined && named !== undefined) return this.#out(named);
    const hit = (await this.#now()).filter(test);
    if (op !== "remove" && hit.length === 0) throw new ScimFault(400, "noTarget", "no member is meant by this filter");
    // Nothing of a member but its id is written by a client (RFC 7643 §4.2: immutable).
    if (op !== "remove" || sub !== undefined)
      throw new ScimFault(400, "mutability", "a member cannot be changed: remove it, and add another");
    for (const { value } of hit) this.#out(String(value));
  }

  #part(op: Step["op"]): never {
    throw new ScimFault(400, "mutability", `${op}: parts of members cannot be changed: remove the member, and add another`);
  }

  async #now(): Promise<Resource[]> {
    const before = this.#whole ? [] : (await this.#read()).filter(({ value }) => !this.#remove.has(String(value)));
    const there = new Set(before.map(({ value }) => value));
    return [...before, ...[...this.#add].filter((id) => !there.has(id)).map((id) => ({ value: id }))].filter(isObject);
  }

  #in(id: string): void {
    this.#add.add(id);
    this.#remove.delete(id);
  }

  #out(id: string): void {
    this.#add.delete(id);
    this.#remove.add(id);
  }
}

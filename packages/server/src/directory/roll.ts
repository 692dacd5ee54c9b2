/** Everybody who is there, as one read found them, and how a group's members lead to them. */
import type { Present } from "../flows/directory.ts";
import { foldDn } from "./dn.ts";
import { type Entry, Unreadable } from "./entry.ts";
import type { Kind } from "./kind.ts";

export class Roll {
  readonly present: Present = { people: new Map(), groups: new Map() };
  /** The newest change that was seen, in milliseconds since 1970. */
  newest: number | undefined;
  readonly #kind: Kind;
  readonly #byDn = new Map<string, string>();
  readonly #byKey = new Map<string, string>();
  readonly #groupByKey = new Map<string, string>();

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  /** Answers the id. Throws `Unreadable` if there is none: who has no id can neither be kept nor be missed. */
  add(what: "people" | "groups", entry: Entry): string {
    const id = this.#kind.idOf(entry);
    if (id === undefined || id === "") throw new Unreadable("no id");
    this.present[what].set(id, entry.dn);
    this.#byDn.set(foldDn(entry.dn), id);
    if (what === "groups") for (const key of this.#kind.groupKeys(entry)) this.#groupByKey.set(key, id);
    else for (const key of this.#kind.memberKeys(entry)) this.#byKey.set(key, id);
    const changed = this.#kind.changeTime(entry);
    if (changed !== undefined && changed > (this.newest ?? 0)) this.newest = changed;
    return id;
  }

  /** Ids of the members that are here; others belong to other directories, or are no people. */
  members(values: { names: readonly string[]; dn: boolean }[]): string[] {
    const found = values.flatMap(({ names, dn }) => names.map((name) => (dn ? this.#byDn.get(foldDn(name)) : this.#byKey.get(name))));
    return [...new Set(found.filter((id) => id !== undefined))];
  }

  groupOf(key: string | undefined): string | undefined {
    return key === undefined ? undefined : this.#groupByKey.get(key);
  }
}

/** A directory of a test: people and groups as data, read whole or by changes, and told to fail as real ones do. */
import { type Directory, DirectoryFault, type DirectoryGroup, type DirectoryPerson, type DirectoryRead } from "../directory.ts";

export class DataDirectory implements Directory {
  readonly people = new Map<string, DirectoryPerson>();
  readonly groups = new Map<string, DirectoryGroup>();
  domain: DirectoryRead["domain"];
  unreadable: DirectoryRead["unreadable"] = [];
  /** Thrown by the next reads. */
  fault: Error | undefined;
  /** Awaited by a read before it answers. */
  gate: Promise<void> | undefined;
  reads: DirectoryRead["kind"][] = [];
  #changes: string[] = [];

  put(person: Partial<DirectoryPerson> & { externalId: string }): void {
    const { externalId } = person;
    const profile = { login: externalId, ...this.people.get(externalId)?.profile, ...person.profile };
    this.people.set(externalId, { dn: `uid=${externalId}`, active: true, ...this.people.get(externalId), ...person, profile });
    this.#changes.push(externalId);
  }

  putGroup(group: Partial<DirectoryGroup> & { externalId: string }): void {
    const { externalId } = group;
    this.groups.set(externalId, { dn: `cn=${externalId}`, name: externalId, members: [], ...this.groups.get(externalId), ...group });
    this.#changes.push(externalId);
  }

  /** As a real directory does it: out of every group, which is changed by that. */
  remove(externalId: string): void {
    this.people.delete(externalId);
    this.groups.delete(externalId);
    for (const group of this.groups.values())
      if (group.members.includes(externalId))
        this.putGroup({ externalId: group.externalId, members: group.members.filter((one) => one !== externalId) });
  }

  async read(_source: unknown, { cursor, signal, onProgress }: Parameters<Directory["read"]>[1]): Promise<DirectoryRead> {
    await this.gate;
    signal.throwIfAborted();
    if (this.fault) throw this.fault;
    const since = typeof cursor === "number" ? cursor : undefined;
    const kind = since === undefined ? "full" : "changes";
    this.reads.push(kind);
    const changed = new Set(this.#changes.slice(since ?? 0));
    const told = (id: string) => since === undefined || changed.has(id);
    const unreadable = new Set(this.unreadable.map(({ externalId }) => externalId));
    const people = [...this.people.values()].filter(({ externalId }) => told(externalId) && !unreadable.has(externalId));
    onProgress({ people: people.length, groups: 0 });
    const inGroup = ({ members }: DirectoryGroup) => members.some((one) => changed.has(one));
    const groups = [...this.groups.values()].filter((group) => told(group.externalId) || inGroup(group));
    return {
      kind,
      people: structuredClone(people),
      groups: structuredClone(groups).map((group) => ({
        ...group,
        members: group.members.filter((one) => this.people.has(one) || this.groups.has(one)),
      })),
      present: {
        people: new Map([...this.people].map(([id, { dn }]) => [id, dn])),
        groups: new Map([...this.groups].map(([id, { dn }]) => [id, dn])),
      },
      cursor: this.#changes.length,
      server: "ldaps://data",
      ...(this.domain ? { domain: this.domain } : {}),
      unreadable: this.unreadable,
    };
  }

  async look(_source: unknown, { limit }: { limit: number }): ReturnType<Directory["look"]> {
    if (this.fault) throw this.fault;
    const people = [...this.people.values()].slice(0, limit);
    return { server: "ldaps://data", people, groups: [...this.groups.values()].slice(0, limit), unreadable: this.unreadable };
  }

  async check(): Promise<never> {
    throw new DirectoryFault("A test asks for no password.", { server: "ldaps://data", error: "none" });
  }
}

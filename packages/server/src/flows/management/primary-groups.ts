/** Whose primary group is which: people name it, groups do not, and a read of changes tells it of those who changed alone. */
import type { DirectoryRead } from "../directory.ts";

/** Of thousands of people nearly all have the same: `most` is the group of everybody who is not in `others`; `""` there is none. */
export interface Primary {
  most: string;
  others: Record<string, string>;
}

/** External id of the person → of the group. */
export function primaryOf(read: DirectoryRead, before: ReadonlyMap<string, string>): Map<string, string> {
  const now = new Map([...before].filter(([person]) => read.present.people.has(person)));
  for (const { externalId, primaryGroup } of read.people) {
    if (primaryGroup === undefined) now.delete(externalId);
    else now.set(externalId, primaryGroup);
  }
  return now;
}

type Present = DirectoryRead["present"]["people"];

export function packPrimary(primary: ReadonlyMap<string, string>, present: Present): Primary {
  const counts = new Map<string, number>();
  for (const group of primary.values()) counts.set(group, (counts.get(group) ?? 0) + 1);
  const [most = ""] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? [];
  const others = [...present.keys()].map((person) => [person, primary.get(person) ?? ""] as const).filter(([, group]) => group !== most);
  return { most, others: Object.fromEntries(others) };
}

/** Whoever came since then gets the group of most; what they really have, the read tells. */
export function unpackPrimary({ most, others }: Primary, present: Present): Map<string, string> {
  const all = [...present.keys()].map((person) => [person, others[person] ?? most] as const);
  return new Map(all.filter(([, group]) => group !== ""));
}

/** Finds the one user that a typed name means, by an app's ordered rules, and keeps a trace of every rule tried. */
import type { LookupStep } from "./lookup.ts";
import { keyOf, type NameKey } from "./names.ts";

/** Somebody who has this name. */
export interface Holder extends NameKey {
  userId: string;
}

export interface ResolveStep {
  /** The rule, with where it looked if that was the host's domain only. */
  rule: string;
  /** Every form of the name that was looked for. */
  looked: string;
  found: number;
  assigned: number;
}

export type Resolution =
  | { kind: "found"; userId: string; rule: string; trace: ResolveStep[] }
  | { kind: "ambiguous"; userIds: string[]; rule: string; trace: ResolveStep[] }
  | { kind: "not-assigned"; userId: string; rule: string; trace: ResolveStep[] }
  | { kind: "unknown"; trace: ResolveStep[] };

/**
 * Only users assigned to the app take part, so that somebody elsewhere with the same name takes nobody's logon away (S29).
 * The first rule that finds an assigned user decides: one is the user, several are ambiguous, whatever later rules would say.
 * @param links linked user → primary: both are one person, and of several who are found the primary answers, or else the first by id.
 */
export function resolveUser(
  steps: readonly LookupStep[],
  holders: readonly Holder[],
  assigned: ReadonlySet<string>,
  links: ReadonlyMap<string, string> = new Map(),
): Resolution {
  const holdersOf = Map.groupBy(holders, keyOf);
  const personOf = (id: string) => links.get(id) ?? id;
  const trace: ResolveStep[] = [];
  let outsider: { userId: string; rule: string } | undefined;
  for (const step of steps) {
    const rule = nameOfStep(step);
    const found = foundBy(step, holdersOf);
    const own = found.filter((id) => assigned.has(id));
    trace.push({ rule, looked: step.keys.map(({ folded }) => folded).join(" or "), found: found.length, assigned: own.length });
    const [person, other] = new Set(own.map(personOf));
    if (other !== undefined) return { kind: "ambiguous", userIds: own, rule, trace };
    if (person !== undefined) return { kind: "found", userId: own.find((id) => id === person) ?? (own[0] as string), rule, trace };
    const [first] = found;
    if (first !== undefined) outsider ??= { userId: found.find((id) => personOf(id) === id) ?? first, rule };
  }
  return outsider ? { kind: "not-assigned", ...outsider, trace } : { kind: "unknown", trace };
}

/** As a trace and a record name it. */
export function nameOfStep({ rule, where }: Pick<LookupStep, "rule" | "where">): string {
  return where === undefined ? rule : `${rule}, ${where}`;
}

/** Who has any of the step's names: each once, by id. */
export function foundBy({ keys, also }: LookupStep, holdersOf: ReadonlyMap<string, readonly Holder[]>): string[] {
  const idsOf = (key: NameKey) => (holdersOf.get(keyOf(key)) ?? []).map(({ userId }) => userId);
  const must = also === undefined ? undefined : new Set(idsOf(also));
  return [...new Set(keys.flatMap(idsOf))].filter((id) => must === undefined || must.has(id)).sort();
}

/** Finds the one user that a typed name means, by an app's ordered rules, and keeps a trace of every rule tried. */
import type { NameKey } from "./names.ts";

export interface Candidates {
  key: { kind: string; folded: string };
  userIds: readonly string[];
}

export interface ResolveStep {
  rule: string;
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
 */
export function resolveUser(keys: readonly NameKey[], candidates: readonly Candidates[], assigned: ReadonlySet<string>): Resolution {
  const trace: ResolveStep[] = [];
  let outsider: { userId: string; rule: string } | undefined;
  for (const { rule, kind, folded } of keys) {
    const holders = candidates.filter(({ key }) => key.kind === kind && key.folded === folded).flatMap(({ userIds }) => userIds);
    const found = [...new Set(holders)];
    const own = found.filter((id) => assigned.has(id)).sort();
    trace.push({ rule, looked: folded, found: found.length, assigned: own.length });
    const [first] = own;
    if (own.length > 1) return { kind: "ambiguous", userIds: own, rule, trace };
    if (first !== undefined) return { kind: "found", userId: first, rule, trace };
    const [other] = found;
    if (other !== undefined) outsider ??= { userId: other, rule };
  }
  return outsider ? { kind: "not-assigned", ...outsider, trace } : { kind: "unknown", trace };
}

/** Finds what a policy document names that is not there, before it decides anything. */
import type { PolicyDocument, RuleConditions } from "@sallyport/contracts";
import { clockOf } from "./clock.ts";

export interface Known {
  users: readonly string[];
  groups: readonly string[];
  hosts: readonly string[];
  zones: readonly string[];
}

interface Named extends Pick<RuleConditions, "users" | "groups" | "hosts" | "zones" | "notZones"> {
  linkZones?: string[] | undefined;
}

const LISTS: { part: keyof Named; in: keyof Known; word: string }[] = [
  { part: "groups", in: "groups", word: "group" },
  { part: "hosts", in: "hosts", word: "host" },
  { part: "zones", in: "zones", word: "zone" },
  { part: "notZones", in: "zones", word: "zone" },
  { part: "linkZones", in: "zones", word: "zone" },
  { part: "users", in: "users", word: "user" },
];

/** One sentence for each complaint, with its path, such as `rules[2].if.zones[0]: there is no zone “ofice”; do you mean “office”?` */
export function checkPolicy(document: PolicyDocument, known: Known): string[] {
  const complaints: string[] = [];
  const names = new Set<string>(["ask for a factor"]);
  for (const [index, rule] of document.rules.entries()) {
    const at = `rules[${index}]`;
    const name = rule.name.toLowerCase();
    if (names.has(name)) complaints.push(`${at}.name: another rule is called “${rule.name}” already`);
    names.add(name);
    complaints.push(...checkNames(`${at}.if`, rule.if ?? {}, known), ...checkTimes(`${at}.if`, rule.if ?? {}));
    complaints.push(...checkNames(at, { linkZones: rule.linkZones }, known));
    for (const part of ["factors", "linkZones"] as const)
      if (rule[part] && rule.then !== "factor") complaints.push(`${at}.${part}: only a rule that asks for a factor has a list of them`);
  }
  complaints.push(...checkNames("breakGlass", { groups: document.breakGlass?.groups }, known));
  for (const [index, exclusion] of (document.exclusions ?? []).entries()) {
    const given = [exclusion.uid, exclusion.sid, exclusion.name].filter((value) => value !== undefined).length;
    if (given !== 1) complaints.push(`exclusions[${index}]: give exactly one of uid, sid and name`);
  }
  return complaints;
}

function checkNames(at: string, conditions: Named, known: Known): string[] {
  return LISTS.flatMap(({ part, in: list, word }) =>
    (conditions[part] ?? []).flatMap((name, index) => {
      const names = known[list];
      if (names.some((one) => one.toLowerCase() === name.toLowerCase())) return [];
      const near = nearest(name, names);
      return [`${at}.${part}[${index}]: there is no ${word} “${name}”${near === undefined ? "" : `; do you mean “${near}”?`}`];
    }),
  );
}

function checkTimes(at: string, { from, to, timeZone }: RuleConditions): string[] {
  if (timeZone !== undefined && !clockOf(0, timeZone))
    return [`${at}.timeZone: there is no time zone “${timeZone}”; one looks like Europe/Berlin`];
  return from !== undefined && from === to ? [`${at}.to: the same time as from: the rule would never hold`] : [];
}

/** The name that shares the most pairs of letters, if it shares enough to be worth saying. */
function nearest(name: string, names: readonly string[]): string | undefined {
  const scored = names.map((one) => ({ one, score: likeness(name.toLowerCase(), one.toLowerCase()) }));
  const best = scored.sort((a, b) => b.score - a.score)[0];
  return best && best.score >= 0.4 ? best.one : undefined;
}

function likeness(a: string, b: string): number {
  const pairs = (text: string) => Array.from({ length: Math.max(0, text.length - 1) }, (_, index) => text.slice(index, index + 2));
  const [one, other] = [pairs(a), pairs(b)];
  const shared = one.filter((pair) => other.includes(pair)).length;
  return one.length + other.length === 0 ? 0 : (2 * shared) / (one.length + other.length);
}

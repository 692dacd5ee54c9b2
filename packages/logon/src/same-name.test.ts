/** S29: two people none of whose names are rivals are never both found by one typed text, by any rules. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type NameRule, plainRule, type UserProfile } from "@sallyport/contracts";
import fc from "fast-check";
import type { KnownDomain } from "./domains.ts";
import { keysOf, lookupSteps } from "./lookup.ts";
import { keyOf, namesOf } from "./names.ts";
import { type Holder, resolveUser } from "./resolve-user.ts";
import { type NameWorld, rivalsOf, typedFor } from "./same-name.ts";

const DOMAINS: KnownDomain[] = [
  { name: "corp.test", netbios: "CORP", aliases: ["old"] },
  { name: "lab.test", netbios: "LAB", aliases: [] },
];
const OWN: NameRule[] = [
  { rule: "prefix", prefix: "adm-", then: "samAccountName" },
  { rule: "prefix", prefix: "adm-", then: "domain-sam" },
  { rule: "mapping", match: "CORP\\{name}", look: "{name}@x.test", then: "userPrincipalName" },
  { rule: "mapping", match: "{name}@{domain}", look: "{domain}\\{name}", then: "domain-sam" },
  { rule: "mapping", match: "root", look: "ann", then: "login" },
];
const WORLD: NameWorld = { rules: OWN, domains: DOMAINS };

const short = fc.constantFrom("ann", "Bob", "adm-ann", "root", "ａnn");
const domain = fc.constantFrom("CORP", "corp.test", "old", "LAB", "lab.test", "x.test", "east");
const principal = fc.tuple(short, domain).map(([name, at]) => `${name}@${at}`);
const slashed = fc.tuple(domain, short).map(([at, name]) => `${at}\\${name}`);
const profile: fc.Arbitrary<UserProfile> = fc.record(
  { login: fc.oneof(short, principal, slashed), email: principal, samAccountName: short, domain, userPrincipalName: principal },
  { requiredKeys: ["login"] },
) as fc.Arbitrary<UserProfile>;
const rules = fc.shuffledSubarray<NameRule>([...plainRule.options, ...OWN], { minLength: 1 });
const typed = fc.record({
  username: fc.oneof(short, principal, slashed),
  domain: fc.option(domain, { nil: undefined }),
  context: fc.option(domain, { nil: undefined }),
});

const holdersOf = (people: readonly UserProfile[]): Holder[] =>
  people.flatMap((one, at) => namesOf(one).map((key) => ({ ...key, userId: `u${at}` })));

/** Everybody who comes and shares nothing with those before. */
function strangers(people: readonly UserProfile[]): UserProfile[] {
  const kept: UserProfile[] = [];
  for (const one of people) {
    const held = new Set(kept.flatMap(namesOf).map(keyOf));
    const rivals = namesOf(one).flatMap((name) => rivalsOf(name, WORLD));
    if (!rivals.some((name) => held.has(keyOf(name)))) kept.push(one);
  }
  return kept;
}

test("strangers are never ambiguous, and who was found is found after a stranger came", () => {
  fc.assert(
    fc.property(fc.array(profile, { maxLength: 6 }), rules, typed, (all, order, given) => {
      fc.pre(given.domain === undefined || !given.username.includes("@"));
      const people = strangers(all);
      const run = (count: number) => {
        const holders = holdersOf(people.slice(0, count));
        const assigned = new Set(people.map((_, at) => `u${at}`));
        return resolveUser(lookupSteps(given, order, DOMAINS), holders, assigned);
      };
      let before = run(0);
      for (let count = 1; count <= people.length; count++) {
        const after = run(count);
        assert.notEqual(after.kind, "ambiguous");
        if (before.kind === "found") assert.deepEqual(after.kind === "found" && after.userId, before.userId);
        before = after;
      }
    }),
    { numRuns: 5000 },
  );
});

test("rivals are rivals both ways, and the order of those who have a name decides nothing", () => {
  fc.assert(
    fc.property(profile, profile, rules, typed, (one, other, order, given) => {
      const rival = (a: UserProfile, b: UserProfile) => {
        const held = new Set(namesOf(b).map(keyOf));
        return namesOf(a)
          .flatMap((name) => rivalsOf(name, WORLD))
          .some((name) => held.has(keyOf(name)));
      };
      assert.equal(rival(one, other), rival(other, one));
      const holders = holdersOf([one, other]);
      const run = (given_: Holder[]) => resolveUser(lookupSteps(given, order, DOMAINS), given_, new Set(["u0", "u1"]));
      assert.deepEqual(run(holders.toReversed()), run(holders));
    }),
    { numRuns: 2000 },
  );
});

test("each text that is said to find a name finds it", () => {
  fc.assert(
    fc.property(profile, (one) => {
      for (const name of namesOf(one)) {
        for (const username of typedFor(name, WORLD)) {
          const keys = keysOf(lookupSteps({ username }, [...plainRule.options, ...OWN], DOMAINS)).map(keyOf);
          assert.ok(keys.includes(keyOf(name)), `${username} for ${name.kind} ${name.folded}`);
        }
      }
    }),
  );
});

/** A typed name means one user or nobody: by rules that can be read, with a trace. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NameRule, UserProfile } from "@sallyport/contracts";
import fc from "fast-check";
import { foldName } from "./fold-name.ts";
import { lookupSteps } from "./lookup.ts";
import { namesOf } from "./names.ts";
import { type Holder, resolveUser } from "./resolve-user.ts";

const RULES: NameRule[] = ["login", "userPrincipalName", "email", "samAccountName", "domain-sam", "email-local-part"];
const PEOPLE: Record<string, UserProfile> = {
  alice: {
    login: "alice",
    email: "alice@corp.example",
    samAccountName: "alice",
    domain: "CORP",
    userPrincipalName: "alice@corp.example",
    sid: "S-1-5-21-1",
  },
  north: { login: "carol@north.example", samAccountName: "carol", domain: "NORTH" },
  south: { login: "carol@south.example", samAccountName: "carol", domain: "SOUTH" },
  bob: { login: "bob" },
};

const population = (people: Record<string, UserProfile>): Holder[] =>
  Object.entries(people).flatMap(([userId, profile]) => namesOf(profile).map((key) => ({ ...key, userId })));

const find = (username: string, extra: { domain?: string; sid?: string } = {}, assigned = Object.keys(PEOPLE), rules = RULES) =>
  resolveUser(lookupSteps({ username, ...extra }, rules), population(PEOPLE), new Set(assigned));

for (const typed of ["alice", "ALICE", " alice ", "CORP\\alice", "corp\\Alice", "alice@corp.example", ".\\alice", "ａｌｉｃｅ"]) {
  test(`${JSON.stringify(typed)} is alice`, () => {
    const found = find(typed);
    assert.equal(found.kind === "found" && found.userId, "alice");
  });
}

test("two people of one short name in two domains are ambiguous by it, and told apart by the domain", () => {
  const both = find("carol");
  assert.equal(both.kind, "ambiguous");
  assert.deepEqual(both.kind === "ambiguous" && both.userIds, ["north", "south"]);
  const north = find("NORTH\\carol");
  assert.equal(north.kind === "found" && north.userId, "north");
  const south = find("carol", { domain: "south" });
  assert.equal(south.kind === "found" && south.userId, "south");
  assert.equal(find("EAST\\carol").kind, "unknown");
});

test("S29: only who is assigned takes part, so that a namesake elsewhere takes nobody's logon away", () => {
  const found = find("carol", {}, ["north", "alice"]);
  assert.equal(found.kind === "found" && found.userId, "north");
  const outsider = find("bob", {}, ["alice"]);
  assert.equal(outsider.kind, "not-assigned");
});

test("a SID from the machine wins over any name", () => {
  const found = find("bob", { sid: "S-1-5-21-1" });
  assert.deepEqual(found.kind === "found" && [found.userId, found.rule], ["alice", "sid"]);
});

test("only the app's rules are tried, in their order, each with what it found", () => {
  assert.equal(find("alice", {}, Object.keys(PEOPLE), ["userPrincipalName"]).kind, "unknown");
  const { trace } = find("nobody");
  assert.deepEqual(
    trace.map(({ rule }) => rule),
    ["login", "samAccountName", "email-local-part"],
  );
});

test("names that hold controls or bidi marks are no names; folding twice changes nothing", () => {
  for (const bad of ["", "   ", "a\u0000b", "a\u202eb", "a\u200bb", "a\nb", "x".repeat(300)])
    assert.equal(foldName(bad), undefined, JSON.stringify(bad));
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (text) => {
      const once = foldName(text);
      if (once !== undefined) assert.equal(foldName(once), once);
    }),
  );
});

test("S29: for any population and any name, resolution is the same twice, and no two users ever answer to one name", () => {
  const names = fc.constantFrom("ann", "Ann", "bob", "CORP\\ann", "ann@x.example", "bob@x.example");
  const profile = fc.record(
    { login: names, email: names, samAccountName: names, domain: fc.constantFrom("CORP", "EAST") },
    { requiredKeys: ["login"] },
  );
  fc.assert(
    fc.property(fc.array(profile, { maxLength: 5 }), names, fc.array(fc.nat(4)), (profiles, typed, assigned) => {
      const people = Object.fromEntries(profiles.map((one, index) => [`u${index}`, one as UserProfile]));
      const run = () => resolveUser(lookupSteps({ username: typed }, RULES), population(people), new Set(assigned.map((n) => `u${n}`)));
      const first = run();
      assert.deepEqual(run(), first);
      if (first.kind === "found") assert.ok(assigned.includes(Number(first.userId.slice(1))));
    }),
  );
});

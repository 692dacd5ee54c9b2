/** A look over everybody finds each pair that one typed name could mean, and those whose names only look the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { UserProfile } from "@sallyport/contracts";
import { ClashFinder, type Looked } from "./clashes.ts";
import type { NameWorld } from "./same-name.ts";

const WORLD: NameWorld = {
  rules: [{ rule: "prefix", prefix: "adm-", then: "samAccountName" }],
  domains: [{ name: "corp.test", netbios: "CORP", aliases: [] }],
};

function find(...users: (Partial<Looked> & { profile: UserProfile })[]): string[] {
  const finder = new ClashFinder(WORLD);
  for (const [at, user] of users.entries()) finder.take({ id: `u${at}`, status: "ACTIVE", created: at, linkedTo: null, ...user });
  return finder.clashes().map(({ kind, folded, first, second }) => `${first} ${second} ${kind} ${folded}`);
}

const login = (text: string) => ({ profile: { login: text } });

for (const [what, one, other, found] of [
  ["one login in two sources", { login: "ann" }, { login: "Ann" }, "login ann"],
  [
    "one account name in two domains",
    { login: "a", samAccountName: "ann", domain: "CORP" },
    { login: "b", samAccountName: "ann", domain: "LAB" },
    "samAccountName ann",
  ],
  [
    "one account in two forms of a domain",
    { login: "a", samAccountName: "ann", domain: "CORP" },
    { login: "b", samAccountName: "ann", domain: "corp.test" },
    "domain-sam corp.test\\ann",
  ],
  [
    "one principal name",
    { login: "a", userPrincipalName: "ann@x.test" },
    { login: "b", userPrincipalName: "ann@x.test" },
    "userPrincipalName ann@x.test",
  ],
  ["one e-mail address", { login: "a", email: "ann@x.test" }, { login: "b", email: "ANN@x.test" }, "email ann@x.test"],
  ["one SID", { login: "a", sid: "S-1-5-21-1" }, { login: "b", sid: "s-1-5-21-1" }, "sid s-1-5-21-1"],
  ["a login that is another's account name", { login: "a", samAccountName: "ann" }, { login: "ann" }, "login ann"],
  ["a login that a prefix makes another's", { login: "a", samAccountName: "ann" }, { login: "adm-ann" }, "login adm-ann"],
  ["names that are the same when folded", { login: "ａｎｎ" }, { login: "ann" }, "login ann"],
  ["names that look alike", { login: "ann" }, { login: "аnn" }, "look-alike аnn"],
] as const)
  test(`found: ${what}`, () => assert.deepEqual(find({ profile: one }, { profile: other }), [`u0 u1 ${found}`]));

test("not found: strangers, one person, and those who have left unless somebody is held back for them", () => {
  assert.deepEqual(find(login("ann"), login("anna")), []);
  assert.deepEqual(find(login("ann"), { ...login("ann"), linkedTo: "u0" }), []);
  assert.deepEqual(find({ ...login("ann"), status: "DEPROVISIONED" }, login("ann")), []);
  assert.deepEqual(find({ ...login("ann"), status: "DEPROVISIONED" }, { ...login("ann"), status: "STAGED" }), ["u0 u1 login ann"]);
});

test("of three with one name the first is found with each of the others, whoever is read first", () => {
  assert.deepEqual(find(login("ann"), login("ann"), login("ann")), ["u0 u1 login ann", "u0 u2 login ann"]);
  assert.deepEqual(find({ ...login("ann"), created: 9 }, login("ann")), ["u1 u0 login ann"]);
});

/** What is looked for when a name is typed: rules of one's own, forms of a domain, and the host's own domain. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type NameRule, readRules } from "@sallyport/contracts";
import type { KnownDomain } from "./domains.ts";
import { type GivenName, lookupSteps } from "./lookup.ts";
import { mapName } from "./mapping.ts";

const DOMAINS: KnownDomain[] = [
  { name: "corp.example.test", netbios: "CORP", aliases: ["old-corp"] },
  { name: "lab.example.test", netbios: "LAB", aliases: [] },
];

function rules(text: string): NameRule[] {
  const read = readRules(text);
  assert.ok(read.ok, JSON.stringify(read));
  return read.rules;
}

const looked = (given: GivenName | string, text: string, domains = DOMAINS) =>
  lookupSteps(typeof given === "string" ? { username: given } : given, rules(text), domains).map(
    ({ rule, where, keys }) => `${rule}${where ? ` ${where}` : ""}: ${keys.map(({ folded }) => folded).join(" | ")}`,
  );

test("a prefix is cut off, behind a domain too, and in any case; a name without it is not looked for", () => {
  const rule = "prefix:adm-:samAccountName";
  assert.deepEqual(looked("ADM-Alice", rule), [`${rule}: alice`]);
  assert.deepEqual(looked("alice", rule), []);
  assert.deepEqual(looked("adm-", rule), [], "nothing is left");
  assert.deepEqual(looked("CORP\\adm-alice", rule), [], "the short name alone must not find another domain's");
  assert.match(looked("CORP\\adm-alice", "prefix:adm-:domain-sam")[0] ?? "", /: corp\\alice \|/);
});

test("a mapping puts what was typed in another form, with literal text around its placeholders", () => {
  const upn = "map:CORP\\{name}={name}@corp.example:userPrincipalName";
  assert.deepEqual(looked("corp\\Alice", upn), [`${upn}: alice@corp.example`]);
  assert.deepEqual(looked({ username: "alice", domain: "CORP" }, upn), [`${upn}: alice@corp.example`]);
  assert.deepEqual(looked("corp.example.test\\alice", upn), [`${upn}: alice@corp.example`], "another form of the same domain");
  assert.deepEqual(looked("LAB\\alice", upn), []);
  assert.deepEqual(looked("alice", upn), []);
  assert.deepEqual(looked("CORP\\", upn), []);
  assert.deepEqual(looked("ROOT", "map:root=alice:login"), ["map:root=alice:login: alice"]);
  assert.deepEqual(looked("rooted", "map:root=alice:login"), []);
});

test("what a mapping's text means to a regular expression means nothing here", () => {
  assert.equal(mapName({ match: "a.c{name}", look: "{name}" }, "abcd"), undefined);
  assert.equal(mapName({ match: "(.*)+$x{name}", look: "{name}" }, "(.*)+$xy"), "y");
  assert.equal(mapName({ match: "{name}.{domain}", look: "{domain}\\{name}" }, "a.b.c"), "b.c\\a", "the first is as short as can be");
  assert.equal(
    mapName({ match: "{name}-{domain}", look: "{domain}\\{name}" }, "a\\b-c"),
    undefined,
    "a placeholder holds no part of a name",
  );
  assert.equal(mapName({ match: "x{name}", look: "$&{name}$1" }, "xa"), "$&a$1");
});

test("every form of a domain means the same domain, and its forms are looked for together", () => {
  const all = "domain-sam: corp\\alice | corp.example.test\\alice | old-corp\\alice".split(": ")[1]?.split(" | ").sort();
  for (const typed of ["CORP\\alice", "corp.example.test\\Alice", "OLD-CORP\\alice", "alice@corp.example.test"]) {
    const [step, ...rest] = lookupSteps({ username: typed }, ["domain-sam"], DOMAINS);
    assert.deepEqual(step?.keys.map(({ folded }) => folded).sort(), all, typed);
    assert.deepEqual(rest, []);
  }
  assert.deepEqual(looked("EAST\\alice", "domain-sam"), ["domain-sam: east\\alice"], "a domain that nobody told of has one form");
  assert.deepEqual(looked("alice@corp", "domain-sam"), [], "only the DNS name makes a principal name of an account");
  assert.deepEqual(looked("alice@upn.example", "domain-sam"), [], "a UPN suffix is no domain");
  assert.deepEqual(looked("alice@corp.example.test", "userPrincipalName"), ["userPrincipalName: alice@corp.example.test"]);
});

test("a short name is looked for in the host's own domain first, as a step of its own", () => {
  const given = { username: "carol", context: "LAB" };
  assert.deepEqual(looked(given, "samAccountName"), [
    "samAccountName in the host's domain: lab\\carol | lab.example.test\\carol",
    "samAccountName: carol",
  ]);
  assert.deepEqual(looked({ username: "CORP\\carol", context: "LAB" }, "samAccountName"), []);
  assert.deepEqual(looked({ username: "carol@x.example", context: "LAB" }, "samAccountName"), []);
  assert.equal(lookupSteps(given, ["login"], DOMAINS)[0]?.also?.kind, "login", "who is found there must have the short name");
  assert.deepEqual(looked({ username: "adm-carol", context: "LAB" }, "prefix:adm-:samAccountName").length, 2);
});

test("nothing is looked for twice", () => {
  assert.deepEqual(looked("CORP\\alice", "domain-sam,map:CORP\\{name}=old-corp\\{name}:domain-sam").length, 1);
});

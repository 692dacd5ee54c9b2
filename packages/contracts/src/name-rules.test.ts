/** Name rules as an administrator writes them are read back as they were, and a bad one is named by its place. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { nameRules, readRules, ruleText } from "./name-rules.ts";

test("a list of rules is read in its order, and written as it was read", () => {
  const text = "login,prefix:adm-:samAccountName,map:CORP\\{name}={name}@corp.example:userPrincipalName,map:root=alice:login";
  const read = readRules(text);
  assert.ok(read.ok);
  assert.deepEqual(read.rules, [
    "login",
    { rule: "prefix", prefix: "adm-", then: "samAccountName" },
    { rule: "mapping", match: "CORP\\{name}", look: "{name}@corp.example", then: "userPrincipalName" },
    { rule: "mapping", match: "root", look: "alice", then: "login" },
  ]);
  assert.equal(read.rules.map(ruleText).join(), text);
  assert.ok(readRules(" login , email ").ok, "white space around a comma is nobody's mistake");
});

test("what was stored before there were rules of one's own is read as it was", () => {
  const stored = ["login", "userPrincipalName", "email", "samAccountName", "domain-sam", "email-local-part"];
  assert.deepEqual(nameRules.parse(stored), stored);
});

for (const [text, complaint] of [
  ["login,nickname", /^rule 2, “nickname”: is no rule: one of login, /],
  ["login,,email", /^rule 2, “”: is no rule/],
  ["prefix:adm-", /^rule 1, “prefix:adm-”: .*/],
  ["prefix:adm-:nickname", /^rule 1, “prefix:adm-:nickname”: after the last colon stands the rule that looks for it, one of login, /],
  ["prefix:adm-", /^rule 1, “prefix:adm-”: after the last colon stands the rule/],
  ["map:{name}@corp.example", /: after the last colon stands the rule/],
  ["login,samaccountname", /^rule 2, “samaccountname”: did you mean samAccountName\?$/],
  ["prefix::login", /^rule 1, “prefix::login”: prefix: /],
  ["login,prefix:a@b:login", /^rule 2, .*prefix: without :, \\ or @$/],
  ["map:root:login", /^rule 1, .*: between what is matched and what is looked for stands =$/],
  ["map:{user}={user}@x:login", /: match: \{user\} is no placeholder: \{name\} and \{domain\} are$/],
  ["map:{name}-{name}={name}:login", /: match: a placeholder stands here twice$/],
  ["map:{domain}{name}={name}@{domain}:email", /: match: between two placeholders there must be something/],
  ["map:CORP\\{name}={name}@{domain}:email", /: look: \{domain\} is not in what is matched$/],
  ["map:{domain}\\{name}={name}:samAccountName", /: look: \{domain\} is matched, and must be looked for too$/],
] as const)
  test(`${JSON.stringify(text)} is refused by its place`, () => {
    const read = readRules(text);
    assert.ok(!read.ok);
    assert.match(read.complaint, complaint);
  });

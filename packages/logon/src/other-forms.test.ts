/** Which other forms of a name are looked for, and when the one who is found must not be taken for the one who was meant. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { plainRule } from "@sallyport/contracts";
import fc from "fast-check";
import { keysOf, lookupSteps } from "./lookup.ts";
import { namesAnotherDomain, otherForms } from "./other-forms.ts";

const forms = (username: string, domain?: string) =>
  otherForms({ username, domain }, ["login"]).map(({ rule, folded }) => `${rule} ${folded}`);

test("without its domain, by the part before the @, as DOMAIN\\name, and by the rules that the app leaves out; the nearest first", () => {
  assert.deepEqual(forms("CORP\\alice"), ["domain-sam corp\\alice", "login alice", "samAccountName alice", "email-local-part alice"]);
  assert.deepEqual(forms("alice", "CORP"), forms("CORP\\alice"));
  const mail = forms("Alice@corp.example");
  assert.deepEqual(mail.slice(0, 3), ["userPrincipalName alice@corp.example", "email alice@corp.example", "login alice"]);
  assert.ok(mail.includes("domain-sam corp\\alice"), mail.join());
  assert.deepEqual(forms("alice"), ["samAccountName alice", "email-local-part alice"]);
});

test("what the app's own rules tried is not tried again, and nothing is tried twice", () => {
  const part = fc.string({ unit: fc.constantFrom("a", "B", "é", "@", "\\", ".", " ", "\u200b"), maxLength: 8 });
  fc.assert(
    fc.property(part, fc.option(part, { nil: undefined }), fc.subarray(plainRule.options, { minLength: 1 }), (username, domain, rules) => {
      const keys = otherForms({ username, domain }, rules).map(({ kind, folded }) => `${kind} ${folded}`);
      const tried = keysOf(lookupSteps({ username, domain }, rules)).map(({ kind, folded }) => `${kind} ${folded}`);
      assert.equal(new Set([...keys, ...tried]).size, keys.length + new Set(tried).size);
    }),
    { numRuns: 500 },
  );
});

test("whoever was named with a domain is not somebody of another domain", () => {
  const alice = { login: "alice", domain: "CORP", email: "alice@corp.example" };
  for (const [username, domain, differs] of [
    ["CORP\\alice", undefined, false],
    ["corp\\alice", undefined, false],
    ["corp.example\\alice", undefined, false],
    ["alice", "CORP", false],
    [".\\alice", undefined, false],
    ["alice@corp.example", undefined, false],
    ["OTHER\\alice", undefined, true],
    ["alice", "OTHER", true],
    ["alice@other.example", undefined, true],
  ] as const)
    assert.equal(namesAnotherDomain({ username, domain }, alice), differs, `${domain ?? ""} ${username}`);
  assert.equal(namesAnotherDomain({ username: "OTHER\\alice" }, { login: "alice" }), false, "of a user without a domain nothing is known");
});

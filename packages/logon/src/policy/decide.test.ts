/** A policy is decided by its first matching rule; an address that nobody proved opens nothing and slips past nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientAddress, PolicyDocument, PolicyRule } from "@sallyport/contracts";
import fc from "fast-check";
import { checkPolicy } from "./check-policy.ts";
import { decidePolicy, LAST_RULE, type PolicyInput } from "./decide.ts";
import { hostPolicyOf } from "./host-policy.ts";

/** Tuesday, 24 November 2026, 12:00 UTC. */
const NOON = Date.UTC(2026, 10, 24, 12);
const OFFICE = { name: "office", cidrs: ["192.0.2.0/24", "2001:db8::/32"] };
const inOffice: ClientAddress = { value: "192.0.2.7", origin: "socket" };
const outside: ClientAddress = { value: "203.0.113.7", origin: "socket" };
const claimed: ClientAddress = { value: "192.0.2.7", origin: "claimed" };

function decide(rules: PolicyRule[], change: Partial<PolicyInput> = {}) {
  return decidePolicy({
    document: { rules },
    zones: [OFFICE],
    user: { id: "usr_1", login: "alice" },
    groups: ["Staff"],
    host: { id: "hst_1", name: "srv01" },
    service: "sshd",
    scenario: "logon",
    address: inOffice,
    now: NOON,
    ...change,
  });
}

test("with no rule, a factor is asked for: the last rule is always there", () => {
  const { outcome, rule, cause } = decide([]);
  assert.deepEqual({ outcome, rule, cause }, { outcome: "factor", rule: LAST_RULE.name, cause: undefined });
});

/** Each condition: one value that holds here, one that does not. */
const CONDITIONS: [name: string, holds: PolicyRule["if"], fails: PolicyRule["if"]][] = [
  ["users", { users: ["ALICE"] }, { users: ["bob"] }],
  ["groups", { groups: ["staff", "other"] }, { groups: ["admins"] }],
  ["hosts", { hosts: ["SRV01"] }, { hosts: ["srv02"] }],
  ["scenarios", { scenarios: ["logon"] }, { scenarios: ["unlock"] }],
  ["services", { services: ["sshd"] }, { services: ["sudo"] }],
  ["remote", { remote: true }, { remote: false }],
  ["zones", { zones: ["Office"] }, { zones: [] as unknown as string[] }],
  ["notZones", { notZones: [] as unknown as string[] }, { notZones: ["office"] }],
  ["days", { days: ["tue"] }, { days: ["wed"] }],
  ["times", { from: "11:00", to: "13:00" }, { from: "13:00", to: "14:00" }],
  ["times in a zone", { from: "13:00", to: "14:00", timeZone: "Europe/Berlin" }, { from: "12:00", to: "13:00", timeZone: "Europe/Berlin" }],
  ["times over midnight", { from: "22:00", to: "12:30" }, { from: "22:00", to: "06:00" }],
];

for (const [name, holds, fails] of CONDITIONS) {
  test(`${name}: a rule matches where its condition holds, and says why it does not elsewhere`, () => {
    assert.equal(decide([{ name: "R", if: holds, then: "deny" }]).cause, "policy.denies");
    const other = decide([{ name: "R", if: fails, then: "deny" }]);
    assert.equal(other.outcome, "factor");
    assert.equal(other.trace[0]?.matched, false);
    assert.ok((other.trace[0]?.because ?? "").length > 5);
  });
}

test("the first matching rule decides, and every earlier one stands in the trace with its reason", () => {
  const decision = decide([
    { name: "A", if: { users: ["bob"] }, then: "allow" },
    { name: "B", if: { groups: ["Staff"] }, then: "factor", factors: ["totp"] },
    { name: "C", then: "deny" },
  ]);
  assert.equal(decision.rule, "B");
  assert.deepEqual(decision.factors, ["totp"]);
  assert.deepEqual(
    decision.trace.map(({ rule, matched }) => [rule, matched]),
    [
      ["A", false],
      ["B", true],
    ],
  );
});

for (const [name, address] of [
  ["missing", undefined],
  ["claimed", claimed],
  ["a host name", { value: "pc.corp.example", origin: "socket" }],
] as const) {
  test(`S35: an address that is ${name} matches no rule that lets in or asks, and cannot slip past one that denies`, () => {
    const at = { address } as Partial<PolicyInput>;
    assert.equal(decide([{ name: "R", if: { zones: ["office"] }, then: "allow" }], at).outcome, "factor");
    assert.equal(decide([{ name: "R", if: { notZones: ["office"] }, then: "allow" }], at).outcome, "factor");
    for (const condition of [{ zones: ["office"] }, { notZones: ["office"] }]) {
      const denied = decide([{ name: "R", if: condition, then: "deny" }], at);
      assert.deepEqual([denied.outcome, denied.cause], ["deny", "address.unknown"]);
    }
    const fell = decide(
      [
        { name: "A", if: { zones: ["office"] }, then: "factor" },
        { name: "B", then: "deny" },
      ],
      at,
    );
    assert.deepEqual([fell.outcome, fell.cause], ["deny", "address.unknown"], "denied only because the address is not known");
  });
}

test("a denial for another reason is policy.denies, whatever the address", () => {
  const at = { address: undefined } as Partial<PolicyInput>;
  assert.equal(
    decide(
      [
        { name: "A", if: { zones: ["office"], users: ["bob"] }, then: "allow" },
        { name: "B", then: "deny" },
      ],
      at,
    ).cause,
    "policy.denies",
  );
  assert.equal(decide([{ name: "A", if: { zones: ["office"], users: ["bob"] }, then: "deny" }], at).outcome, "factor");
});

test("S22: what cannot be judged opens nothing: a zone or a time zone that is not there", () => {
  for (const condition of [{ zones: ["gone"] }, { days: ["tue" as const], timeZone: "Mars/Base" }]) {
    assert.equal(decide([{ name: "R", if: condition, then: "allow" }]).outcome, "factor");
    assert.equal(decide([{ name: "R", if: condition, then: "deny" }]).outcome, "deny");
  }
});

const anyRule = fc.record(
  {
    name: fc.string({ minLength: 1, maxLength: 8 }),
    then: fc.constantFrom("factor" as const, "deny" as const),
    if: fc.record(
      { users: fc.constant<string[]>(["alice"]), zones: fc.constant<string[]>(["office"]), remote: fc.boolean() },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ["name", "then"] },
);

test("without a rule that says allow, nobody is ever let in without a factor", () => {
  fc.assert(
    fc.property(fc.array(anyRule, { maxLength: 6 }), fc.constantFrom(inOffice, outside, claimed, undefined), (rules, address) => {
      const { outcome } = decide(rules as PolicyRule[], { address } as Partial<PolicyInput>);
      assert.notEqual(outcome, "allow");
    }),
  );
});

test("a rule that denies everybody, put first, denies whatever follows", () => {
  fc.assert(
    fc.property(fc.array(anyRule, { maxLength: 6 }), (rules) => {
      assert.equal(decide([{ name: "Nobody", then: "deny" }, ...(rules as PolicyRule[])]).outcome, "deny");
    }),
  );
});

test("a host's policy refuses by default, and what an always rule might cover never opens", () => {
  const policy = hostPolicyOf({ rules: [{ name: "A", if: { services: ["sshd"], groups: ["x"] }, then: "factor", always: true }] });
  assert.deepEqual(policy.failModes, { orgUnreachable: "refuse", orgError: "refuse", agentGone: "refuse" });
  assert.deepEqual(policy.always, [{ services: ["sshd"] }]);
  assert.deepEqual(
    policy.permits.map(({ method }) => method),
    ["root", "root"],
  );
  assert.deepEqual(hostPolicyOf({ rules: [], permits: [] }).permits, []);
});

test("a document that names what is not there is refused with the path and the nearest name", () => {
  const known = { users: ["alice"], groups: ["Staff"], hosts: ["srv01"], zones: ["office"] };
  const document: PolicyDocument = {
    rules: [
      { name: "A", if: { zones: ["ofice"], timeZone: "Europe/Berln" }, then: "allow" },
      { name: "a", then: "deny" },
    ],
    exclusions: [{ reason: "none given" }],
  };
  const complaints = checkPolicy(document, known);
  assert.equal(complaints.length, 4);
  assert.match(complaints[0] ?? "", /^rules\[0\]\.if\.zones\[0\]: .*“ofice”; do you mean “office”\?/);
  assert.deepEqual(checkPolicy({ rules: [{ name: "A", if: { zones: ["Office"], users: ["ALICE"] }, then: "allow" }] }, known), []);
});

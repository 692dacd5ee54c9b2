/** What a cause tells to whom: strangers at the screen learn nothing, hosts one answer, people their own mistakes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CAUSES, type CauseId } from "@sallyport/contracts";
import { personText, toldToHost } from "./explain.ts";
import { mayActOn, mayDo, outranks, PERMISSIONS } from "./roles.ts";

test("S16: unknown, ambiguous, unassigned and stopped users are one answer to a host and one text to the person", () => {
  const causes: CauseId[] = [
    "user.unknown",
    "user.name-shape",
    "user.ambiguous",
    "app.not-assigned",
    "user.suspended",
    "user.deactivated",
    "user.locked",
  ];
  assert.deepEqual([...new Set(causes.map(toldToHost))], ["user.refused"]);
  assert.equal(new Set(causes.map((cause) => personText(toldToHost(cause), "K7QF-3M2P"))).size, 1);
});

test("S16: a wrong, a used and a drifted code read the same", () => {
  const texts = (["factor.code-wrong", "factor.code-used", "clock.factor"] as const).map((cause) => personText(cause, "K7QF-3M2P"));
  assert.equal(new Set(texts).size, 1);
});

test("every text ends with the reference to quote", () => {
  for (const cause of Object.keys(CAUSES) as CauseId[]) assert.match(personText(cause, "K7QF-3M2P"), /Reference: K7QF-3M2P$/);
});

test("S2: a wait is said, in words that a person can use", () => {
  assert.match(personText("factor.throttled", "K7QF-3M2P", { waitSeconds: 45 }), /45 seconds/);
  assert.match(personText("factor.throttled", "K7QF-3M2P", { waitSeconds: 601 }), /11 minutes/);
});

test("roles: an owner may all, an auditor only read, a help desk help; nobody acts on a higher role", () => {
  assert.ok(PERMISSIONS.every((permission) => mayDo("owner", permission)));
  assert.ok(PERMISSIONS.filter((permission) => mayDo("auditor", permission)).every((permission) => permission.endsWith(".read")));
  assert.ok(mayDo("help-desk", "factors.reset") && !mayDo("help-desk", "policy.write") && !mayDo("help-desk", "log.read"));
  assert.ok(outranks("owner", "admin") && !outranks("admin", "admin") && outranks("auditor", null));
  assert.ok(!mayActOn("help-desk", "admin") && mayActOn("help-desk", null) && mayActOn("admin", "admin"));
});

/** The transaction's table and its diagram say the same, and no way leads around a factor. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { expiryOf, isOpen, step, TRANSITIONS, type TransactionEvent, type TransactionState } from "./transaction.ts";

test("the diagram has every row of the table, and no other", () => {
  const text = readFileSync(new URL("./transaction.md", import.meta.url), "utf8");
  const drawn = [...text.matchAll(/^ +(\w+) --> (\w+): ([\w-]+)$/gm)].map(([, from, to, event]) => `${from} ${event} ${to}`);
  assert.deepEqual(drawn.sort(), TRANSITIONS.map(({ from, event, to }) => `${from} ${event} ${to}`).sort());
});

test("one state and one event lead to one state", () => {
  assert.equal(new Set(TRANSITIONS.map(({ from, event }) => `${from} ${event}`)).size, TRANSITIONS.length);
});

test("SUCCESS is reached only by a proof, after a proof, or where the policy lets in without one; what ended stays ended", () => {
  const ways = TRANSITIONS.filter(({ to }) => to === "SUCCESS").map(({ from, event }) => `${from} ${event}`);
  assert.deepEqual(ways.sort(), [
    "MFA_CHALLENGE proof-right",
    "MFA_ENROLL skip",
    "MFA_ENROLL_ACTIVATE enrolled",
    "MFA_REQUIRED proof-right",
    "NEW open-allow",
    "PASSWORD_EXPIRED password-right-allow",
    "UNAUTHENTICATED password-right-allow",
  ]);
  for (const end of ["SUCCESS", "LOCKED_OUT", "CANCELLED", "EXPIRED", "REFUSED"] as const) assert.equal(isOpen(end), false);
});

test("S3: with an unproved or expired password no event but the password's leads to a factor", () => {
  for (const state of ["UNAUTHENTICATED", "PASSWORD_EXPIRED"] as const) {
    for (const event of ["proof-right", "proof-wrong", "ask", "enrol", "skip"] as const)
      assert.deepEqual(step(state, event), { ok: false, cause: "logon.out-of-order" });
  }
});

test("any run of events ends in a state of the table, and never leaves an end", () => {
  const events = fc.array(fc.constantFrom(...new Set(TRANSITIONS.map((t) => t.event))), { maxLength: 20 });
  fc.assert(
    fc.property(events, (run: TransactionEvent[]) => {
      let state: TransactionState = "NEW";
      for (const event of run) {
        const next = step(state, event);
        if (state !== "NEW" && !isOpen(state)) assert.equal(next.ok, false);
        if (next.ok) state = next.to;
      }
    }),
  );
});

test("S9: the end slides with each step, but never beyond ten minutes after opening", () => {
  assert.equal(expiryOf(0, 0), 5 * 60_000);
  assert.equal(expiryOf(0, 60_000), 6 * 60_000);
  assert.equal(expiryOf(0, 9 * 60_000), 10 * 60_000);
});

/** A push: its number, its end, and whom a *not me* stops. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isNumber, PUSH_MS, pushNumber, scopeOfReport, standOfPush, stopFor } from "./push.ts";

test("S10: the number has two digits whatever was drawn, and only these two digits are right", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
      const number = pushNumber(random);
      assert.match(String(number), /^[1-9][0-9]$/);
      assert.ok(isNumber(String(number), number));
      assert.ok(isNumber(` ${number} `, number));
      assert.ok(!isNumber(String(number === 99 ? 10 : number + 1), number));
    }),
  );
  for (const typed of [undefined, "", "4", "042", "４２", "4a", "42x"]) assert.ok(!isNumber(typed, 42), typed);
});

test("S9: a request that nobody answered waits for sixty seconds and is over at that very moment", () => {
  const asked = { answer: null, expires: 1000 + PUSH_MS };
  assert.deepEqual(standOfPush(asked, 1000 + PUSH_MS - 1), { kind: "waiting" });
  assert.deepEqual(standOfPush(asked, 1000 + PUSH_MS), { kind: "no", result: "TIMEOUT", cause: "factor.push-timeout" });
});

test("only a yes is right; every other answer has its own cause", () => {
  const stand = (answer: Parameters<typeof standOfPush>[0]["answer"]) => standOfPush({ answer, expires: 10 }, 1);
  assert.deepEqual(stand("yes"), { kind: "right" });
  const causes = (["no", "not-me", "mismatch"] as const).map((answer) => stand(answer)).map((one) => one.kind === "no" && one.cause);
  assert.deepEqual(causes, ["factor.push-denied", "factor.push-reported", "factor.number-mismatch"]);
  for (const answer of ["used", "superseded"] as const) assert.equal(stand(answer).kind, "no");
});

test("S10: a report stops its host and address, the third within the hour stops all", () => {
  assert.deepEqual([0, 1, 2, 3].map(scopeOfReport), ["place", "place", "all", "all"]);
  const place = { scope: "place" as const, hostId: "hst_1", address: "203.0.113.7" };
  assert.equal(stopFor([place], { host: "hst_1", address: "203.0.113.7" }), place);
  for (const other of [
    { host: "hst_2", address: "203.0.113.7" },
    { host: "hst_1", address: "203.0.113.8" },
    { host: null, address: "203.0.113.7" },
    { host: "hst_1", address: null },
  ])
    assert.equal(stopFor([place], other), undefined);
  const all = { scope: "all" as const, hostId: null, address: null };
  assert.equal(stopFor([place, all], { host: "hst_9", address: null }), all);
});

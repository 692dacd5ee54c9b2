/** What of a recovery code counts: that it is right, and that it was not used. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeRecovery, runsLow } from "./recovery.ts";

test("S4: a right code matches while it is unused, and is told as used ever after", () => {
  assert.deepEqual(judgeRecovery({ usedAt: null }, "right"), { kind: "match" });
  assert.deepEqual(judgeRecovery({ usedAt: 7 }, "right"), { kind: "used", usedAt: 7 });
});

test("S16: a wrong secret of a known selector, used or not, is the same as a selector that nobody has", () => {
  for (const stored of [undefined, { usedAt: null }, { usedAt: 7 }]) assert.deepEqual(judgeRecovery(stored, "wrong"), { kind: "wrong" });
  assert.deepEqual(judgeRecovery(undefined, "right"), { kind: "wrong" });
});

test("two left, and fewer, are worth a warning", () => {
  assert.deepEqual([3, 2, 1, 0].map(runsLow), [false, true, true, true]);
});

/** Wrong tries cost more and more time, and end at a cap that opens nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ATTEMPT_CAP, delayAfter, judgeAttempt, usableFactors } from "./attempts.ts";

test("S2: slips cost nothing; then the wait grows from 30 s to one hour and never falls", () => {
  for (let failures = 0; failures < 5; failures++) assert.equal(delayAfter(failures), 0);
  assert.equal(delayAfter(5), 30_000);
  assert.equal(delayAfter(95), 3_600_000);
  assert.equal(delayAfter(100), 3_600_000);
  for (let failures = 5; failures < 95; failures++) assert.ok(delayAfter(failures + 1) > delayAfter(failures));
});

test("S1: at the cap, or in any state but ACTIVE, no code is looked at", () => {
  const base = { failures: 0, nextTryAt: 0, status: "ACTIVE" } as const;
  assert.deepEqual(judgeAttempt(base, 1), { kind: "go" });
  assert.deepEqual(judgeAttempt({ ...base, failures: ATTEMPT_CAP }, 1), { kind: "locked" });
  for (const status of ["LOCKED", "PENDING_ACTIVATION", "RESET"] as const)
    assert.deepEqual(judgeAttempt({ ...base, status }, 1), { kind: "locked" });
  assert.deepEqual(judgeAttempt({ ...base, nextTryAt: 501 }, 1), { kind: "throttled", waitMs: 500 });
});

test("S1: a locked, pending or reset enrolment still counts as one: locked, never none", () => {
  for (const status of ["LOCKED", "PENDING_ACTIVATION", "RESET"] as const) {
    assert.deepEqual(usableFactors([{ kind: "totp", status }]), { kind: "locked" });
  }
  assert.deepEqual(usableFactors([]), { kind: "none" });
  assert.equal(
    usableFactors([
      { kind: "totp", status: "LOCKED" },
      { kind: "totp", status: "ACTIVE" },
    ]).kind,
    "usable",
  );
  assert.deepEqual(usableFactors([{ kind: "totp", status: "ACTIVE" }], []), { kind: "not-allowed" });
});

/** The time by which a machine counts tries and codes while it has not heard from the org. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OrgClock } from "./clock.ts";

const SEEN = 1_700_000_000_000;

test("S27: a clock that was set back is taken no earlier than what was seen, and time goes on from there", () => {
  const machine = { monotonic: 5000, wall: 86_400_000 };
  const clock = new OrgClock({ monotonic: () => machine.monotonic, wall: () => machine.wall });
  assert.equal(clock.notBefore(SEEN, "alice"), SEEN);
  machine.monotonic += 31_000;
  assert.equal(clock.notBefore(SEEN, "alice"), SEEN + 31_000, "a wait of 30 seconds is over");
  assert.equal(clock.notBefore(SEEN - 60_000, "bob"), SEEN - 60_000, "each account by what was seen of it");
  machine.wall = SEEN + 100_000;
  assert.equal(clock.notBefore(SEEN + 31_000, "alice"), SEEN + 100_000, "a clock that is ahead of it counts");
});

test("S15: the org's time counts once it was heard, whatever the machine's clock says", () => {
  const clock = new OrgClock({ monotonic: () => 5000, wall: () => SEEN + 86_400_000 });
  assert.equal(clock.notBefore(SEEN, "alice"), SEEN + 86_400_000);
  clock.set(SEEN + 1000, 0);
  assert.equal(clock.notBefore(SEEN, "alice"), SEEN + 1000);
});

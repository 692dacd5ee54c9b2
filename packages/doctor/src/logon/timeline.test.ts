/** The order in which the steps of one logon are told, where two clocks are compared by a measured offset. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { OrgRecord } from "./records.ts";
import { timelineOf } from "./timeline.ts";

const at = (ms: number) => new Date(Date.UTC(2026, 4, 6, 10) + ms).toISOString();

function told(begun: number, ended: number): string[] {
  const steps = [
    { at: at(0), type: "logon.started" },
    { at: at(900), type: "logon.refused" },
  ];
  const org: OrgRecord = { where: "org", host: "srv01", result: "deny", evidence: { offsetMs: 0 }, findings: [], steps };
  const agent = { time: at(ended), orgTime: at(ended), durationMs: ended - begun, result: "deny" as const, where: "agent" };
  return timelineOf({ org: [org], agent: [agent] }).map(({ outcome }) => outcome.split(",")[0] ?? "");
}
const BEGUN = "the host: begun";
const ENDED = "the host: refused";

test("a few milliseconds of the offset do not turn cause and effect round", () => {
  for (const [begun, ended] of [
    [-3, 905],
    [4, 905],
    [4, 880],
    [-3, 660],
  ] as const)
    assert.deepEqual(told(begun, ended), [BEGUN, "the org: logon.started", "the org: logon.refused", ENDED], `${begun} ${ended}`);
});

test("what is further apart than a measured offset can err stands where its time says", () => {
  assert.deepEqual(told(-3, 400), [BEGUN, "the org: logon.started", ENDED, "the org: logon.refused"]);
  assert.deepEqual(told(400, 905), ["the org: logon.started", BEGUN, "the org: logon.refused", ENDED]);
});

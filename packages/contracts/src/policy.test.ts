/** An exclusion names one account or one group, never everybody. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { beginFrame } from "./door.ts";
import { exclusion } from "./policy.ts";

const DOMAIN = "S-1-5-21-2127521184-1604012920-1887927527";
const takes = (sid: string) => exclusion.safeParse({ sid, reason: "emergency account" }).success;

test("an exclusion may name a SID of an account or of a group that somebody was put into", () => {
  for (const sid of [`${DOMAIN}-500`, `${DOMAIN}-1104`, `${DOMAIN}-512`, "S-1-5-32-544", "S-1-5-32-555", "S-1-12-1-1-2-3-4"])
    assert.ok(takes(sid), sid);
});

test("a SID in which everybody is, or whoever logs on in some way, is refused: it would be a rule on all", () => {
  const everybody = [
    "S-1-1-0",
    "S-1-2-0",
    "S-1-5-2",
    "S-1-5-4",
    "S-1-5-11",
    "S-1-5-14",
    "S-1-5-113",
    "S-1-18-1",
    "S-1-5-32-545",
    "S-1-5-32-546",
  ];
  for (const sid of [...everybody, `${DOMAIN}-513`, `${DOMAIN}-514`]) assert.ok(!takes(sid), sid);
});

test("what is no SID as Windows writes it is refused: it would match nobody, without a word", () => {
  for (const sid of ["", "s-1-5-21-1", "S-1", "alice", `${DOMAIN}-`, ` ${DOMAIN}-500`, `S-1-5${"-1".repeat(16)}`])
    assert.ok(!takes(sid), sid);
});

test("a logon carries at most a thousand groups", () => {
  const begin = (count: number) => ({
    begin: {
      username: "alice",
      service: "rdp",
      scenario: "logon",
      password: "verified",
      groups: Array.from({ length: count }, (_, at) => `${DOMAIN}-${at}`),
    },
  });
  assert.ok(beginFrame.safeParse(begin(1000)).success);
  assert.ok(!beginFrame.safeParse(begin(1001)).success);
});

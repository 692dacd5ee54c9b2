/** What the doctor says of somebody's assignment. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assignedBy } from "./assigned-by.ts";

test("an assignment is told with the group that brings it, and with the one that brings somebody there", () => {
  assert.deepEqual(assignedBy({ direct: false, groups: [] }), []);
  const both = { direct: true, groups: ["admins", "staff"], through: { staff: ["night shift", "drivers"] } };
  assert.deepEqual(assignedBy(both), ["directly", "by group admins", "by group staff (through night shift, drivers)"]);
});

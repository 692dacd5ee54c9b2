/** How `sallyport log tail` marks an event. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogEvent } from "@sallyport/contracts";
import { eventLine } from "./records.ts";

function markOf(type: LogEvent["type"], outcome: LogEvent["outcome"]): string | undefined {
  const event = { type, outcome, published: "2026-05-06T09:00:00.000Z", actor: { type: "user", id: "usr_1", name: "alice" }, data: {} };
  return eventLine(event as unknown as LogEvent).split("  ")[1];
}

test("an event is marked by its end, and one that ended well by its severity", () => {
  assert.equal(markOf("logon.allowed", "success"), "✓");
  assert.equal(markOf("logon.refused", "failure"), "✗");
  assert.equal(markOf("logon.fail-open", "success"), "⚠");
  assert.equal(markOf("logon.disowned", "success"), "✗");
  assert.equal(markOf("org.of-tomorrow" as LogEvent["type"], "success"), "✓");
});

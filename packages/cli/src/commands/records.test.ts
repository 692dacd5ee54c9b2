/** How `sallyport log tail` marks an event, and that what it gives a script is the event as the chain has it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { hashEvent, type LogEvent } from "@sallyport/contracts";
import { OrgProcess } from "../org-process.fixture.ts";
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

test("a person reads in log tail who an event means; a script gets the events as the chain has them", async (t) => {
  const org = new OrgProcess(t);
  await org.start();
  const { id } = org.json<{ id: string }>("user", "add", "alice");
  await org.stop();
  appendFailure(join(org.data, "org.db"), id);
  await org.start();
  assert.match(org.say("log", "tail").out, /factor\.failed +alice/);
  const events = org.json<LogEvent[]>("log", "tail");
  assert.deepEqual(events.find(({ type }) => type === "factor.failed")?.actor, { type: "user", id });
  for (const { hash, ...rest } of events) assert.equal(hashEvent(rest), hash, rest.type);
});

/** As a wrong code leaves it: the event knows its user by the id alone. */
function appendFailure(file: string, id: string): void {
  const db = new DatabaseSync(file);
  const last = JSON.parse(String(db.prepare("SELECT event FROM events ORDER BY position DESC LIMIT 1").get()?.["event"])) as LogEvent;
  const { node, published } = last;
  const rest: Omit<LogEvent, "hash"> = {
    ...{ node, seq: last.seq + 1, id: "evt_00000000000000000001", published, previous: last.hash },
    ...{ type: "factor.failed", actor: { type: "user", id }, outcome: "failure", cause: "factor.code-wrong", data: {} },
  };
  db.prepare("INSERT INTO events (node, seq, id, published, type, actor_id, event) VALUES (?, ?, ?, ?, ?, ?, ?)").run(
    ...[node, rest.seq, rest.id, Date.parse(published), rest.type, id, JSON.stringify({ ...rest, hash: hashEvent(rest) })],
  );
  db.close();
}

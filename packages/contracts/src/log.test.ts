/** The chain's hash covers every field and does not depend on the order of keys. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN_START, canonicalJson, hashEvent, type LogEvent } from "./log.ts";

const event: Omit<LogEvent, "hash"> = {
  node: "n1",
  seq: 1,
  id: "evt_1",
  published: "2026-11-24T10:00:00.000Z",
  type: "org.started",
  actor: { type: "system", id: "org" },
  outcome: "success",
  data: { b: [1, { z: 1, a: 2 }], a: "line\nbreak" },
  previous: CHAIN_START,
};

test("keys in another order hash the same; undefined counts as absent", () => {
  const other = { ...Object.fromEntries(Object.entries(event).reverse()), cause: undefined } as unknown as typeof event;
  assert.equal(hashEvent(other), hashEvent(event));
  assert.equal(canonicalJson({ b: 1, a: [undefined, "x"] }), '{"a":[null,"x"],"b":1}');
});

test("S21: a change of any field changes the hash", () => {
  const before = hashEvent(event);
  for (const key of Object.keys(event) as (keyof typeof event)[]) {
    const changed = {
      ...event,
      [key]: typeof event[key] === "number" ? 2 : typeof event[key] === "object" ? { ...(event[key] as object), x: 1 } : "other",
    };
    assert.notEqual(hashEvent(changed as typeof event), before, key);
  }
});

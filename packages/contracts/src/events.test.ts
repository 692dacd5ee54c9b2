/** Holds the table of event types to its form. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EVENTS, type EventRow, isEventType } from "./events.ts";

const table: [string, EventRow][] = Object.entries(EVENTS);

describe("the table of events", () => {
  it("names each type by what it is about and what happened", () => {
    for (const [type, { title }] of table) {
      assert.match(type, /^[a-z]+\.[a-z-]+$/);
      assert.ok(title.length > 0 && !title.endsWith("."), type);
    }
  });

  it("knows its own types and no others", () => {
    assert.ok(isEventType("logon.refused"));
    for (const none of ["", "logon", "logon.refused ", "Logon.refused", "toString", "__proto__", "constructor"])
      assert.ok(!isEventType(none), none);
  });

  it("S21: allows no data field that could hold a secret, code, password or token", () => {
    // `code` and `password` are allowed where they name or count a thing: the id of an enrolment code, who checked the password, how many ended.
    const named = new Set([
      "host.code-created code",
      "host.code-revoked code",
      "host.code-refused code",
      "host.enrolled code",
      "logon.started password",
      "org.restored codes",
      "org.restored tokens",
    ]);
    for (const [type, { data }] of table) {
      assert.equal(new Set(data).size, data.length, `${type}: a field twice`);
      for (const field of data) {
        assert.match(field, /^[a-z][A-Za-z]*$/, `${type}: ${field}`);
        if (!named.has(`${type} ${field}`)) assert.doesNotMatch(field, /secret|code|password|token|seed|hash$/i, `${type}: ${field}`);
      }
    }
  });

  it("S21: leaves to the event itself what every event says", () => {
    for (const [type, { data }] of table) {
      for (const own of ["actor", "target", "outcome", "cause", "reference", "host", "published", "previous", "hash"]) {
        assert.ok(!data.includes(own), `${type}: ${own}`);
      }
    }
  });

  it("warns of every way in without a factor, of every clone and of a log that does not fit", () => {
    assert.equal(EVENTS["logon.fail-open"].severity, "warning");
    assert.equal(EVENTS["logon.without-factor"].severity, "warning");
    assert.equal(EVENTS["host.disarmed"].severity, "warning");
    assert.equal(EVENTS["host.cloned"].severity, "error");
    assert.equal(EVENTS["host.log-mismatch"].severity, "error");
  });
});

/** Logons that Windows refused are explained to whom they are of, by the number that Windows gave. Not seen on Windows. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { diagnosed, faults, missed, told } from "./judge.fixture.ts";
import { HEALTHY } from "./machine.fixture.ts";

describe("logons that Windows refused", () => {
  const EVENT = { at: "2026-11-25T09:12:01Z", user: "alice", domain: "CORP", logonType: 10, status: "0xC000006E" };
  const refused = (subStatus: string, more: Partial<typeof EVENT> = {}) => ({
    ...HEALTHY,
    refusedLogons: [{ ...EVENT, subStatus, ...more }],
  });

  for (const [status, cause] of [
    ["0xC000006A", "user.password"],
    ["0xC0000071", "user.password-expired"],
    ["0xC0000072", "user.account-disabled"],
    ["0xC000006F", "user.hours"],
    ["0xC0000070", "user.workstation"],
    ["0xC0000064", "user.no-local-account"],
    ["0xC000015B", "host.not-rdp-user"],
  ])
    it(`with ${status} are ${cause}`, async () => {
      const diagnosis = await diagnosed(refused(status as string), "alice");
      assert.deepEqual(faults(diagnosis), [`${cause} confirmed`]);
      assert.deepEqual(
        diagnosis.incidents.map(({ kind, count, users }) => ({ kind, count, users })),
        [{ kind: `windows-${status}`, count: 1, users: ["CORP\\alice"] }],
      );
    });

  it("with name or password leave both possible; with no right for another kind of logon, too", async () => {
    assert.deepEqual(await told(refused("0xC000006D"), "alice"), ["user.password candidate", "user.no-local-account candidate"]);
    assert.deepEqual(await told(refused("0xC000015B", { logonType: 3 }), "alice"), []);
    const unknown = await diagnosed(refused("0xC0FFEE00"), "alice");
    assert.deepEqual(faults(unknown), []);
    assert.equal(unknown.healthy, false);
    assert.equal(unknown.notLookedAt[0]?.why, "0xC0FFEE00 is no status that is known here");
  });

  it("are of the account however the event writes its domain", async () => {
    for (const more of [{ domain: "corp" }, { domain: "corp.example" }, { domain: "", user: "Alice@corp.example" }])
      assert.deepEqual(await told(refused("0xC0000072", more), "CORP\\alice"), ["user.account-disabled confirmed"], JSON.stringify(more));
  });

  it("of others, or where nobody was named, are no finding of the machine", async () => {
    assert.deepEqual(await told(refused("0xC0000072", { domain: "SRV01" }), "CORP\\alice"), []);
    const facts = refused("0xC0000072", { user: "bob" });
    assert.deepEqual(await told(facts, "alice"), []);
    assert.deepEqual(await told(facts), []);
    assert.deepEqual(await missed(facts), [
      "logons that Windows refused: 1 refused logons were collected: name an account to have its own explained",
    ]);
  });
});

/** A logon through the real door, over real TLS, to an org that signs: who is let in, and who is refused with which cause. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { RIGHT_CODE } from "../doubles/org-double.ts";
import { rig } from "../doubles/rig.ts";

test("the right code lets in, repeats the account and leaves one record", async (t) => {
  const { provider, attempts, org } = await rig(t);
  const { end, shows } = await provider().hello().begin({ uid: 1000, domain: "CORP" }).talk(RIGHT_CODE);
  assert.deepEqual(shows, [{ show: { title: "Second factor", fields: [{ id: "code", kind: "code", label: "Code from your app", digits: 6 }] } }]);
  assert.ok(end && "end" in end && end.end.result === "allow");
  const { reference, ...account } = end.end;
  assert.deepEqual(account, { result: "allow", username: "alice", domain: "CORP", uid: 1000 });
  const [record, ...more] = attempts();
  assert.deepEqual([record?.["reference"], record?.["result"], record?.["cause"], more.length], [reference, "allow", undefined, 0]);
  assert.equal(org.calls.filter((call) => call.path.startsWith("/api/v1/authn")).length, 2);
});

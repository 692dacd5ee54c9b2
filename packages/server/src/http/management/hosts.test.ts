/** Tests of hosts and their enrolment codes over HTTP. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { enrolmentCodeId, readEnrolmentCode } from "@sallyport/contracts";
import { ORG_URL, openOrg } from "../org.fixture.ts";
import { hostRow } from "./host-row.fixture.ts";

test("S7: an enrolment code is shown once, carries the org's key, and its secret is sealed", async (t) => {
  const pin = new Uint8Array(16).fill(7);
  const org = await openOrg(t, { pin });
  const app = (await org.call("admin", "POST", "/api/v1/apps", { label: "servers" })).body.id;
  const made = await org.call("admin", "POST", "/api/v1/host-codes", { app, name: "srv01" });
  assert.equal(made.status, 200);
  assert.equal(made.body.app, "servers");
  const read = readEnrolmentCode(made.body.code);
  assert.ok(read.ok);
  assert.equal(read.code.url, ORG_URL);
  assert.deepEqual(Buffer.from(read.code.decisionKey), Buffer.from(org.deps.keys.thumbprint()).subarray(0, 16));
  assert.deepEqual(read.code.pin, pin);
  assert.equal(made.body.id, enrolmentCodeId(read.code.secret));
  const row = await org.store.read((tx) => tx.hosts.codeById(made.body.id));
  const traces =
    JSON.stringify(row) +
    JSON.stringify(await org.events()) +
    JSON.stringify(org.logged()) +
    (await org.call("admin", "GET", "/api/v1/host-codes")).text;
  const secret = Buffer.from(read.code.secret);
  for (const form of [made.body.code, secret.toString("hex"), secret.toString("base64"), secret.toString("base64url")])
    assert.ok(!traces.includes(form));
  assert.equal(Date.parse(made.body.expiresAt) - Date.parse(made.body.created), 24 * 3_600_000);
  assert.equal((await org.call("admin", "POST", "/api/v1/host-codes", { app: "nowhere" })).status, 400);
});

test("a withdrawn code is used up, once", async (t) => {
  const org = await openOrg(t);
  const app = (await org.call("admin", "POST", "/api/v1/apps", { label: "servers" })).body.id;
  const { id } = (await org.call("admin", "POST", "/api/v1/host-codes", { app })).body;
  assert.equal((await org.call("admin", "DELETE", `/api/v1/host-codes/${id}`)).status, 204);
  assert.equal((await org.call("admin", "DELETE", `/api/v1/host-codes/${id}`)).status, 409);
  assert.equal(await org.store.inTransaction((tx) => tx.hosts.consumeCode(id, tx.now)), false);
  assert.equal((await org.call("admin", "DELETE", "/api/v1/host-codes/none")).status, 404);
  assert.equal((await org.events("host.code-revoked")).length, 1);
});

test("hosts are shown as they are, without their keys and generations, and revoked for good", async (t) => {
  const org = await openOrg(t);
  const app = (await org.call("admin", "POST", "/api/v1/apps", { label: "servers" })).body.id;
  const row = hostRow(app);
  await org.store.inTransaction((tx) => tx.hosts.insert(row));
  const list = await org.call("auditor", "GET", "/api/v1/hosts");
  assert.deepEqual(
    list.body.map((host: { name: string; app: string; armed: boolean }) => [host.name, host.app, host.armed]),
    [["srv01", "servers", true]],
  );
  assert.ok(!list.text.includes(row.generation) && !list.text.includes(row.key.x));
  const url = `/api/v1/hosts/${row.id}`;
  assert.equal((await org.call("auditor", "GET", url)).body.findings[0].cause, "clock.host");
  for (let i = 0; i < 2; i++) assert.equal((await org.call("admin", "POST", `${url}/lifecycle/revoke`)).status, 200);
  const revoked = (await org.call("auditor", "GET", url)).body;
  assert.deepEqual([revoked.status, revoked.statusBy], ["REVOKED", "admin"]);
  assert.equal((await org.events("host.revoked")).length, 1);
  assert.equal((await org.call("auditor", "GET", "/api/v1/hosts/hst_none")).status, 404);
});

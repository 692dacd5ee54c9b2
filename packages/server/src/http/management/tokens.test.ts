/** Tests of API tokens: shown once, kept as a hash, good until revoked or expired, never above their maker. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { openOrg } from "../org.fixture.ts";

test("a token is shown once, has 256 random bits, and is kept as a hash only", async (t) => {
  const org = await openOrg(t);
  const made = await org.call("owner", "POST", "/api/v1/tokens", { name: "ci", role: "auditor" });
  assert.equal(made.headers["cache-control"], "no-store");
  const { token, id } = made.body;
  assert.match(token, /^spt_[A-Za-z0-9_-]{43}$/);
  const row = await org.store.read((tx) => tx.secrets.tokenById(id));
  assert.equal(row?.hash, createHash("sha256").update(token).digest("hex"));
  const list = await org.call("owner", "GET", "/api/v1/tokens");
  assert.ok(list.body.some((one: { id: string }) => one.id === id));
  assert.ok(!list.text.includes(token) && !list.text.includes(row?.hash ?? "?"));
  const traces = JSON.stringify(await org.events()) + JSON.stringify(org.logged());
  assert.ok(!traces.includes(token) && !traces.includes(row?.hash ?? "?"));
  for (const scheme of ["SSWS", "Bearer", "ssws"]) {
    assert.equal((await org.inject({ url: "/api/v1/org", headers: { authorization: `${scheme} ${token}` } })).status, 200, scheme);
  }
});

test("S18: nobody makes or revokes a token above their own role", async (t) => {
  const org = await openOrg(t);
  const above = await org.call("admin", "POST", "/api/v1/tokens", { name: "more", role: "owner" });
  assert.equal(above.status, 403);
  assert.match(above.body.errorCauses[0].errorSummary, /the role admin cannot make a token with the role owner/);
  const owners = (await org.call("owner", "POST", "/api/v1/tokens", { name: "o", role: "owner" })).body;
  assert.equal((await org.call("admin", "DELETE", `/api/v1/tokens/${owners.id}`)).status, 403);
  assert.equal((await org.inject({ url: "/api/v1/org", headers: { authorization: `SSWS ${owners.token}` } })).status, 200);
  assert.equal((await org.call("admin", "POST", "/api/v1/tokens", { name: "same", role: "admin" })).status, 200);
  assert.equal((await org.call("owner", "POST", "/api/v1/tokens", { name: "x", role: "root" })).status, 400);
});

test("a revoked and an expired token are refused at once, each with one line a minute that names it", async (t) => {
  const org = await openOrg(t);
  const use = (token: string) => org.inject({ url: "/api/v1/users", headers: { authorization: `SSWS ${token}` } });
  const one = (await org.call("owner", "POST", "/api/v1/tokens", { name: "one", role: "owner", expiresInDays: 1 })).body;
  const two = (await org.call("owner", "POST", "/api/v1/tokens", { name: "two", role: "owner" })).body;
  assert.equal((await use(one.token)).status, 200);
  assert.equal((await org.call("owner", "DELETE", `/api/v1/tokens/${two.id}`)).status, 204);
  for (let i = 0; i < 5; i++) assert.equal((await use(two.token)).status, 401);
  org.clock.now += 86_400_000 - 1;
  assert.equal((await use(one.token)).status, 200, "the last millisecond counts");
  org.clock.now += 1;
  assert.equal((await use(one.token)).status, 401);
  const refused = await org.events("token.refused");
  assert.deepEqual(
    refused.map((event) => [event.data["name"], event.data["reason"], event.data["path"]]),
    [
      ["two", "revoked", "/api/v1/users"],
      ["one", "expired", "/api/v1/users"],
    ],
  );
  assert.equal((await org.events("token.revoked")).length, 1);
});

test("what a role may not do is an event, and lastUsed is written once a minute", async (t) => {
  const org = await openOrg(t);
  await org.call("auditor", "POST", "/api/v1/groups", { profile: { name: "g" } });
  const [event] = await org.events("token.refused");
  assert.deepEqual([event?.data["name"], event?.data["reason"], event?.data["method"]], ["auditor", "role", "POST"]);
  const last = async () =>
    (await org.call("owner", "GET", "/api/v1/tokens")).body.find((one: { name: string }) => one.name === "auditor").lastUsed;
  const first = await last();
  org.clock.now += 59_000;
  await org.call("auditor", "GET", "/api/v1/org");
  assert.equal(await last(), first);
  org.clock.now += 1_000;
  await org.call("auditor", "GET", "/api/v1/org");
  assert.notEqual(await last(), first);
});

test("S21: callers without a good token are one event for each source and minute, and the source is the socket's", async (t) => {
  const org = await openOrg(t);
  for (let i = 0; i < 30; i++)
    await org.inject({ url: "/api/v1/users", remoteAddress: "192.0.2.1", headers: { "x-forwarded-for": `203.0.113.${i}` } });
  for (let i = 0; i < 3; i++)
    await org.inject({ url: "/api/v1/users", remoteAddress: `2001:db8::${i}`, headers: { authorization: "SSWS nonsense" } });
  assert.equal((await org.events("org.callers-refused")).length, 0);
  await org.deps.refusedCallers.flush();
  const events = await org.events("org.callers-refused");
  assert.deepEqual(
    events.map((event) => [event.data["source"], event.data["count"], event.data["paths"]]),
    [
      ["192.0.2.1", 30, ["api"]],
      ["2001:db8::", 3, ["api"]],
    ],
  );
  await org.deps.refusedCallers.flush();
  assert.equal((await org.events("org.callers-refused")).length, 2, "a quiet minute says nothing");
});

test("S21: a thousand sources in one minute cannot fill the disk", async (t) => {
  const org = await openOrg(t);
  for (let i = 0; i < 1000; i++) org.deps.refusedCallers.count(`10.0.${i >> 8}.${i & 255}`, "host");
  await org.deps.refusedCallers.flush();
  const events = await org.events("org.callers-refused");
  assert.equal(events.length, 101);
  assert.deepEqual(
    events.map((event) => event.data["count"] as number).reduce((a, b) => a + b),
    1000,
  );
  assert.equal(events.at(-1)?.data["source"], "others");
});

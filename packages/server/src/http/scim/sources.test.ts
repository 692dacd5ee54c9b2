/** Whose people a token reaches, who is held back, and what a source may do to somebody's state. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openScim, PATCH, USER } from "./scim.fixture.ts";

test("S18, S29: a token reaches the people and groups of its own source; another's are not there, by any way", async (t) => {
  const org = await openScim(t);
  const other = await org.source("subsidiary");
  const theirs = await other.user("theirs", { externalId: "1" });
  const group = await other.group("Theirs", [theirs.id]);
  const local = (await org.call("owner", "POST", "/api/v1/users?activate=true", { profile: { login: "local" } })).body;
  const localGroup = (await org.call("owner", "POST", "/api/v1/groups", { profile: { name: "Local" } })).body;
  const own = await org.client.user("own", { externalId: "1" });
  const patch = { schemas: [PATCH], Operations: [{ op: "replace", path: "displayName", value: "x" }] };
  for (const [kind, id] of [
    ["Users", theirs.id],
    ["Users", local.id],
    ["Groups", group.id],
    ["Groups", localGroup.id],
  ]) {
    const body = kind === "Users" ? { schemas: [USER], userName: "taken-over" } : { displayName: "taken over" };
    for (const [method, given] of [
      ["GET", undefined],
      ["PUT", body],
      ["PATCH", patch],
      ["DELETE", undefined],
    ] as const)
      assert.equal((await org.client.call(method, `/${kind}/${id}`, given)).status, 404, `${method} ${kind}`);
  }
  const userNames = async (filter: string) =>
    (await org.client.call("GET", `/Users?filter=${encodeURIComponent(filter)}`)).body.Resources.map((one: { id: string }) => one.id);
  for (const filter of ['userName eq "theirs"', `id eq "${theirs.id}"`, 'userName pr and userName ne "own"'])
    assert.deepEqual(await userNames(filter), []);
  assert.deepEqual(await userNames('externalId eq "1"'), [own.id]);
  assert.deepEqual((await org.client.call("GET", "/Groups")).body.totalResults, 0);
  const mine = await org.client.group("Mine", [own.id]);
  for (const value of [theirs.id, local.id, group.id, localGroup.id]) {
    const answer = await org.client.patch(`/Groups/${mine.id}`, { op: "add", path: "members", value: [{ value }] });
    assert.deepEqual([answer.status, answer.body.scimType], [400, "invalidValue"]);
  }
  await org.call("owner", "PUT", `/api/v1/groups/${localGroup.id}/users/${own.id}`);
  const { groups } = (await org.client.call("GET", `/Users/${own.id}`)).body;
  assert.deepEqual(
    groups.map(({ display }: { display: string }) => display),
    ["Mine"],
    "groups of others are not told",
  );
});

test("S20: a SCIM token opens nothing else, any other token opens no SCIM, and each refusal is a line of the log", async (t) => {
  const org = await openScim(t);
  const headers = { authorization: `Bearer ${org.client.token}` };
  for (const url of ["/api/v1/users", "/api/v1/org", "/metrics", "/api/v1/tokens"]) {
    const answer = await org.inject({ method: "GET", url, headers });
    assert.equal(answer.status, 403, url);
    assert.match(answer.body.errorCauses[0].errorSummary, /people of the source corp by SCIM/);
  }
  for (const role of ["owner", "admin", "help-desk", "auditor"] as const) {
    const answer = await org.app.inject({ method: "GET", url: "/scim/v2/Users", headers: { authorization: `Bearer ${org.tokens[role]}` } });
    assert.equal(answer.statusCode, 403, role);
    assert.equal(answer.json().status, "403");
  }
  const refused = await org.events("token.refused");
  assert.deepEqual(new Set(refused.map(({ data }) => data["reason"])), new Set(["scope"]));
  assert.equal(refused.length, 8);
});

test("S16: no token, an unknown, an expired and a revoked one hear the same; the admin socket has no SCIM", async (t) => {
  const org = await openScim(t);
  const token = (await org.call("owner", "POST", "/api/v1/tokens", { name: "scim", source: "corp", expiresInDays: 1 })).body;
  assert.deepEqual([token.source, token.role], ["corp", "admin"]);
  const revoked = (await org.call("owner", "POST", "/api/v1/tokens", { name: "scim 2", source: "corp" })).body;
  await org.call("owner", "DELETE", `/api/v1/tokens/${revoked.id}`);
  org.clock.now += 86_400_000;
  const bodies = new Set<string>();
  for (const authorization of [undefined, "Bearer x", `Bearer ${token.token}`, `Bearer ${revoked.token}`, "Basic eDp5"])
    for (const [method, url] of [
      ["GET", "/scim/v2/Users"],
      ["POST", "/scim/v2/Bulk"],
      ["GET", "/scim/v2/ServiceProviderConfig"],
      ["GET", "/scim/v2/nothing"],
    ] as const) {
      const answer = await org.app.inject({ method, url, headers: authorization === undefined ? {} : { authorization } });
      assert.deepEqual([answer.statusCode, answer.headers["www-authenticate"]], [401, "Bearer"], `${authorization} ${method} ${url}`);
      bodies.add(answer.body);
    }
  assert.equal(bodies.size, 1);
  assert.equal((await org.admin.inject({ method: "GET", url: "/scim/v2/Users" })).statusCode, 404);
  assert.equal((await org.call("owner", "POST", "/api/v1/tokens", { name: "x", source: "nowhere" })).status, 400);
  assert.equal((await org.call("owner", "POST", "/api/v1/tokens", { name: "x" })).status, 400);
  assert.equal((await org.call("owner", "POST", "/api/v1/tokens", { name: "x", source: "corp", role: "admin" })).status, 400);
});

test("a source that is paused or gone answers nobody", async (t) => {
  const { client, store } = await openScim(t);
  await store.inTransaction((tx) => tx.sources.update("corp", { paused: true }));
  assert.match((await client.call("GET", "/Users")).body.detail, /paused/);
  await store.inTransaction((tx) => tx.sources.update("corp", { paused: false }));
  assert.equal((await client.call("GET", "/Users")).status, 200);
  await store.inTransaction((tx) => tx.sources.remove("corp"));
  assert.equal((await client.call("GET", "/Users")).status, 403);
});

test("S29: a newcomer whose name somebody has is made and held back; no wish of the source activates, a decision does", async (t) => {
  const org = await openScim(t);
  const local = (await org.call("owner", "POST", "/api/v1/users?activate=true", { profile: { login: "alice" } })).body;
  const made = await org.client.user("alice", { externalId: "1" });
  assert.equal(made.active, false);
  assert.equal((await org.events("user.held-back")).length, 1);
  const open = await org.store.read((tx) => tx.duplicates.list({ limit: 10, status: "open" }));
  assert.ok(
    open.some(({ userIds }) => userIds.includes(made.id) && userIds.includes(local.id)),
    "a finding with a decision to take",
  );
  assert.equal((await org.store.read((tx) => tx.users.byId(made.id)))?.status, "STAGED");
  const patched = await org.client.patch(
    `/Users/${made.id}`,
    { op: "replace", path: "active", value: true },
    { op: "add", path: "title", value: "Guide" },
  );
  assert.deepEqual([patched.status, patched.body.active, patched.body.title], [200, false, "Guide"]);
  assert.equal((await org.store.read((tx) => tx.users.byId(made.id)))?.status, "STAGED", "a new title deactivates nobody");
  for (const value of [false, true]) await org.client.patch(`/Users/${made.id}`, { op: "replace", path: "active", value });
  assert.equal((await org.client.call("GET", `/Users/${made.id}`)).body.active, false, "off and on again is no decision");
  const holders = await org.store.read((tx) => tx.users.holders([{ kind: "login", folded: "alice" }]));
  assert.deepEqual(
    holders.map(({ userId }) => userId),
    [local.id],
  );
  await org.call("owner", "POST", `/api/v1/users/${made.id}/lifecycle/activate`);
  assert.equal((await org.client.call("GET", `/Users/${made.id}`)).body.active, true);
  const second = await org.client.call("POST", "/Users", { schemas: [USER], userName: "ALICE", externalId: "2" });
  assert.deepEqual([second.status, second.body.scimType], [409, "uniqueness"], "the same name in the same source");
});

test("S29: a rename into somebody's name is refused, and the person keeps the old one", async (t) => {
  const org = await openScim(t);
  await org.call("owner", "POST", "/api/v1/users?activate=true", { profile: { login: "alice", email: "alice@corp.example" } });
  const made = await org.client.user("bob");
  for (const operation of [
    { op: "replace", path: "userName", value: "alice" },
    { op: "add", path: "emails", value: [{ value: "ALICE@corp.example" }] },
  ]) {
    const answer = await org.client.patch(`/Users/${made.id}`, operation);
    assert.deepEqual([answer.status, answer.body.scimType], [409, "uniqueness"]);
  }
  assert.equal((await org.client.call("GET", `/Users/${made.id}`)).body.userName, "bob");
});

test("a source activates only whom it deactivated itself; what an administrator did stays", async (t) => {
  const org = await openScim(t);
  const made = await org.client.user("alice", { active: false });
  assert.equal(made.active, false);
  const path = `/Users/${made.id}`;
  const set = async (value: boolean) => (await org.client.patch(path, { op: "replace", path: "active", value })).body.active;
  assert.equal(await set(true), true, "made inactive by the source, active by the source");
  assert.equal(await set(false), false);
  assert.equal(await set(true), true);
  const step = (name: string) => org.call("owner", "POST", `/api/v1/users/${made.id}/lifecycle/${name}`);
  await step("suspend");
  assert.equal((await org.client.call("GET", path)).body.active, false);
  assert.equal(await set(true), false, "a suspension is an administrator's");
  await step("unsuspend");
  await step("deactivate");
  assert.equal(await set(true), false, "so is a deactivation");
  await step("activate");
  assert.equal((await org.client.call("GET", path)).body.active, true);
  await step("suspend");
  assert.equal(await set(false), false, "whoever has left has left");
  assert.equal((await org.store.read((tx) => tx.users.byId(made.id)))?.statusBy, "source:corp");
});

test("S18: a source changes nobody who administers the org from above it", async (t) => {
  const org = await openScim(t);
  const made = await org.client.user("boss");
  await org.store.inTransaction((tx) => tx.users.update(made.id, { role: "owner" }));
  assert.equal((await org.client.patch(`/Users/${made.id}`, { op: "replace", path: "userName", value: "x" })).status, 403);
  assert.equal((await org.client.patch(`/Users/${made.id}`, { op: "replace", path: "active", value: false })).status, 403);
  assert.equal((await org.client.patch(`/Users/${made.id}`, { op: "replace", path: "externalId", value: "x" })).status, 403);
  assert.equal((await org.client.call("DELETE", `/Users/${made.id}`)).status, 403);
});

test("RFC 7644 §3.6: whoever was deleted stands in nobody's way, and hands nothing over to somebody of the same name", async (t) => {
  const org = await openScim(t);
  const first = await org.client.user("alice", { externalId: "1" });
  const enrolled = await org.call("owner", "POST", `/api/v1/users/${first.id}/factors`, {
    factorType: "token:software:totp",
    provider: "GOOGLE",
  });
  assert.equal(enrolled.status, 200);
  await org.client.call("DELETE", `/Users/${first.id}`);
  const second = await org.client.user("alice", { externalId: "1" });
  assert.notEqual(second.id, first.id);
  assert.equal(second.active, true);
  assert.deepEqual(await org.store.read((tx) => tx.enrolments.ofUser(second.id)), []);
  assert.equal(await org.store.read((tx) => tx.users.byId(first.id)), undefined);
  const [deleted] = await org.events("user.deleted");
  assert.equal(deleted?.target?.id, first.id);
  await org.client.call("DELETE", `/Users/${second.id}`);
  await org.call("owner", "POST", `/api/v1/users/${second.id}/lifecycle/activate`);
  assert.equal((await org.client.call("GET", `/Users/${second.id}`)).status, 200, "an administrator may bring somebody back");
  assert.equal((await org.client.call("POST", "/Users", { schemas: [USER], userName: "alice", externalId: "9" })).status, 409);
});

test("two groups of one name are a conflict that names whose it is; nothing is overwritten", async (t) => {
  const org = await openScim(t);
  await org.call("owner", "POST", "/api/v1/groups", { profile: { name: "Admins" } });
  const answer = await org.client.call("POST", "/Groups", { displayName: "admins" });
  assert.deepEqual([answer.status, answer.body.scimType], [409, "uniqueness"]);
  assert.match(answer.body.detail, /made by hand/);
});

test("S4: of the same newcomer sent ten times at once one is made, and the others are a conflict", async (t) => {
  const org = await openScim(t);
  const body = { schemas: [USER], userName: "alice", externalId: "1" };
  const answers = await Promise.all(Array.from({ length: 10 }, () => org.client.call("POST", "/Users", body)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array(9).fill(409)]);
  const groups = await Promise.all(Array.from({ length: 10 }, () => org.client.call("POST", "/Groups", { displayName: "Guides" })));
  assert.deepEqual(groups.map(({ status }) => status).sort(), [201, ...Array(9).fill(409)]);
});

/** Tests of groups, apps, assignments and zones over HTTP. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assignedOf } from "../../../test/store/rows.ts";
import { openOrg, type TestOrg } from "../org.fixture.ts";
import { hostRow } from "./host-row.fixture.ts";

const causeOf = (answer: { body: { errorCauses: { errorSummary: string }[] } }) => answer.body.errorCauses[0]?.errorSummary ?? "";

async function seed(org: TestOrg) {
  const user = (await org.call("admin", "POST", "/api/v1/users?activate=true", { profile: { login: "alice" } })).body.id as string;
  const group = (await org.call("admin", "POST", "/api/v1/groups", { profile: { name: "Admins", description: "all of them" } })).body
    .id as string;
  const app = (await org.call("admin", "POST", "/api/v1/apps", { label: "servers" })).body.id as string;
  return { user, group, app };
}

test("groups are made, listed, searched, and have one holder of a name", async (t) => {
  const org = await openOrg(t);
  const { group } = await seed(org);
  const found = await org.call("auditor", "GET", `/api/v1/groups/${group}`);
  assert.deepEqual(found.body.profile, { name: "Admins", description: "all of them" });
  assert.equal(found.body.type, "OKTA_GROUP");
  assert.equal(
    causeOf(await org.call("admin", "POST", "/api/v1/groups", { profile: { name: "ADMINS" } })),
    "profile.name: An object with this field already exists in the current organization",
  );
  assert.equal((await org.call("auditor", "GET", "/api/v1/groups?q=adm")).body.length, 1);
  assert.equal((await org.call("auditor", "GET", "/api/v1/groups?q=x")).body.length, 0);
  assert.equal((await org.call("admin", "DELETE", `/api/v1/groups/${group}`)).status, 204);
  assert.equal((await org.call("admin", "DELETE", `/api/v1/groups/${group}`)).status, 404);
});

test("a group is replaced as a whole, with an event that says what changed", async (t) => {
  const org = await openOrg(t);
  const { group } = await seed(org);
  const url = `/api/v1/groups/${group}`;
  const put = (profile: object) => org.call("admin", "PUT", url, { profile });
  assert.deepEqual((await put({ name: "admins" })).body.profile, { name: "admins", description: null });
  assert.equal((await put({ name: "admins" })).status, 200);
  assert.deepEqual(
    (await org.events("group.updated")).map(({ data }) => data["changed"]),
    [["name", "description"]],
  );
  await org.call("admin", "POST", "/api/v1/groups", { profile: { name: "Other" } });
  assert.match(causeOf(await put({ name: "OTHER" })), /^profile\.name: /);
});

test("members come and go; doing it twice changes nothing and says nothing twice", async (t) => {
  const org = await openOrg(t);
  const { user, group } = await seed(org);
  const url = `/api/v1/groups/${group}/users`;
  for (let i = 0; i < 2; i++) assert.equal((await org.call("admin", "PUT", `${url}/${user}`)).status, 204);
  assert.deepEqual(
    (await org.call("auditor", "GET", url)).body.map((one: { id: string }) => one.id),
    [user],
  );
  for (let i = 0; i < 2; i++) assert.equal((await org.call("admin", "DELETE", `${url}/alice`)).status, 204);
  assert.deepEqual((await org.call("auditor", "GET", url)).body, []);
  assert.equal((await org.events("group.member-added")).length, 1);
  assert.equal((await org.events("group.member-removed")).length, 1);
  assert.equal((await org.call("admin", "PUT", `${url}/nobody`)).status, 404);
  assert.equal((await org.call("admin", "PUT", `/api/v1/groups/nowhere/users/${user}`)).status, 404);
});

test("apps have a label of their own and rules for names; a change says what changed", async (t) => {
  const org = await openOrg(t);
  const { app } = await seed(org);
  const url = `/api/v1/apps/${app}`;
  assert.equal(causeOf(await org.call("admin", "POST", "/api/v1/apps", { label: "Servers" })).split(":")[0], "label");
  assert.equal((await org.call("auditor", "GET", url)).body.settings.nameRules[0], "login");
  const changed = await org.call("admin", "PUT", url, { label: "all servers", settings: { nameRules: ["samAccountName"] } });
  assert.deepEqual([changed.body.label, changed.body.settings.nameRules], ["all servers", ["samAccountName"]]);
  assert.deepEqual((await org.events("app.updated"))[0]?.data["changed"], ["label", "nameRules"]);
  assert.match(causeOf(await org.call("admin", "PUT", url, { settings: { nameRules: ["nickname"] } })), /^settings\.nameRules\.0: /);
  assert.equal((await org.call("admin", "PUT", url, { settings: { nameRules: [] } })).status, 400);
  await org.call("admin", "POST", `${url}/lifecycle/deactivate`);
  assert.equal((await org.call("auditor", "GET", url)).body.status, "INACTIVE");
  await org.call("admin", "POST", `${url}/lifecycle/activate`);
  assert.deepEqual(
    (await org.events()).map((e) => e.type).filter((type) => type.startsWith("app.")),
    ["app.created", "app.updated", "app.deactivated", "app.activated"],
  );
});

test("an app that a host belongs to is not deleted", async (t) => {
  const org = await openOrg(t);
  const { app } = await seed(org);
  await org.store.inTransaction((tx) => tx.hosts.insert(hostRow(app)));
  const refused = await org.call("admin", "DELETE", `/api/v1/apps/${app}`);
  assert.equal(refused.status, 409);
  assert.match(causeOf(refused), /the host srv01 belongs to this app/);
  const other = (await org.call("admin", "POST", "/api/v1/apps", { label: "other" })).body.id;
  assert.equal((await org.call("admin", "DELETE", `/api/v1/apps/${other}`)).status, 204);
});

test("users and groups are assigned in both ways of the public API, once", async (t) => {
  const org = await openOrg(t);
  const { user, group, app } = await seed(org);
  const url = `/api/v1/apps/${app}`;
  const one = await org.call("admin", "POST", `${url}/users`, { id: user, scope: "USER" });
  assert.deepEqual([one.status, one.body.id, one.body.scope, one.body.login], [200, user, "USER", "alice"]);
  assert.equal((await org.call("admin", "PUT", `${url}/users/alice`, {})).body.created, one.body.created);
  assert.equal((await org.call("admin", "PUT", `${url}/groups/${group}`, {})).body.scope, "GROUP");
  assert.deepEqual(
    (await org.call("auditor", "GET", `${url}/users`)).body.map((a: { id: string }) => a.id),
    [user],
  );
  assert.deepEqual(
    (await org.call("auditor", "GET", `${url}/groups`)).body.map((a: { id: string }) => a.id),
    [group],
  );
  assert.deepEqual(await org.store.read((tx) => assignedOf(tx, app, "alice")), [user]);
  assert.equal((await org.call("admin", "DELETE", `${url}/users/${user}`)).status, 204);
  assert.equal((await org.call("admin", "DELETE", `${url}/users/${user}`)).status, 404);
  assert.equal((await org.call("admin", "DELETE", `${url}/groups/${group}`)).status, 204);
  assert.equal((await org.events("assignment.created")).length, 2);
  assert.equal((await org.events("assignment.deleted")).length, 2);
  assert.equal((await org.call("admin", "POST", `${url}/users`, { id: "nobody" })).status, 404);
});

test("zones take exact networks only, and stay while a rule names them", async (t) => {
  const org = await openOrg(t);
  const { app } = await seed(org);
  const bad = await org.call("admin", "PUT", "/api/v1/zones/office", { cidrs: ["203.0.113.0/24", "203.0.113.7/24", "mfa.corp.example"] });
  assert.equal(bad.status, 400);
  assert.deepEqual(
    bad.body.errorCauses.map((c: { errorSummary: string }) => c.errorSummary.split(":")[0]),
    ["cidrs.1", "cidrs.2"],
  );
  for (let i = 0; i < 2; i++)
    assert.equal((await org.call("admin", "PUT", "/api/v1/zones/office", { cidrs: ["203.0.113.0/24"] })).status, 200);
  assert.deepEqual((await org.call("auditor", "GET", "/api/v1/zones")).body, [{ name: "office", cidrs: ["203.0.113.0/24"] }]);
  assert.deepEqual(
    (await org.events()).map((e) => e.type).filter((type) => type.startsWith("zone.")),
    ["zone.created", "zone.updated"],
  );
  const document = { rules: [{ name: "inside", if: { notZones: ["Office"] }, then: "deny" }] };
  assert.equal((await org.call("admin", "PUT", `/api/v1/apps/${app}/policy`, { version: 1, document })).status, 200);
  const refused = await org.call("admin", "DELETE", "/api/v1/zones/office");
  assert.equal(refused.status, 409);
  assert.match(causeOf(refused), /the rule “inside” of the app servers names this zone/);
  await org.call("admin", "PUT", `/api/v1/apps/${app}/policy`, { version: 2, document: { rules: [] } });
  assert.equal((await org.call("admin", "DELETE", "/api/v1/zones/office")).status, 204);
  assert.equal((await org.call("auditor", "GET", "/api/v1/zones/office")).status, 404);
});

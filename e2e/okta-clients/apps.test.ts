/** Okta's SDK makes, changes and switches apps and assigns people to them, and the org's own command sees the same. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { all, okta, refusal, SdkOrg } from "./sdk.ts";

const sdk = new SdkOrg("sdk-apps");
let apps: any;
let client: any;
before(async () => {
  await sdk.start();
  client = await sdk.client();
  apps = client.applicationApi;
});
after(() => sdk.org.stop());

const server = (label: string) => ({ name: "sallyport_host", label, signOnMode: "AUTO_LOGIN" });
const labels = (found: any[]) => found.map(({ label }) => label);

test("an app is made, fetched, renamed, switched off and on, and deleted", async () => {
  const made = await apps.createApplication({ application: server("Servers") });
  assert.ok(made instanceof okta.AutoLoginApplication && made.created instanceof Date);
  assert.deepEqual([made.name, made.label, made.status], ["sallyport_host", "Servers", "ACTIVE"]);
  const appId = made.id;
  await sdk.say("app", "names", "Servers", "email,login");
  const fetched = await apps.getApplication({ appId });
  fetched.label = "All servers";
  assert.equal((await apps.replaceApplication({ appId, application: fetched })).label, "All servers");
  const shown = await sdk.say("app", "show", "All servers");
  assert.deepEqual((shown.app ?? shown).settings.nameRules, ["email", "login"], "what the SDK has no field for stays");
  await apps.deactivateApplication({ appId });
  assert.equal((await sdk.say("app", "list"))[0].status, "INACTIVE");
  await apps.activateApplication({ appId });
  assert.equal((await apps.getApplication({ appId })).status, "ACTIVE");
  await apps.deleteApplication({ appId });
  assert.equal((await refusal(apps.getApplication({ appId }))).errorCode, "E0000007");
  assert.deepEqual(await sdk.say("app", "list"), []);
});

test("an app may begin inactive; one of another kind or with unknown settings is refused by the field", async () => {
  const idle = await apps.createApplication({ application: server("Idle"), activate: false });
  assert.equal(idle.status, "INACTIVE");
  await apps.deleteApplication({ appId: idle.id });
  const settings = { app: { url: "https://example.com" } };
  const bookmark = await refusal(
    apps.createApplication({ application: { name: "bookmark", label: "Link", signOnMode: "BOOKMARK", settings } }),
  );
  assert.deepEqual([bookmark.status, bookmark.errorCode], [400, "E0000001"]);
  assert.deepEqual(bookmark.causes.map((cause) => cause.split(":")[0]).sort(), ["name", "settings.app", "signOnMode"]);
  await apps.createApplication({ application: server("Twice") }).then(({ id: appId }: any) => apps.deactivateApplication({ appId }));
  assert.match(
    (await refusal(apps.createApplication({ application: server("TWICE") }))).causes[0] ?? "",
    /^label: An object with this field/,
  );
});

test("apps are listed page by page, by q and by filter", async () => {
  for (let i = 0; i < 5; i++) await apps.createApplication({ application: server(`Rack ${i}`) });
  assert.deepEqual(labels(await all(apps.listApplications({ limit: 2 }))), [...Array.from({ length: 5 }, (_, i) => `Rack ${i}`), "Twice"]);
  assert.equal((await all(apps.listApplications({ q: "rack", limit: 2 }))).length, 5);
  assert.deepEqual(labels(await all(apps.listApplications({ filter: 'status eq "INACTIVE"' }))), ["Twice"]);
  assert.match(
    (await refusal(all(apps.listApplications({ filter: 'user.id eq "x"' })))).causes[0] ?? "",
    /^filter: character 1: .*user\.id/,
  );
});

test("users and groups are assigned, fetched, listed and taken away", async () => {
  const { id: appId } = await apps.createApplication({ application: server("Assigned") });
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) {
    const { id } = await client.userApi.createUser({ body: { profile: { login: `user${i}` } } });
    ids.push(id);
    const assigned = await apps.assignUserToApplication({ appId, appUser: { id, scope: "USER" } });
    assert.ok(assigned instanceof okta.AppUser);
    assert.deepEqual([assigned.id, assigned.scope, assigned.status, assigned.credentials.userName], [id, "USER", "ACTIVE", `user${i}`]);
  }
  assert.deepEqual((await all(apps.listApplicationUsers({ appId, limit: 2 }))).map(({ id }) => id).sort(), ids.toSorted());
  assert.equal((await apps.getApplicationUser({ appId, userId: ids[0] })).id, ids[0]);
  await apps.unassignUserFromApplication({ appId, userId: ids[0], sendEmail: false });
  assert.equal((await refusal(apps.getApplicationUser({ appId, userId: ids[0] }))).errorCode, "E0000007");
  const { id: groupId } = await client.groupApi.createGroup({ group: { profile: { name: "Operators" } } });
  const given = await apps.assignGroupToApplication({ appId, groupId, applicationGroupAssignment: {} });
  assert.ok(given instanceof okta.ApplicationGroupAssignment && given.lastUpdated instanceof Date);
  assert.deepEqual(
    (await all(apps.listApplicationGroupAssignments({ appId }))).map(({ id }) => id),
    [groupId],
  );
  assert.equal((await apps.getApplicationGroupAssignment({ appId, groupId })).id, groupId);
  const { users, groups } = await sdk.say("app", "show", "Assigned");
  assert.deepEqual([users.length, groups.length], [4, 1]);
  await apps.unassignApplicationFromGroup({ appId, groupId });
  assert.deepEqual(await all(apps.listApplicationGroupAssignments({ appId })), []);
});

/** Okta's SDK makes, finds and changes groups and their members, and the org's own command sees the same. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { all, okta, refusal, SdkOrg } from "./sdk.ts";

const sdk = new SdkOrg("sdk-groups");
let groups: any;
let users: any;
before(async () => {
  await sdk.start();
  const client = await sdk.client();
  groups = client.groupApi;
  users = client.userApi;
});
after(() => sdk.org.stop());

const group = (name: string, description?: string) => ({ group: { profile: { name, description } } });
const names = (found: any[]) => found.map((one) => one.profile.name);

test("a group is made, fetched, replaced and deleted", async () => {
  const made = await groups.createGroup(group("Readers", "who may read"));
  assert.ok(made instanceof okta.Group && made.created instanceof Date);
  assert.deepEqual([made.type, made.profile.name, made.profile.description], ["OKTA_GROUP", "Readers", "who may read"]);
  assert.equal((await groups.getGroup({ groupId: made.id })).profile.name, "Readers");
  const fetched = await groups.getGroup({ groupId: made.id });
  fetched.profile.name = "Writers";
  assert.equal((await groups.replaceGroup({ groupId: made.id, group: fetched })).profile.description, "who may read");
  const replaced = await groups.replaceGroup({ groupId: made.id, ...group("Authors") });
  assert.ok(!replaced.profile.description, "what was left out is gone");
  assert.deepEqual(names(await sdk.say("group", "list")), ["Authors"]);
  await groups.createGroup(group("Editors"));
  const taken = await refusal(groups.replaceGroup({ groupId: made.id, ...group("EDITORS") }));
  assert.deepEqual([taken.status, taken.errorCode], [400, "E0000001"]);
  assert.match(taken.causes[0] ?? "", /^profile\.name: An object with this field already exists/);
  assert.equal((await refusal(groups.createGroup(group("authors")))).errorCode, "E0000001");
  await groups.deleteGroup({ groupId: made.id });
  assert.equal((await refusal(groups.getGroup({ groupId: made.id }))).errorCode, "E0000007");
  assert.deepEqual(names(await sdk.say("group", "list")), ["Editors"]);
  const updated = (await sdk.say("log", "tail", "--lines", "50")).filter(({ type }: any) => type === "group.updated");
  assert.deepEqual(
    updated.map(({ data }: any) => [data.name, data.changed]),
    [
      ["Writers", ["name"]],
      ["Authors", ["name", "description"]],
    ],
  );
});

test("groups are listed page by page, and found by q, search and filter", async () => {
  for (let i = 0; i < 9; i++) await groups.createGroup(group(`Team ${i}`, i % 2 ? "odd" : undefined));
  const before = sdk.exchanges.length;
  assert.deepEqual(names(await all(groups.listGroups({ limit: 3 }))), ["Editors", ...Array.from({ length: 9 }, (_, i) => `Team ${i}`)]);
  assert.equal(sdk.exchanges.length - before, 4);
  assert.deepEqual(names(await all(groups.listGroups({ q: "team", limit: 4 }))).length, 9);
  assert.deepEqual(names(await all(groups.listGroups({ q: "edit" }))), ["Editors"]);
  assert.deepEqual(names(await all(groups.listGroups({ search: 'profile.name eq "TEAM 3"' }))), ["Team 3"]);
  assert.deepEqual(names(await all(groups.listGroups({ search: 'profile.description pr and not (profile.name eq "Team 1")', limit: 2 }))), [
    "Team 3",
    "Team 5",
    "Team 7",
  ]);
  assert.deepEqual(names(await all(groups.listGroups({ filter: 'type eq "OKTA_GROUP" and profile.name sw "team 8"' }))), ["Team 8"]);
  const odd = await refusal(all(groups.listGroups({ search: 'profile.colour eq "red"' })));
  assert.match(odd.causes[0] ?? "", /^search: character 1: there is no field profile\.colour/);
  assert.deepEqual((await refusal(all(groups.listGroups({ expand: "stats" })))).causes, ["expand: unknown query parameter"]);
});

test("users are put into a group and taken out; members come page by page", async () => {
  const { id: groupId } = await groups.createGroup(group("Members"));
  const ids: string[] = [];
  for (let i = 0; i < 7; i++) {
    const { id: userId } = await users.createUser({ body: { profile: { login: `member${i}` } } });
    ids.push(userId);
    await groups.assignUserToGroup({ groupId, userId });
  }
  const members = await all(groups.listGroupUsers({ groupId, limit: 3 }));
  assert.ok(members.every((one) => one instanceof okta.User));
  assert.deepEqual(members.map(({ id }) => id).sort(), ids.toSorted());
  await groups.unassignUserFromGroup({ groupId, userId: ids[0] });
  assert.deepEqual((await sdk.say("group", "members", "Members")).map(({ id }: any) => id).sort(), ids.slice(1).sort());
  assert.equal((await refusal(groups.assignUserToGroup({ groupId, userId: "nobody" }))).status, 404);
  assert.equal((await refusal(groups.assignUserToGroup({ groupId: "nowhere", userId: ids[0] }))).status, 404);
});

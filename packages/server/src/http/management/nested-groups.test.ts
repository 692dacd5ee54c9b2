/** Groups in groups and rules over HTTP: who is in, who may change it, and what assignments and dry runs make of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assignedOf, groupRow, scimSource } from "../../../test/store/rows.ts";
import { openOrg, type TestOrg } from "../org.fixture.ts";

async function makeGroup(org: TestOrg, name: string): Promise<string> {
  return (await org.call("admin", "POST", "/api/v1/groups", { profile: { name } })).body.id;
}

async function makeUser(org: TestOrg, login: string, profile = {}): Promise<string> {
  return (await org.call("admin", "POST", "/api/v1/users?activate=true", { profile: { login, ...profile } })).body.id;
}

const nest = (org: TestOrg, parent: string, child: string, method = "PUT") =>
  org.call("admin", method, `/api/v1/groups/${parent}/groups/${child}`);
const reason = (answer: { body: { errorCauses: { errorSummary: string }[] } }) => answer.body.errorCauses[0]?.errorSummary ?? "";

/** As a source with a row keeps them. */
async function sourceGroup(org: TestOrg, name: string): Promise<string> {
  await org.store.inTransaction(async (tx) => {
    if (!(await tx.sources.byName("corp"))) await tx.sources.insert(scimSource("corp"));
    await tx.groups.insert(groupRow(name, { id: `grp_${name}`, source: "corp", externalId: `ext-${name}` }));
  });
  return `grp_${name}`;
}

test("whoever is in a group in a group is in both, and it says through which", async (t) => {
  const org = await openOrg(t);
  const [outer, middle, inner] = [await makeGroup(org, "Outer"), await makeGroup(org, "Middle"), await makeGroup(org, "Inner")];
  const [alice, bob] = [await makeUser(org, "alice"), await makeUser(org, "bob")];
  for (const [parent, child] of [
    [outer, middle],
    [middle, inner],
  ] as const)
    assert.equal((await nest(org, parent, child)).status, 204);
  assert.equal((await nest(org, outer, middle)).status, 204, "twice changes nothing");
  await org.call("admin", "PUT", `/api/v1/groups/${inner}/users/${alice}`);
  await org.call("admin", "PUT", `/api/v1/groups/${outer}/users/${bob}`);
  await org.call("admin", "PUT", `/api/v1/groups/${outer}/users/${alice}`);
  const members = (await org.call("auditor", "GET", `/api/v1/groups/${outer}/users`)).body;
  const shown = Object.fromEntries(
    members.map((one: { profile: { login: string }; through: { name: string }[] }) => [
      one.profile.login,
      one.through.map(({ name }) => name),
    ]),
  );
  assert.deepEqual(shown, { alice: ["Inner", "Outer"], bob: ["Outer"] });
  assert.deepEqual((await org.call("auditor", "GET", `/api/v1/groups/${outer}`)).body.groups, [{ id: middle, name: "Middle" }]);
  assert.deepEqual((await org.call("auditor", "GET", `/api/v1/groups/${middle}/groups`)).body[0].profile.name, "Inner");
  assert.equal((await nest(org, middle, inner, "DELETE")).status, 204);
  assert.equal((await nest(org, middle, inner, "DELETE")).status, 204);
  assert.equal((await org.call("auditor", "GET", `/api/v1/groups/${middle}/users`)).body.length, 0);
  assert.deepEqual([(await org.events("group.nested")).length, (await org.events("group.unnested")).length], [2, 1]);
  assert.equal((await nest(org, outer, "nowhere")).status, 404);
});

test("a circle by hand is refused with a clear sentence; one from a directory harms nobody", async (t) => {
  const org = await openOrg(t);
  const [a, b, c] = [await makeGroup(org, "A"), await makeGroup(org, "B"), await makeGroup(org, "C")];
  await nest(org, a, b);
  await nest(org, b, c);
  const self = await nest(org, a, a);
  assert.equal(self.status, 409);
  assert.match(reason(self), /A cannot be put into itself/);
  assert.match(reason(await nest(org, b, a)), /B is in A already: A cannot be put into it/);
  assert.match(reason(await nest(org, c, a)), /C is, through other groups, in A already/);
  await org.store.inTransaction((tx) => tx.groups.addChildren(c, [a, c]));
  const alice = await makeUser(org, "alice");
  await org.call("admin", "PUT", `/api/v1/groups/${b}/users/${alice}`);
  for (const group of [a, b, c]) assert.equal((await org.call("auditor", "GET", `/api/v1/groups/${group}/users`)).body.length, 1);
});

test("a rule chooses members by a field of the profile, and nobody changes them by hand", async (t) => {
  const org = await openOrg(t);
  const finance = await makeGroup(org, "Finance");
  const [alice, bob] = [await makeUser(org, "alice", { department: "FINANCE" }), await makeUser(org, "bob", { department: "Sales" })];
  const rule = `/api/v1/groups/${finance}/rule`;
  const set = await org.call("admin", "PUT", rule, { attribute: "department", value: "Finance" });
  assert.deepEqual([set.status, set.body.rule], [200, { attribute: "department", value: "Finance" }]);
  const members = async () =>
    (await org.call("auditor", "GET", `/api/v1/groups/${finance}/users`)).body.map(
      (one: { profile: { login: string }; through: { by: string }[] }) => `${one.profile.login} ${one.through[0]?.by}`,
    );
  assert.deepEqual(await members(), ["alice rule"]);
  await org.call("admin", "POST", `/api/v1/users/${bob}`, { profile: { department: "finance" } });
  assert.deepEqual((await members()).sort(), ["alice rule", "bob rule"]);
  for (const method of ["PUT", "DELETE"]) {
    const answer = await org.call("admin", method, `/api/v1/groups/${finance}/users/${alice}`);
    assert.equal(answer.status, 409);
    assert.match(reason(answer), /the rule department=Finance chooses who is in Finance/);
  }
  assert.equal((await nest(org, finance, await makeGroup(org, "Other"))).status, 409);
  const cleared = await org.call("admin", "DELETE", rule);
  assert.deepEqual([cleared.status, cleared.body.rule, await members()], [200, null, []]);
  assert.equal((await org.call("admin", "DELETE", rule)).status, 200);
  await org.call("admin", "PUT", `/api/v1/groups/${finance}/users/${alice}`);
  assert.match(reason(await org.call("admin", "PUT", rule, { attribute: "department", value: "Finance" })), /has members put in by hand/);
  for (const body of [
    {},
    { attribute: "shoeSize", value: "1" },
    { attribute: "title", value: "" },
    { attribute: "title", value: "a\u202eb" },
  ])
    assert.equal((await org.call("admin", "PUT", rule, body)).status, 400, JSON.stringify(body));
  const said = (await org.events("group.rule-set")).map(({ data }) => [data["value"], data["before"]]);
  assert.deepEqual(said, [
    ["Finance", null],
    [null, "department=Finance"],
  ]);
});

test("a group of a source is changed there, not here; one whose source was removed is anybody's again", async (t) => {
  const org = await openOrg(t);
  const group = await sourceGroup(org, "Kept");
  const [alice, other] = [await makeUser(org, "alice"), await makeGroup(org, "Other")];
  const view = (await org.call("auditor", "GET", `/api/v1/groups/${group}`)).body;
  assert.deepEqual([view.type, view.source, view.externalId], ["APP_GROUP", "corp", "ext-Kept"]);
  const kept = await org.call("auditor", "GET", `/api/v1/groups?filter=${encodeURIComponent('type eq "APP_GROUP"')}`);
  assert.deepEqual(
    kept.body.map((one: { id: string }) => one.id),
    [group],
  );
  const tries: [string, string, object?][] = [
    ["PUT", `/api/v1/groups/${group}/users/${alice}`],
    ["DELETE", `/api/v1/groups/${group}/users/${alice}`],
    ["PUT", `/api/v1/groups/${group}/groups/${other}`],
    ["DELETE", `/api/v1/groups/${group}/groups/${other}`],
    ["PUT", `/api/v1/groups/${group}/rule`, { attribute: "source", value: "corp" }],
    ["DELETE", `/api/v1/groups/${group}/rule`],
    ["PUT", `/api/v1/groups/${group}`, { profile: { name: "Mine" } }],
    ["DELETE", `/api/v1/groups/${group}`],
  ];
  for (const [method, url, body] of tries) {
    const answer = await org.call("owner", method, url, body);
    assert.equal(answer.status, 409, `${method} ${url}`);
    assert.match(reason(answer), /Kept is a group of the source corp/);
  }
  assert.equal((await nest(org, other, group)).status, 204, "into a group of ours it may go");
  await org.store.inTransaction((tx) => tx.sources.remove("corp"));
  assert.equal((await org.call("owner", "DELETE", `/api/v1/groups/${group}`)).status, 204);
});

test("an assignment to a group reaches whoever is in it however deep, and a dry run says through which", async (t) => {
  const org = await openOrg(t);
  const [outer, inner] = [await makeGroup(org, "Outer"), await makeGroup(org, "Inner")];
  await nest(org, outer, inner);
  const alice = await makeUser(org, "alice");
  await org.call("admin", "PUT", `/api/v1/groups/${inner}/users/${alice}`);
  const app = (await org.call("admin", "POST", "/api/v1/apps", { label: "servers" })).body.id;
  await org.call("admin", "PUT", `/api/v1/apps/${app}/groups/${outer}`, {});
  assert.deepEqual(await org.store.read((tx) => assignedOf(tx, app, "alice")), [alice]);
});

test("a group that a policy's rule names is not deleted: a rule that denies would stop to hold without a word", async (t) => {
  const org = await openOrg(t);
  const group = await makeGroup(org, "Contractors");
  const app = (await org.call("admin", "POST", "/api/v1/apps", { label: "servers" })).body.id;
  await org.call("admin", "PUT", `/api/v1/apps/${app}/groups/${group}`);
  const url = `/api/v1/apps/${app}/policy`;
  const write = async (rules: object[]) => {
    const { version, document } = (await org.call("admin", "GET", url)).body;
    return (await org.call("admin", "PUT", url, { version, document: { ...document, rules } })).status;
  };
  assert.equal(await write([{ name: "night", if: { groups: ["contractors"] }, then: "deny" }]), 200);
  const refused = await org.call("admin", "DELETE", `/api/v1/groups/${group}`);
  assert.equal(refused.status, 409);
  assert.equal(reason(refused), 'Contractors is named in the rule "night" of the app servers: change the rule first');
  assert.equal((await org.call("admin", "GET", `/api/v1/groups/${group}`)).status, 200);
  assert.equal(await write([]), 200);
  assert.equal((await org.call("admin", "DELETE", `/api/v1/groups/${group}`)).status, 204);
});

test("a group that is assigned is not deleted where that is asked for, and the refusal names every app; else its assignments go with it", async (t) => {
  const org = await openOrg(t);
  const [group, other] = [await makeGroup(org, "Staff"), await makeGroup(org, "Other")];
  const apps: string[] = [];
  for (const label of ["servers", "desktops"]) apps.push((await org.call("admin", "POST", "/api/v1/apps", { label })).body.id);
  for (const app of apps) await org.call("admin", "PUT", `/api/v1/apps/${app}/groups/${group}`);
  const refused = await org.call("admin", "DELETE", `/api/v1/groups/${group}?unlessAssigned=true`);
  assert.equal(refused.status, 409);
  assert.match(reason(refused), /^Staff is (?=.*assigned to the app servers)(?=.*assigned to the app desktops).*--even-if-assigned$/);
  assert.equal((await org.call("admin", "GET", `/api/v1/groups/${group}`)).status, 200);
  assert.equal((await org.call("admin", "DELETE", `/api/v1/groups/${other}?unlessAssigned=true`)).status, 204);
  assert.equal((await org.call("admin", "DELETE", `/api/v1/groups/${group}`)).status, 204);
  assert.deepEqual((await org.call("admin", "GET", `/api/v1/apps/${apps[0]}/groups`)).body, []);
});

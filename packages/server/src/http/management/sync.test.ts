/** Tests of bringing a directory's people and groups up to date: what becomes of whom, and that nothing becomes of them when it fails. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DirectoryFault } from "../../flows/directory.ts";
import { groupsOf, openSynced, peopleOf } from "./sync.fixture.ts";

const person = (externalId: string, more: object = {}) => ({ externalId, profile: { login: externalId }, ...more });

test("people and groups come with all members, groups in groups and primary groups; a second sync changes nothing", async (t) => {
  const { org, directory, sync } = await openSynced(t);
  directory.put(person("alice", { primaryGroup: "g3" }));
  directory.put(person("bob"));
  directory.put(person("gone", { active: false, why: "disabled in the directory" }));
  directory.putGroup({ externalId: "g1", name: "admins", members: ["alice", "g2"], description: "run it" });
  directory.putGroup({ externalId: "g2", name: "helpers", members: ["bob", "gone", "g1"] });
  directory.putGroup({ externalId: "g3", name: "everybody" });
  const run = await sync();
  assert.deepEqual([run.status, run.kind, run.cause, run.error], ["done", "full", "manual", null]);
  assert.deepEqual(run.counts, { created: 2, "left-out": 1, "groups-created": 3, "members-in": 5 });
  assert.deepEqual(await peopleOf(org), { alice: "ACTIVE", bob: "ACTIVE" });
  assert.deepEqual(await groupsOf(org), { admins: ["alice", "[helpers]"], helpers: ["bob", "[admins]"], everybody: ["alice"] });
  const before = (await org.events()).length;
  const again = await sync();
  assert.deepEqual([again.kind, again.counts], ["changes", {}]);
  assert.equal((await org.events()).length, before + 1, "one line that it ran");
  const whole = await sync({ full: true });
  assert.deepEqual([whole.kind, whole.counts], ["full", { unchanged: 2, "left-out": 1, "groups-unchanged": 3 }]);
  const [event] = (await org.events("source.synced")).slice(-1);
  assert.deepEqual([event?.data["source"], event?.data["kind"], event?.data["server"]], ["corp", "full", "ldaps://data"]);
});

test("a read of changes renames, disables, moves between groups and finds who is gone; the dry run says it before", async (t) => {
  const { org, directory, sync, preview } = await openSynced(t, { brake: 50 });
  for (const id of ["a", "b", "c", "d"]) directory.put(person(id, { primaryGroup: "all" }));
  directory.putGroup({ externalId: "g", name: "team", members: ["a", "b", "c"] });
  directory.putGroup({ externalId: "all", name: "everybody" });
  directory.putGroup({ externalId: "other", name: "others" });
  await sync();
  directory.put({ externalId: "a", dn: "uid=a,ou=elsewhere", profile: { login: "anna", lastName: "A" } });
  directory.put({ externalId: "b", active: false, why: "disabled in the directory" });
  directory.put({ externalId: "d", primaryGroup: "other" });
  directory.people.delete("c");
  directory.put(person("e", { primaryGroup: "all" }));
  directory.putGroup({ externalId: "g", name: "crew", members: ["b", "d"] });
  const seen = (await org.events()).length;
  const dry = await preview();
  assert.equal((await org.events()).length, seen);
  assert.equal(dry.kind, "changes");
  assert.deepEqual(
    dry.people.map((one: any) => [one.login, one.fate, one.changes ?? one.why]),
    [
      ["anna", "updated", { login: ["a", "anna"], lastName: [null, "A"] }],
      ["b", "deactivated", "disabled in the directory"],
      ["e", "created", undefined],
      ["c", "deactivated", "not among the people of the source any more"],
    ],
  );
  assert.deepEqual(
    dry.groups.map((one: any) => [one.name, one.changes, one.peopleIn, one.peopleOut]),
    [
      ["crew", { name: ["team", "crew"] }, ["d"], ["anna", "c"]],
      ["others", undefined, ["d"], []],
      ["everybody", undefined, ["e"], ["c", "d"]],
    ],
  );
  const run = await sync();
  assert.deepEqual([run.status, run.kind], ["done", "changes"]);
  assert.deepEqual(await peopleOf(org), { anna: "ACTIVE", b: "DEPROVISIONED", c: "DEPROVISIONED", d: "ACTIVE", e: "ACTIVE" });
  assert.deepEqual(await groupsOf(org), { crew: ["b", "d"], everybody: ["anna", "b", "e"], others: ["d"] });
  directory.put({ externalId: "b", active: true });
  await sync();
  assert.equal((await peopleOf(org))["b"], "ACTIVE", "what the directory took away it gives back");
});

test("a group never takes another's name, is emptied and not removed while it is used, and keeps the name by which a rule knows it", async (t) => {
  const { org, directory, sync } = await openSynced(t);
  await org.call("admin", "POST", "/api/v1/groups", { profile: { name: "Admins" } });
  directory.put(person("a"));
  directory.putGroup({ externalId: "1", name: "admins", members: ["a"] });
  directory.putGroup({ externalId: "2", name: "used", members: ["a"] });
  directory.putGroup({ externalId: "3", name: "ruled", members: ["a"] });
  directory.putGroup({ externalId: "4", name: "idle", members: ["a"] });
  await sync();
  assert.deepEqual(Object.keys(await groupsOf(org)).sort(), ["Admins", "admins (corp)", "idle", "ruled", "used"]);
  const groups = await org.store.read((tx) => tx.groups.list({ limit: 10 }));
  const used = groups.find(({ name }) => name === "used")?.id;
  const app = (await org.call("admin", "POST", "/api/v1/apps", { label: "servers" })).body.id;
  await org.call("admin", "PUT", `/api/v1/apps/${app}/groups/${used}`);
  const policy = (await org.call("admin", "GET", `/api/v1/apps/${app}/policy`)).body;
  const rule = { name: "night", if: { groups: ["Ruled"] }, then: "deny" };
  const put = await org.call("admin", "PUT", `/api/v1/apps/${app}/policy`, {
    version: policy.version,
    document: { ...policy.document, rules: [rule, ...policy.document.rules] },
  });
  assert.equal(put.status, 200, put.text);
  for (const id of ["2", "4"]) directory.remove(id);
  directory.putGroup({ externalId: "3", name: "renamed" });
  const run = await sync();
  assert.deepEqual(run.counts, { "groups-removed": 1, "groups-emptied": 1, "members-out": 1, "groups-unchanged": 1 });
  assert.deepEqual(run.problems.sort(), [
    'The group ruled is called renamed in the source now. It keeps its name here, since it is named in the rule "night" of the app servers: name the new one there, too.',
    "The group used is gone from corp, but assigned to the app servers: it has no members any more, and is removed once nothing uses it.",
  ]);
  assert.deepEqual(await groupsOf(org), { Admins: [], "admins (corp)": ["a"], ruled: ["a"], used: [] });
  await org.call("admin", "DELETE", `/api/v1/apps/${app}/groups/${used}`);
  await org.call("admin", "DELETE", `/api/v1/groups/${groups.find(({ name }) => name === "Admins")?.id}`);
  await sync({ full: true });
  assert.deepEqual(
    Object.keys(await groupsOf(org)).sort(),
    ["admins", "ruled"],
    "what nothing uses goes, and a name that is free is taken",
  );
});

test("whom an administrator put into a directory's group stays in it, and so does a group made here", async (t) => {
  const { org, directory, sync } = await openSynced(t);
  directory.put(person("a"));
  directory.putGroup({ externalId: "1", name: "team", members: ["a"] });
  await sync();
  await org.call("admin", "POST", "/api/v1/users?activate=true", { profile: { login: "local" } });
  const [team] = await org.store.read((tx) => tx.groups.list({ limit: 1 }));
  const local = (await org.call("admin", "GET", "/api/v1/users/local")).body.id;
  await org.store.inTransaction((tx) => tx.groups.addMembers(team?.id ?? "", [local]));
  directory.putGroup({ externalId: "1", members: [] });
  await sync({ full: true });
  assert.deepEqual(await groupsOf(org), { team: ["local"] });
});

test("the brake stops a run that would take away too much, with nothing changed, and lets it through once when told", async (t) => {
  const { org, directory, sync, preview } = await openSynced(t);
  for (let index = 0; index < 10; index++) directory.put(person(`p${index}`));
  await sync();
  for (const id of ["p0", "p1"]) directory.remove(id);
  const sentence =
    "2 of 10 people would be deactivated, more than 10 %: nothing is changed then. Look at the dry run, and raise the limit if it is right";
  assert.equal((await preview()).braked, sentence);
  const run = await sync();
  assert.deepEqual([run.status, run.error.sentence], ["braked", sentence]);
  assert.ok(Object.values(await peopleOf(org)).every((status) => status === "ACTIVE"));
  assert.equal((await org.events("source.sync-failed")).at(-1)?.data["status"], "braked");
  assert.equal((await sync({ brake: 20 })).status, "done");
  assert.equal(Object.values(await peopleOf(org)).filter((status) => status === "DEPROVISIONED").length, 2);
  directory.remove("p2");
  assert.equal((await sync()).status, "done", "one person who leaves is no accident");
  for (let index = 0; index < 10; index++) directory.putGroup({ externalId: `g${index}` });
  await sync();
  for (let index = 0; index < 5; index++) directory.groups.delete(`g${index}`);
  assert.match((await sync()).error.sentence, /^5 of 10 groups would be removed or emptied/);
  assert.equal(Object.keys(await groupsOf(org)).length, 10);
});

test("a directory that cannot be asked changes nothing; its sentence stands in the run, and equal failures do not bury the log", async (t) => {
  const { org, directory, sync } = await openSynced(t);
  directory.put(person("a"));
  await sync();
  directory.fault = new DirectoryFault("The certificate of the server has expired.", { server: "ldaps://data", error: "CERT_HAS_EXPIRED" });
  for (let times = 0; times < 9; times++) {
    const run = await sync();
    assert.deepEqual(
      [run.status, run.error],
      ["failed", { cause: "org.directory", sentence: "The certificate of the server has expired." }],
    );
  }
  const said = await org.events("source.sync-failed");
  assert.deepEqual(
    said.map(({ data, cause }) => [data["repeated"], cause]),
    [0, 1, 2, 4, 8].map((times) => [times, "org.directory"]),
  );
  assert.deepEqual(await peopleOf(org), { a: "ACTIVE" });
  const shown = (await org.call("auditor", "GET", "/api/v1/sources/corp")).body;
  assert.equal(shown.lastRun.status, "failed");
  assert.notEqual(shown.lastSuccess, null);
  directory.fault = new Error("a fault of ours");
  assert.deepEqual((await sync()).error.cause, "org.fault");
  directory.fault = undefined;
  assert.equal((await sync()).status, "done");
});

test("an entry that nobody can be made of is a problem of its own: whoever the org has of it stays, and the others are brought up to date", async (t) => {
  const { org, directory, sync } = await openSynced(t);
  for (const id of ["a", "b"]) directory.put(person(id));
  await sync();
  directory.unreadable = [{ dn: "uid=a", externalId: "a", why: "there is no login" }];
  directory.put({ externalId: "b", profile: { login: "b", title: "Dr" } });
  const run = await sync({ full: true });
  assert.deepEqual([run.status, run.counts, run.problems], ["done", { updated: 1, unreadable: 1 }, ["uid=a: there is no login"]]);
  assert.deepEqual(await peopleOf(org), { a: "ACTIVE", b: "ACTIVE" });
});

test("whoever was refused is looked at again by the next sync, although the directory does not tell of them a second time", async (t) => {
  const { org, directory, sync } = await openSynced(t);
  directory.put(person("a"));
  directory.put({ externalId: "b", profile: { login: "a" } });
  const run = await sync();
  assert.deepEqual([run.counts["refused"], run.problems], [1, ["a: the login is that of a of the same source"]]);
  directory.put({ externalId: "a", profile: { login: "first" } });
  assert.deepEqual([(await sync()).status, directory.reads.at(-1)], ["done", "full"]);
  await sync();
  assert.deepEqual(await peopleOf(org), { a: "ACTIVE", first: "ACTIVE" });
});

test("what the directory says of its domain is kept, but never over what an administrator said", async (t) => {
  const { org, directory, sync } = await openSynced(t);
  directory.domain = { netbios: "CORP", dns: ["corp.example"], upnSuffixes: ["corp.example", "example.com"] };
  await sync();
  const domain = () => org.store.read((tx) => tx.domains.byName("corp.example"));
  assert.deepEqual(
    [(await domain())?.netbios, (await domain())?.aliases, (await domain())?.source],
    ["CORP", [], "corp"],
    "a suffix that the domains of a forest share names none of them",
  );
  const row = { name: "corp.example", netbios: "MINE", aliases: [], source: null, created: 0 };
  await org.store.inTransaction((tx) => tx.domains.put(row));
  await sync({ full: true });
  assert.equal((await domain())?.netbios, "MINE");
  directory.domain = { netbios: "MINE", dns: ["other.example"], upnSuffixes: [] };
  const { problems } = await sync({ full: true });
  assert.deepEqual(problems, ["the domain other.example is not known by its other names: MINE means the domain corp.example already"]);
  assert.equal(await org.store.read((tx) => tx.domains.byName("other.example")), undefined);
});

/** Tests of when a source is synchronised: by whom, one at a time, taken up again after an end in the middle, and never past a stop. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { planHere } from "../../flows/management/plan-here.ts";
import { syncEngine } from "../../flows/management/sync-engine.ts";
import { LEASE_MS, leaseOf } from "../../flows/management/sync-run.ts";
import { openSynced, peopleOf, SECRET, SETTINGS } from "./sync.fixture.ts";

const many = (count: number) => Array.from({ length: count }, (_, index) => ({ externalId: `p${index}`, profile: { login: `p${index}` } }));

test("the secret is sealed, never shown, kept by a change without it, and never sent to a server that it was not given for", async (t) => {
  const { org } = await openSynced(t);
  const url = "/api/v1/sources/corp";
  const changed = await org.call("admin", "PUT", url, { settings: { ...SETTINGS, base: "ou=people,dc=example,dc=test" }, brake: 5 });
  assert.deepEqual([changed.status, changed.body.brake, changed.body.settings.base], [200, 5, "ou=people,dc=example,dc=test"]);
  for (const away of [{ servers: ["ldaps://elsewhere.example"] }, { trust: { pin: "0".repeat(64) } }]) {
    const refused = await org.call("admin", "PUT", url, { settings: { ...SETTINGS, ...away } });
    assert.equal(refused.status, 400);
    assert.match(refused.body.errorCauses[0].errorSummary, /^secret: must be given again/);
  }
  const moved = await org.call("admin", "PUT", url, { settings: { ...SETTINGS, servers: ["ldaps://elsewhere.example"] }, secret: "other" });
  assert.equal(moved.status, 200);
  const all = [changed, moved, await org.call("auditor", "GET", url), await org.call("auditor", "GET", "/api/v1/sources")];
  for (const { text } of all) assert.doesNotMatch(text, new RegExp(`${SECRET}|"other"|ealed`));
  assert.doesNotMatch(JSON.stringify(await org.events()), new RegExp(SECRET));
  const row = await org.store.read((tx) => tx.sources.byName("corp"));
  assert.equal(Buffer.from(org.deps.keys.unseal(row?.sealedSecret ?? "", "source:corp")).toString(), "other");
  assert.throws(() => org.deps.keys.unseal(row?.sealedSecret ?? "", "source:hr"), "it cannot be moved to another source");
});

test("a source is not called local, has one name once, and takes no settings that would send a password in clear", async (t) => {
  const { org } = await openSynced(t);
  const add = (body: object) => org.call("admin", "POST", "/api/v1/sources", { kind: "ldap", settings: SETTINGS, secret: SECRET, ...body });
  assert.match((await add({ name: "local" })).body.errorCauses[0].errorSummary, /^name: local are the people who were made here/);
  assert.match((await add({ name: "corp" })).body.errorCauses[0].errorSummary, /^name: .*already exists/);
  const clear = await add({ name: "clear", settings: { ...SETTINGS, servers: ["ldap://directory.example.test"] } });
  assert.match(clear.body.errorCauses[0].errorSummary, /would carry passwords in clear/);
  const people = [{ externalId: "1", profile: { login: "x" } }];
  const file = await org.call("admin", "POST", "/api/v1/sources/corp/import", { people });
  assert.match(file.body.errorCauses[0].errorSummary, /corp is kept by its directory/);
  assert.equal((await org.call("admin", "POST", "/api/v1/sources", { name: "okta", kind: "scim" })).status, 200);
  assert.equal((await org.call("admin", "POST", "/api/v1/sources/okta/sync", {})).status, 400);
  assert.equal((await org.call("help-desk", "POST", "/api/v1/sources/corp/sync", {})).status, 403);
});

test("a removed source leaves its people as they are, and has them again under the same name; on request they are deactivated first", async (t) => {
  const { org, directory, sync } = await openSynced(t);
  for (const one of many(3)) directory.put(one);
  directory.putGroup({ externalId: "g", name: "team", members: ["p0"] });
  await sync();
  const removed = await org.call("admin", "DELETE", "/api/v1/sources/corp");
  assert.deepEqual([removed.status, removed.body], [200, { deactivated: 0 }]);
  assert.equal((await org.call("auditor", "GET", "/api/v1/sources/corp/runs")).status, 404);
  assert.deepEqual(Object.values(await peopleOf(org)), ["ACTIVE", "ACTIVE", "ACTIVE"]);
  await org.call("admin", "POST", "/api/v1/sources", { name: "corp", kind: "ldap", settings: SETTINGS, secret: SECRET });
  assert.deepEqual((await sync()).counts, { unchanged: 3, "groups-unchanged": 1 });
  assert.deepEqual((await org.call("admin", "DELETE", "/api/v1/sources/corp?deactivate=true")).body, { deactivated: 3 });
  assert.deepEqual(Object.values(await peopleOf(org)), ["DEPROVISIONED", "DEPROVISIONED", "DEPROVISIONED"]);
});

test("test shows the first people as they would be, or the directory's own sentence, and writes nothing", async (t) => {
  const { org, directory } = await openSynced(t);
  directory.put({ externalId: "a", profile: { login: "alice", email: null, title: "Dr" } as never });
  const events = (await org.events()).length;
  const look = await org.call("admin", "POST", "/api/v1/sources/corp/test", {});
  assert.deepEqual([look.body.ok, look.body.people[0].profile], [true, { login: "alice", title: "Dr" }]);
  assert.deepEqual([await peopleOf(org), (await org.events()).length], [{}, events]);
});

test("one sync at a time: a second one, an import and a removal are refused meanwhile, also on another node", async (t) => {
  const { org, directory } = await openSynced(t);
  for (const one of many(3)) directory.put(one);
  let open = () => {};
  directory.gate = new Promise((resolve) => {
    open = resolve;
  });
  const url = "/api/v1/sources/corp";
  const begun = await org.call("admin", "POST", `${url}/sync`, {});
  assert.deepEqual([begun.status, begun.body.status], [202, "running"]);
  for (const [method, path] of [
    ["POST", `${url}/sync`],
    ["DELETE", url],
  ] as const) {
    const refused = await org.call("admin", method, path, method === "POST" ? {} : undefined);
    assert.deepEqual([refused.status, refused.body.errorCauses[0].errorSummary], [409, "a sync or an import of corp is under way"]);
  }
  const other = syncEngine({ ...org.deps, read: planHere(directory), say: assert.fail });
  assert.equal((await other.begin({ role: "admin", actor: { type: "system", id: "x" } }, "corp", { cause: "manual" })).kind, "conflict");
  open();
  await org.deps.syncs.idle();
  assert.equal((await org.call("auditor", "GET", `${url}/runs/${begun.body.id}`)).body.status, "done");
});

test("a stop in the middle ends between two units; the next run does the rest, and reads everything", async (t) => {
  const { org, directory, sync } = await openSynced(t);
  directory.put({ externalId: "first", profile: { login: "first" } });
  await sync();
  for (const one of many(1500)) directory.put(one);
  const engine = syncEngine({ ...org.deps, read: planHere(directory), say: assert.fail });
  org.clock.now += 1000;
  const begun = await engine.begin({ role: "admin", actor: { type: "system", id: "x" } }, "corp", { cause: "manual" });
  assert.equal(begun.kind, "done");
  const here = () => org.store.read((tx) => tx.users.count());
  while ((await here()) < 20) await new Promise((resolve) => setImmediate(resolve));
  await engine.stop();
  const came = await here();
  assert.ok(came < 1501, "it was stopped in the middle");
  const [run] = await org.store.read((tx) => tx.sources.runs("corp", { limit: 1 }));
  assert.deepEqual(
    [run?.status, run?.error?.sentence],
    ["interrupted", "The server was stopped in the middle; the next run does the rest."],
  );
  assert.equal((await engine.begin({ role: "admin", actor: { type: "system", id: "x" } }, "corp", { cause: "manual" })).kind, "conflict");
  const rest = await sync();
  assert.deepEqual([rest.status, rest.kind, rest.counts["created"], rest.counts["unchanged"]], ["done", "full", 1501 - came, came]);
});

test("sources are read when they are due by the database's clock, but not while they are paused; a dead node's run is taken up again", async (t) => {
  const { org, directory } = await openSynced(t, { everyMinutes: 10 });
  const { syncs } = org.deps;
  const runs = () => org.store.read((tx) => tx.sources.runs("corp", { limit: 10 }));
  const sweep = async () => {
    await syncs.sweep();
    await syncs.idle();
  };
  for (const one of many(3)) directory.put(one);
  await sweep();
  assert.equal((await runs()).length, 0, "not before it is due");
  org.clock.now += 10 * 60_000;
  await sweep();
  assert.deepEqual(
    (await runs()).map(({ cause, status, actor }) => [cause, status, actor]),
    [["schedule", "done", "org"]],
  );
  await org.call("admin", "PUT", "/api/v1/sources/corp", { paused: true });
  org.clock.now += 60 * 60_000;
  await sweep();
  assert.equal((await runs()).length, 1);
  await org.call("admin", "PUT", "/api/v1/sources/corp", { paused: false });
  await org.store.inTransaction(async (tx) => {
    const [run] = await tx.sources.runs("corp", { limit: 1 });
    if (run) await tx.sources.insertRun({ ...run, id: "run_dead", status: "running", ended: null, node: "gone", started: tx.now });
    await tx.leases.take(leaseOf("corp"), "gone", tx.now, LEASE_MS);
  });
  await sweep();
  assert.equal((await runs())[0]?.status, "running", "as long as its lease holds it may still be alive");
  org.clock.now += LEASE_MS;
  await sweep();
  const [next, dead] = await runs();
  assert.deepEqual([dead?.id, dead?.status, next?.cause, next?.status], ["run_dead", "interrupted", "schedule", "done"]);
});

test("everything is read again once a day, and of a hundred runs the newest are kept", async (t) => {
  const { org, directory, sync } = await openSynced(t);
  directory.put({ externalId: "a", profile: { login: "a" } });
  await sync();
  await sync();
  org.clock.now += 24 * 3_600_000;
  await sync();
  assert.deepEqual(directory.reads, ["full", "changes", "full"]);
  for (let times = 0; times < 100; times++) await sync();
  assert.equal((await org.store.read((tx) => tx.sources.runs("corp", { limit: 1000 }))).length, 100);
});

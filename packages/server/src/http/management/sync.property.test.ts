/** Property: whatever a directory goes through, a sync brings the org to it, its dry run has said so before, and a cut in the middle changes nothing of that. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import type { DataDirectory } from "../../flows/management/directory.fixture.ts";
import { planHere } from "../../flows/management/plan-here.ts";
import { syncEngine } from "../../flows/management/sync-engine.ts";
import type { TestOrg } from "../org.fixture.ts";
import { groupsOf, openSynced, SECRET, SETTINGS } from "./sync.fixture.ts";

const PEOPLE = ["a", "b", "c", "d", "e", "f"];
const GROUPS = ["g1", "g2", "g3", "g4"];
const person = fc.constantFrom(...PEOPLE);
const group = fc.constantFrom(...GROUPS);

const deed = fc.oneof(
  fc.record({ kind: fc.constant("put" as const), person, active: fc.boolean(), number: fc.nat(3), primary: fc.option(group) }),
  fc.record({ kind: fc.constant("gone" as const), person }),
  fc.record({
    kind: fc.constant("group" as const),
    group,
    name: fc.constantFrom("red", "green", "Red", "blue"),
    members: fc.uniqueArray(fc.oneof(person, group), { maxLength: 5 }),
  }),
  fc.record({ kind: fc.constant("no group" as const), group }),
);
type Deed = typeof deed extends fc.Arbitrary<infer D> ? D : never;

function act(directory: DataDirectory, one: Deed): void {
  if (one.kind === "gone") directory.remove(one.person);
  else if (one.kind === "no group") directory.remove(one.group);
  else if (one.kind === "group") directory.putGroup({ externalId: one.group, name: one.name, members: one.members });
  else {
    const profile = { login: one.person, title: one.number === 0 ? null : `Nº ${one.number}` };
    const primary = one.primary === null ? {} : { primaryGroup: one.primary };
    directory.people.delete(one.person);
    directory.put({ externalId: one.person, active: one.active, profile: profile as never, ...primary });
  }
}

/** What the org has of this source, by the source's own ids; members who are deactivated count as little as they do for a logon. */
async function stateOf({ store }: TestOrg, source: string) {
  return store.read(async (tx) => {
    const users = await tx.users.ofSource(source, { limit: 100 });
    const ids = new Map(users.map(({ id, externalId }) => [id, externalId]));
    const active = users.filter(({ status }) => status === "ACTIVE");
    const people = Object.fromEntries(active.map(({ externalId, profile }) => [externalId, profile.title ?? null]));
    const groups: Record<string, string[]> = {};
    for (const { id, externalId } of await tx.groups.ofSource(source, { limit: 100 })) {
      const members = (await tx.groups.memberIds(id, { limit: 100 })).map((member) => ids.get(member) ?? "");
      const children = (await tx.groups.children(id)).map((child) => child.externalId ?? "");
      groups[externalId ?? ""] = [...members.filter((one) => one in people), ...children].sort();
    }
    return { people, groups };
  });
}

function wanted(directory: DataDirectory) {
  const active = [...directory.people.values()].filter((one) => one.active);
  const people = Object.fromEntries(active.map(({ externalId, profile }) => [externalId, profile.title ?? null]));
  const groups = [...directory.groups.values()].map(({ externalId, members }) => {
    const primary = active.filter(({ primaryGroup }) => primaryGroup === externalId).map((one) => one.externalId);
    const named = members.filter((one) => one in people || (directory.groups.has(one) && one !== externalId));
    return [externalId, [...new Set([...named, ...primary])].sort()];
  });
  return { people, groups: Object.fromEntries(groups) };
}

/** The org is one for all runs; each run has a source of its own. */
async function histories(
  t: TestContext,
  step: (world: { org: TestOrg; directory: DataDirectory; url: string; source: string }) => Promise<void>,
) {
  const { org, directory } = await openSynced(t);
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(deed, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 }), async (history) => {
      runs += 1;
      const source = `s${runs}`;
      directory.people.clear();
      directory.groups.clear();
      const body = { name: source, kind: "ldap", settings: SETTINGS, secret: SECRET, brake: 100 };
      assert.equal((await org.call("admin", "POST", "/api/v1/sources", body)).status, 200);
      for (const deeds of history) {
        for (const one of deeds) act(directory, one);
        await step({ org, directory, url: `/api/v1/sources/${source}`, source });
        assert.deepEqual(await stateOf(org, source), wanted(directory));
      }
      for (const name of Object.keys(await groupsOf(org))) assert.ok(name !== "", "a group without a name");
      // The next run's people have the same names, and are nobody's namesakes.
      await org.store.inTransaction(async (tx) => {
        for (const { id } of await tx.users.ofSource(source, { limit: 100 })) await tx.users.remove(id);
        for (const { id } of await tx.groups.ofSource(source, { limit: 100 })) await tx.groups.remove(id);
        await tx.sources.remove(source);
      });
    }),
    { numRuns: 40 },
  );
}

async function sync(org: TestOrg, url: string): Promise<any> {
  org.clock.now += 1000;
  const begun = await org.call("admin", "POST", `${url}/sync`, {});
  assert.equal(begun.status, 202, begun.text);
  await org.deps.syncs.idle();
  return (await org.call("auditor", "GET", `${url}/runs/${begun.body.id}`)).body;
}

test("after each sync the org has what the directory has, and the dry run before it counted the same", async (t) => {
  await histories(t, async ({ org, url }) => {
    const events = (await org.store.read((tx) => tx.log.head())).seq;
    const dry = await org.call("admin", "POST", `${url}/sync?dryRun=true`, {});
    assert.equal(dry.status, 200, dry.text);
    assert.equal((await org.store.read((tx) => tx.log.head())).seq, events, "a dry run writes nothing");
    const run = await sync(org, url);
    assert.deepEqual([run.status, run.error], ["done", null]);
    const { "members-in": into = 0, "members-out": out = 0, ...counts } = run.counts;
    assert.deepEqual(counts, dry.body.counts);
    const moved = (which: string[]) =>
      dry.body.groups.flatMap((one: any) => (one.fate === "removed" ? [] : which.flatMap((list) => one[list]))).length;
    assert.deepEqual([into, out], [moved(["peopleIn", "groupsIn"]), moved(["peopleOut", "groupsOut"])]);
    const again = await sync(org, url);
    assert.deepEqual(
      Object.keys(again.counts).filter((fate) => !/unchanged|left-out|refused/.test(fate)),
      [],
      "a second one changes nothing",
    );
  });
});

test("a sync that was cut off, and another one, come to the same", async (t) => {
  await histories(t, async ({ org, url, source, directory }) => {
    let units = 0;
    // The org's database as it is, except that the engine's process ends with its third unit.
    const dying = {
      ...org.deps.store,
      node: org.deps.store.node,
      read: org.deps.store.read.bind(org.deps.store),
      inTransaction: (async (fn) => {
        units += 1;
        if (units > 3) throw new Error("the process is gone");
        return org.deps.store.inTransaction(fn);
      }) as TestOrg["store"]["inTransaction"],
    };
    const engine = syncEngine({ ...org.deps, store: dying, read: planHere(directory), say: () => {} });
    org.clock.now += 1000;
    await engine.begin({ role: "admin", actor: { type: "system", id: "x" } }, source, { cause: "manual" });
    await engine.idle();
    org.clock.now += 60_000;
    assert.equal((await sync(org, url)).status, "done");
    const left = await org.store.read((tx) => tx.sources.running(source));
    assert.deepEqual(left, [], "no run stands as running for ever");
  });
});

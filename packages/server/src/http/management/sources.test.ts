/** Tests of bringing in the people of a source: keyed by the source's ids, nothing overwritten, the dry run tells the truth. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ImportedView, ImportRequest } from "@sallyport/contracts";
import fc from "fast-check";
import { openOrg, type TestOrg } from "../org.fixture.ts";

type Person = { externalId: string; profile: { login: string } & Record<string, string | null>; active?: boolean };
const URL = "/api/v1/sources/hr/import";

const bring = (org: TestOrg, people: Person[], more: Partial<ImportRequest> = {}, query = "") =>
  org.call("admin", "POST", `${URL}${query}`, { people, brake: 100, ...more });
const fates = (answer: { body: { people: ImportedView[] } }) => answer.body.people.map(({ fate }) => fate);
const person = (externalId: string, login: string, more: Record<string, string | null> = {}): Person => ({
  externalId,
  profile: { login, ...more },
});
const users = async (org: TestOrg) =>
  (await org.call("auditor", "GET", "/api/v1/users?limit=200")).body.map((one: any) => [one.profile.login, one.status, one.source]);

test("people come, change, go and come back by the source's own id, and an import twice changes nothing", async (t) => {
  const org = await openOrg(t);
  const two = [person("1", "alice", { email: "alice@corp.example" }), person("2", "bob")];
  assert.deepEqual(fates(await bring(org, two)), ["created", "created"]);
  const before = (await org.events()).length;
  assert.deepEqual(fates(await bring(org, two)), ["unchanged", "unchanged"]);
  assert.equal((await org.events()).length, before + 1, "one line that it ran, and none of a person");
  const changed = await bring(org, [person("1", "alice.b", { email: null }), { ...person("2", "bob"), active: false }]);
  assert.deepEqual(
    changed.body.people.map((one: ImportedView) => [one.fate, one.changed]),
    [
      ["updated", ["login", "email"]],
      ["deactivated", undefined],
    ],
  );
  const alice = (await org.call("auditor", "GET", "/api/v1/users/alice.b")).body;
  assert.deepEqual([alice.externalId, alice.profile], ["1", { login: "alice.b" }]);
  assert.deepEqual(fates(await bring(org, [person("2", "bob")])), ["activated"], "what the source took away it gives back");
  await org.call("admin", "POST", "/api/v1/users/bob/lifecycle/deactivate");
  const [stays] = (await bring(org, [person("2", "bob")])).body.people;
  assert.deepEqual([stays.fate, stays.why], ["unchanged", "deactivated by an administrator, and stays so"]);
  assert.deepEqual(await users(org), [
    ["alice.b", "ACTIVE", "hr"],
    ["bob", "DEPROVISIONED", "hr"],
  ]);
});

test("S29: a newcomer who shares a name is held back, a rename onto somebody else's is refused, and nobody is overwritten", async (t) => {
  const org = await openOrg(t);
  await org.call("admin", "POST", "/api/v1/users?activate=true", { profile: { login: "carol", email: "c@corp.example" } });
  const [held, fine] = (await bring(org, [person("1", "carol"), person("2", "dave")])).body.people;
  assert.deepEqual([held.fate, held.why, fine.fate], ["held-back", "shares login carol", "created"]);
  const again = await bring(org, [person("1", "carol"), person("2", "dave", { email: "C@corp.example" })]);
  assert.deepEqual(
    again.body.people.map((one: ImportedView) => [one.fate, one.why]),
    [
      ["unchanged", "still held back: decide it (sallyport duplicate list)"],
      ["refused", "email c@corp.example is somebody else's already"],
    ],
  );
  const left = (await bring(org, [{ ...person("2", "dave", { email: "C@corp.example" }), active: false }])).body.people[0];
  assert.equal(left.fate, "deactivated", "whoever has left does not wait for a name");
  assert.equal((await org.events("user.held-back")).length, 1);
});

test("names are passed on within one import, in whatever order the people stand", async (t) => {
  const org = await openOrg(t);
  await bring(org, [person("1", "a"), person("2", "b"), person("3", "c")]);
  assert.deepEqual(fates(await bring(org, [person("1", "b"), person("2", "c"), person("3", "d")])), ["updated", "updated", "updated"]);
  const circle = await bring(org, [person("1", "c"), person("2", "b")]);
  assert.deepEqual(fates(circle), ["refused", "refused"], "two who swap their names need a name in between");
  assert.match(circle.body.people[0].why, /^login c is somebody else's already$/);
});

test("two of one id, a login that stands twice and one that no name can be are refused by themselves", async (t) => {
  const org = await openOrg(t);
  const answer = await bring(org, [person("1", "x"), person("1", "y"), person("2", "z"), person("3", "Z"), person("4", "q\u202e")]);
  assert.deepEqual(
    answer.body.people.map((one: ImportedView) => [one.fate, one.why]),
    [
      ["refused", "the id 1 stands here more than once"],
      ["refused", "the id 1 stands here more than once"],
      ["created", undefined],
      ["refused", "the login is that of 2 of the same source"],
      ["refused", "the login holds a character that no name can have"],
    ],
  );
});

test("whoever is missing from a complete list is deactivated, but the brake stops an empty one with nothing changed", async (t) => {
  const org = await openOrg(t);
  const all = Array.from({ length: 10 }, (_, i) => person(`${i}`, `user${i}`));
  await bring(org, all);
  const stopped = await bring(org, all.slice(0, 8), { complete: true, brake: 10 });
  assert.equal(stopped.status, 409);
  assert.match(stopped.body.errorCauses[0].errorSummary, /2 of 10 people would be deactivated, more than 10 %: nothing is changed then/);
  const dry = await bring(org, all.slice(0, 8), { complete: true, brake: 10 }, "?dryRun=true");
  assert.equal(dry.body.braked, stopped.body.errorCauses[0].errorSummary, "the dry run says it before");
  assert.ok((await users(org)).every(([, status]: string[]) => status === "ACTIVE"));
  const done = await bring(org, all.slice(0, 9), { complete: true, brake: 10 });
  assert.deepEqual(done.body.people.at(-1), {
    externalId: "9",
    login: "user9",
    fate: "deactivated",
    why: "not among the people of the source any more",
  });
  const [event] = (await org.events("source.imported")).slice(-1);
  assert.deepEqual([event?.data["source"], event?.data["deactivated"]], ["hr", 1]);
});

test("a source touches nobody of another one, nor the people who were made here, nor anybody of a higher role", async (t) => {
  const org = await openOrg(t);
  await org.call("admin", "POST", "/api/v1/users?activate=true", { profile: { login: "local" } });
  await bring(org, [person("1", "boss"), person("2", "worker")]);
  const boss = (await org.call("auditor", "GET", "/api/v1/users/boss")).body.id;
  await org.store.inTransaction((tx) => tx.users.update(boss, { role: "owner" }));
  const answer = await org.call("admin", "POST", URL, { people: [person("2", "worker")], complete: true, brake: 100 });
  assert.deepEqual(
    answer.body.people.map((one: ImportedView) => [one.login, one.fate, one.why]),
    [
      ["worker", "unchanged", undefined],
      ["boss", "refused", "the user has the role owner, which is above admin"],
    ],
  );
  assert.equal((await org.call("admin", "POST", "/api/v1/sources/local/import", { people: [person("1", "x")] })).status, 400);
  assert.equal((await org.call("auditor", "POST", URL, { people: [person("1", "x")] })).status, 403);
  assert.deepEqual((await users(org)).map(([login, status]: string[]) => `${login} ${status}`).sort(), [
    "boss ACTIVE",
    "local ACTIVE",
    "worker ACTIVE",
  ]);
});

test("bad input names the place, and nothing is brought in", async (t) => {
  const org = await openOrg(t);
  for (const [body, place] of [
    [{ people: [] }, /^people: /],
    [{ people: [{ externalId: "1", profile: { login: "x", nick: "y" } }] }, /^people\.0\.profile\.nick: unknown field/],
    [{ people: [person("1", "x"), { externalId: "2", profile: { login: null } }] }, /^people\.1\.profile\.login: /],
    [{ people: [person("1", "x")], brake: 101 }, /^brake: /],
  ] as const) {
    const refused = await org.call("admin", "POST", URL, body);
    assert.equal(refused.status, 400);
    assert.match(refused.body.errorCauses[0].errorSummary, place);
  }
  assert.equal((await org.call("admin", "POST", "/api/v1/sources/HR/import", { people: [person("1", "x")] })).status, 400);
  assert.deepEqual(await users(org), []);
});

test("property: the dry run says for everybody what then happens, and writes nothing", async (t) => {
  const org = await openOrg(t);
  const name = fc.constantFrom("ann", "ben", "cy", "Ann", "dee");
  const one = fc.record({
    externalId: fc.constantFrom("1", "2", "3", "4", "5"),
    profile: fc.record({ login: name, email: fc.option(name.map((text) => `${text}@x`)) }),
    active: fc.boolean(),
  });
  const some = fc.uniqueArray(one, { minLength: 1, maxLength: 5, selector: ({ externalId }) => externalId });
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(some, { minLength: 1, maxLength: 4 }), fc.boolean(), async (imports, complete) => {
      runs += 1;
      const url = `/api/v1/sources/s${runs}/import`;
      // Names of this run's own: with those of the runs before, everybody would be held back.
      const ofRun = ({ profile: { login, email }, ...rest }: (typeof imports)[number][number]) => ({
        ...rest,
        profile: { login: `${login}${runs}`, email: email === null ? null : email.replace("@", `${runs}@`) },
      });
      for (const people of imports.map((all) => all.map(ofRun))) {
        const body = { people, complete, brake: 100 };
        const events = (await org.events()).length;
        const dry = await org.call("admin", "POST", `${url}?dryRun=true`, body);
        assert.equal((await org.events()).length, events);
        const real = await org.call("admin", "POST", url, body);
        assert.equal(real.status, 200, real.text);
        assert.deepEqual(real.body.people, dry.body.people);
      }
    }),
    { numRuns: 60 },
  );
});

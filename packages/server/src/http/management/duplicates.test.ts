/** Decisions over two users with one name: keep, link, exclude, and undo; who may take them, and what each leaves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openOrg, type TestOrg } from "../org.fixture.ts";

const post = (org: TestOrg, url: string, body: unknown = {}, as: "admin" | "owner" | "help-desk" = "admin") =>
  org.call(as, "POST", url, body);

async function make(org: TestOrg, source: string, profile: object): Promise<string> {
  const made = await post(org, "/api/v1/users?activate=true", { source, externalId: `${source}-${JSON.stringify(profile)}`, profile });
  assert.equal(made.status, 200, made.text);
  return made.body.id;
}

/** carol of two domains: the second is held back, with a finding. */
async function twoCarols(org: TestOrg) {
  const first = await make(org, "ad-corp", { login: "carol@corp.test", samAccountName: "carol", domain: "CORP" });
  const second = await make(org, "ad-lab", { login: "carol@lab.test", samAccountName: "Carol", domain: "LAB" });
  const [row] = (await org.call("auditor", "GET", "/api/v1/duplicates?status=open")).body;
  const app = (await post(org, "/api/v1/apps", { label: "servers" })).body.id;
  for (const id of [first, second]) await post(org, `/api/v1/apps/${app}/users`, { id });
  const who = async (username: string) => {
    const { body } = await post(org, `/api/v1/apps/${app}/policy/rehearse`, { username, service: "sshd" });
    return [body.cause, body.user?.id];
  };
  const status = async (id: string) => (await org.call("admin", "GET", `/api/v1/users/${id}`)).body.status;
  return {
    first,
    second,
    row,
    who,
    status,
    decide: (body: object, as?: "admin" | "owner") => post(org, `/api/v1/duplicates/${row.id}/decide`, body, as),
  };
}

test("a newcomer's clash is a finding that names both, their sources and what they share", async (t) => {
  const org = await openOrg(t);
  const { first, second, row } = await twoCarols(org);
  assert.deepEqual([row.kind, row.name, row.status], ["samAccountName", "carol", "open"]);
  assert.deepEqual(
    row.users.map(({ id, source, status, written }: Record<string, string>) => [id, source, status, written]),
    [
      [first, "ad-corp", "ACTIVE", null],
      [second, "ad-lab", "STAGED", "Carol"],
    ],
  );
  assert.deepEqual(row.shared, ["samAccountName carol"]);
  const [event] = await org.events("duplicate.found");
  assert.deepEqual(event?.data["users"], [first, second]);
});

test("keep: both stay, the newcomer is found by what nobody else has, and nobody is disturbed", async (t) => {
  const org = await openOrg(t);
  const { first, second, who, status, decide, row } = await twoCarols(org);
  assert.deepEqual(await who("LAB\\carol"), ["user.deactivated", second], "held back: found, and not let in");
  const done = await decide({ decision: "keep" });
  assert.deepEqual([done.status, done.body.status, done.body.decision.kind], [200, "decided", "keep"]);
  assert.equal(await status(second), "ACTIVE");
  assert.deepEqual(await who("carol"), ["factor.none", first]);
  assert.deepEqual(await who("LAB\\carol"), ["factor.none", second]);
  assert.deepEqual(await who("carol@lab.test"), ["factor.none", second]);
  assert.equal((await decide({ decision: "keep" })).status, 409, "once");
  const undone = await post(org, `/api/v1/duplicates/${row.id}/undo`);
  assert.deepEqual([undone.body.status, undone.body.decision], ["open", null]);
  assert.equal(await status(second), "STAGED");
  assert.equal((await org.events("duplicate.undone")).length, 1);
});

test("link: one person, found by every name, with the factors of both; undone, each has their own again", async (t) => {
  const org = await openOrg(t);
  const { first, second, who, decide, row } = await twoCarols(org);
  const factors = async (id: string) =>
    (await org.call("admin", "GET", `/api/v1/users/${id}/factors`)).body.map((one: { id: string }) => one.id);
  const enrol = (id: string) =>
    post(org, `/api/v1/users/${id}/factors?activate=true`, { factorType: "token:software:totp", provider: "GOOGLE" }, "help-desk");
  const factor = (await enrol(first)).body.id;
  const done = await decide({ decision: "link" });
  assert.equal(done.status, 200, done.text);
  assert.equal(done.body.users[1].linkedTo, first);
  assert.deepEqual(await who("carol"), [undefined, first], "both have the name: the primary answers");
  assert.deepEqual(await who("LAB\\carol"), [undefined, second], "with the first one's factor");
  assert.deepEqual(await factors(second), [factor]);
  assert.match((await enrol(second)).body.errorCauses[0].errorSummary, /already set up/);
  assert.equal((await org.call("admin", "DELETE", `/api/v1/users/${second}/factors/${factor}`)).status, 204);
  const own = (await enrol(second)).body.id;
  assert.deepEqual(await factors(first), [own]);
  await post(org, `/api/v1/duplicates/${row.id}/undo`);
  assert.deepEqual([await factors(first), await factors(second)], [[], [own]]);
  // S1: a factor that was reset still counts as one: locked out, not free to enrol.
  assert.deepEqual(await who("carol"), ["factor.locked", first]);
  assert.deepEqual(await who("LAB\\carol"), ["user.deactivated", second]);
});

test("link makes no chains, and a primary is not deleted under those who are linked to it", async (t) => {
  const org = await openOrg(t);
  const { first, second, decide } = await twoCarols(org);
  assert.equal((await decide({ decision: "link" })).status, 200);
  const third = await make(org, "hr", { login: "carol@lab.test" });
  const [row] = (await org.call("admin", "GET", "/api/v1/duplicates?status=open")).body;
  assert.deepEqual(
    row.users.map(({ id }: { id: string }) => id),
    [second, third],
  );
  for (const primary of [second, third]) {
    const refused = await post(org, `/api/v1/duplicates/${row.id}/decide`, { decision: "link", primary });
    assert.equal(refused.status, 409);
    assert.match(refused.text, new RegExp(`${second} is linked to ${first}`));
  }
  await post(org, `/api/v1/users/${first}/lifecycle/deactivate`);
  assert.match((await org.call("admin", "DELETE", `/api/v1/users/${first}`)).text, /is linked to this user/);
});

test("exclude: who is excluded stays so whatever a source says, and the other has the name", async (t) => {
  const org = await openOrg(t);
  const { first, second, who, status, decide, row } = await twoCarols(org);
  assert.equal((await decide({ decision: "exclude", user: "usr_x" })).status, 400);
  assert.equal((await decide({ decision: "exclude", user: first })).status, 200);
  assert.deepEqual([await status(first), await status(second)], ["DEPROVISIONED", "ACTIVE"]);
  assert.deepEqual(await who("carol"), ["factor.none", second]);
  const person = { externalId: `ad-corp-${JSON.stringify({ login: "carol@corp.test", samAccountName: "carol", domain: "CORP" })}` };
  const profile = { login: "carol@corp.test", samAccountName: "carol", domain: "CORP" };
  await post(org, "/api/v1/sources/ad-corp/import", { people: [{ ...person, profile, active: true }] });
  assert.equal(await status(first), "DEPROVISIONED");
  await post(org, `/api/v1/duplicates/${row.id}/undo`);
  assert.deepEqual([await status(first), await status(second)], ["ACTIVE", "STAGED"]);
  assert.deepEqual(await who("carol"), ["factor.none", first]);
});

test("S18: nobody links somebody whom they do not outrank", async (t) => {
  const org = await openOrg(t);
  const { first, decide } = await twoCarols(org);
  await org.store.inTransaction((tx) => tx.users.update(first, { role: "admin" }));
  const refused = await decide({ decision: "link" }, "admin");
  assert.equal(refused.status, 403, refused.text);
  assert.equal((await decide({ decision: "link" }, "owner")).status, 200);
  const factor = { factorType: "token:software:totp", provider: "GOOGLE" };
  const [row] = (await org.call("admin", "GET", "/api/v1/duplicates")).body;
  assert.equal(
    (await post(org, `/api/v1/users/${row.users[1].id}/factors`, factor, "help-desk")).status,
    403,
    "a factor of one is one of the other",
  );
});

test("a rename onto somebody else's name is refused and becomes a finding; kept, it is carried out without the name", async (t) => {
  const org = await openOrg(t);
  const ann = await make(org, "hr", { login: "ann" });
  const import_ = (login: string) =>
    post(org, "/api/v1/sources/ad/import", { people: [{ externalId: "7", profile: { login }, active: true }] });
  assert.equal((await import_("anna")).body.people[0].fate, "created");
  assert.equal((await import_("ann")).body.people[0].fate, "refused");
  const [row] = (await org.call("admin", "GET", "/api/v1/duplicates?status=open")).body;
  assert.deepEqual([row.kind, row.name, row.users[0].id], ["login", "ann", ann]);
  assert.equal((await post(org, `/api/v1/duplicates/${row.id}/decide`, { decision: "keep" })).status, 200);
  assert.equal((await import_("ann")).body.people[0].fate, "updated");
  const held = await org.store.read((tx) => tx.users.holders([{ kind: "login", folded: "ann" }]));
  assert.deepEqual(
    held.map(({ userId }) => userId),
    [ann],
  );
});

test("S29: somebody who left and comes back is still held back, and a source gives no name out", async (t) => {
  const org = await openOrg(t);
  await make(org, "hr", { login: "ann" });
  const bring = (active: boolean) =>
    post(org, "/api/v1/sources/ad/import", { people: [{ externalId: "7", profile: { login: "ann" }, active }], brake: 100 });
  for (const [active, fate] of [
    [true, "held-back"],
    [false, "deactivated"],
    [true, "held-back"],
  ] as const)
    assert.equal((await bring(active)).body.people[0].fate, fate);
});

test("a login that a newcomer shares still signs in its owner at the org's own pages", async (t) => {
  const org = await openOrg(t);
  const password = "correct horse battery staple";
  const made = await post(org, "/api/v1/users?activate=true", {
    profile: { login: "ann" },
    credentials: { password: { value: password } },
  });
  await post(org, `/api/v1/users/${made.body.id}/factors?activate=true`, { factorType: "token:software:totp", provider: "GOOGLE" });
  await make(org, "ad", { login: "ann" });
  const answer = await org.call("nobody", "POST", "/api/v1/authn", { username: "ann", password });
  assert.equal(answer.body.status, "MFA_REQUIRED", answer.text);
});

test("domains: no name means two of them, and each form finds the same people", async (t) => {
  const org = await openOrg(t);
  const { first, who } = await twoCarols(org);
  assert.deepEqual(await who("corp.test\\carol"), ["user.name-shape", undefined]);
  const put = (name: string, body: object) => org.call("admin", "PUT", `/api/v1/domains/${name}`, body);
  assert.deepEqual((await put("corp.test", { netbios: "CORP" })).body.netbios, "CORP");
  assert.deepEqual((await put("corp.test", { aliases: ["old"] })).body.netbios, "CORP", "what is left out stays");
  for (const name of ["CORP\\carol", "corp.test\\carol", "old\\carol", "carol@corp.test"])
    assert.deepEqual(await who(name), ["factor.none", first], name);
  const refused = await put("lab.test", { netbios: "OLD" });
  assert.equal(refused.status, 409);
  assert.match(refused.text, /old means the domain corp\.test already/);
  assert.equal((await put("lab.test", { netbios: "a\\b" })).status, 400);
  assert.equal((await org.call("admin", "DELETE", "/api/v1/domains/corp.test")).status, 204);
  assert.equal((await org.call("admin", "GET", "/api/v1/domains")).body.length, 0);
  assert.equal((await org.events("domain.updated")).length, 1);
});

test("a look over all users finds what nobody was held back for, closes what is over, and keeps decisions", async (t) => {
  const org = await openOrg(t);
  const check = async () => (await post(org, "/api/v1/duplicates/check")).body;
  const list = async (status: string) => (await org.call("admin", "GET", `/api/v1/duplicates?status=${status}`)).body;
  await make(org, "local", { login: "alice" });
  org.clock.now += 1000;
  const twin = await make(org, "hr", { login: "аlice" });
  assert.deepEqual(await list("open"), [], "who only looks the same is not held back");
  const first = await check();
  assert.deepEqual([first.users, first.found, first.gone, first.open], [2, 1, 0, 1]);
  const [row] = await list("open");
  assert.deepEqual([row.kind, row.users[1].id, row.users[1].written], ["look-alike", twin, "аlice"]);
  await post(org, `/api/v1/duplicates/${row.id}/decide`, { decision: "keep" });
  assert.deepEqual((({ found, gone, open }) => [found, gone, open])(await check()), [0, 0, 0]);
  const { second } = await twoCarols(org);
  assert.deepEqual((({ found, gone, open }) => [found, gone, open])(await check()), [0, 0, 1], "known since the newcomer came");
  await post(org, `/api/v1/users/${second}`, { profile: { samAccountName: "carla" } });
  assert.deepEqual((({ found, gone, open }) => [found, gone, open])(await check()), [0, 1, 0]);
  assert.equal((await org.events("duplicate.gone")).length, 1);
  await post(org, `/api/v1/users/${second}`, { profile: { login: "alice" } });
  assert.equal((await list("open")).length, 1, "a rename that was refused");
  assert.deepEqual(
    (({ found, gone, open }) => [found, gone, open])(await check()),
    [0, 0, 1],
    "it is true as long as the other has the name",
  );
});

test("of somebody who is deleted no clash is left to decide", async (t) => {
  const org = await openOrg(t);
  const { second, row } = await twoCarols(org);
  await post(org, `/api/v1/users/${second}/lifecycle/deactivate`);
  assert.equal((await org.call("admin", "DELETE", `/api/v1/users/${second}`)).status, 204);
  assert.deepEqual((await org.call("auditor", "GET", "/api/v1/duplicates?status=open")).body, []);
  assert.equal((await org.call("auditor", "GET", `/api/v1/duplicates/${row.id}`)).body.status, "gone");
});

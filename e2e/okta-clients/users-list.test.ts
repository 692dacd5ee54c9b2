/** Okta's SDK lists users: page by page, by `q`, by `search` and by `filter`. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "../machine/processes.ts";
import { all, refusal, SdkOrg } from "./sdk.ts";

const sdk = new SdkOrg("sdk-users-list");
const PEOPLE = 25;
let users: any;
before(async () => {
  await sdk.start();
  users = (await sdk.client()).userApi;
  for (let i = 0; i < PEOPLE; i++) {
    const name = `user${String(i).padStart(2, "0")}`;
    const profile = {
      login: name,
      email: `${name}@mail.example`,
      firstName: i % 2 ? "Odd" : "Even",
      lastName: `Name${i}`,
      title: i % 5 ? "Clerk" : "Head",
    };
    await users.createUser({ body: { profile: i === 7 ? { ...profile, department: 'R "and" D' } : profile }, activate: i % 10 !== 0 });
  }
});
after(() => sdk.org.stop());

const logins = (found: any[]) => found.map((user) => user.profile.login);
const found = async (search: string) => logins(await all(users.listUsers({ search })));
const numbered = (wanted: (i: number) => boolean) =>
  Array.from({ length: PEOPLE }, (_, i) => i)
    .filter(wanted)
    .map((i) => `user${String(i).padStart(2, "0")}`);

test("all users come in pages of `limit`, each once, by the Link headers alone", async () => {
  const before = sdk.exchanges.length;
  assert.deepEqual(
    logins(await all(users.listUsers({ limit: 4 }))),
    numbered(() => true),
  );
  const pages = sdk.exchanges.slice(before);
  assert.equal(pages.length, Math.ceil(PEOPLE / 4));
  assert.match(pages[0]?.headers.get("link") ?? "", /rel="self".*rel="next"/);
  assert.doesNotMatch(pages.at(-1)?.headers.get("link") ?? "", /rel="next"/);
});

test("a script that deletes what it lists reaches everybody: a page does not hang on the user that it ended with", async () => {
  for (let i = 0; i < 7; i++) await users.createUser({ body: { profile: { login: `zz${i}` } } });
  const seen: string[] = [];
  await (await users.listUsers({ search: 'profile.login sw "zz"', limit: 2 })).each(async (user: any) => {
    await users.deactivateUser({ userId: user.id });
    await users.deleteUser({ userId: user.id });
    seen.push(user.profile.login);
  });
  assert.deepEqual(
    seen,
    Array.from({ length: 7 }, (_, i) => `zz${i}`),
  );
  assert.deepEqual(
    logins(await sdk.say("user", "list")),
    numbered(() => true),
  );
});

test("q finds by the beginning of login, e-mail, first and last name", async () => {
  assert.deepEqual(
    logins(await all(users.listUsers({ q: "user1" }))),
    numbered((i) => i >= 10 && i < 20),
  );
  assert.deepEqual(
    logins(await all(users.listUsers({ q: "EVEN", limit: 3 }))),
    numbered((i) => i % 2 === 0),
  );
  assert.deepEqual(logins(await all(users.listUsers({ q: "name24" }))), ["user24"]);
  assert.deepEqual(await all(users.listUsers({ q: "clerk" })), []);
});

test("search compares fields, joins them and turns them round; names fold", async () => {
  assert.deepEqual(await found('profile.login eq "USER03"'), ["user03"]);
  assert.deepEqual(await found('profile.email eq "user03@mail.example"'), ["user03"]);
  assert.deepEqual(
    await found('profile.lastName sw "name2"'),
    numbered((i) => i === 2 || i >= 20),
  );
  assert.deepEqual(await found("profile.department pr"), ["user07"]);
  assert.deepEqual(await found('profile.department eq "r \\"AND\\" d"'), ["user07"]);
  assert.deepEqual(
    await found('status eq "STAGED"'),
    numbered((i) => i % 10 === 0),
  );
  assert.deepEqual(
    await found('profile.title eq "Head" and profile.firstName eq "Odd"'),
    numbered((i) => i % 10 === 5),
  );
  assert.deepEqual(await found('(profile.login eq "user01" or profile.login eq "user02") and not (profile.firstName eq "Odd")'), [
    "user02",
  ]);
  assert.deepEqual(await found('profile.title co "lerk" and profile.lastName ge "name8"'), ["user08", "user09"]);
  const { created } = await users.getUser({ userId: "user12" });
  assert.ok((await found(`created lt "${created.toISOString()}"`)).length <= 12);
  assert.ok((await found(`created ge "${created.toISOString()}"`)).includes("user12"));
  assert.deepEqual(
    logins(await all(users.listUsers({ search: 'profile.title eq "Head"', limit: 2 }))),
    numbered((i) => i % 5 === 0),
  );
});

test("filter reads the same expressions", async () => {
  assert.deepEqual(logins(await all(users.listUsers({ filter: 'profile.login eq "user04"' }))), ["user04"]);
  assert.deepEqual(
    logins(await all(users.listUsers({ filter: 'status eq "STAGED"', limit: 2 }))),
    numbered((i) => i % 10 === 0),
  );
});

test("what search does not understand is refused with the field and the place, never answered with everybody", async () => {
  for (const [search, cause] of [
    ['profile.shoeSize eq "44"', /^search: character 1: there is no field profile\.shoeSize/],
    ['status eq "ACTIVE" and profile.nick pr', /^search: character 24: there is no field profile\.nick/],
    ['profile.login xx "a"', /^search: character 15: /],
    ['profile.login eq "a', /^search: character 18: .*not closed/],
    ['profile.login eq "a" and', /^search: character 25: /],
    ['created gt "soon"', /^search: character 12: .*date/],
    ["(".repeat(200), /^search: /],
  ] as const) {
    const refused = await refusal(all(users.listUsers({ search })));
    assert.deepEqual([refused.status, refused.errorCode], [400, "E0000001"], search);
    assert.match(refused.causes[0] ?? "", cause, search);
  }
  const unknown = await refusal(all(users.listUsers({ sortBy: "profile.lastName", search: "status pr" })));
  assert.deepEqual(unknown.causes, ["sortBy: unknown query parameter"]);
  const both = await refusal(all(users.listUsers({ q: "a", search: "status pr" })));
  assert.match(both.causes[0] ?? "", /^search: /);
});

test("the page for operators names every field that may be asked for, and no other", async () => {
  const page = readFileSync(join(ROOT, "docs/okta-sdk.md"), "utf8");
  const { groupApi, applicationApi } = await sdk.client();
  const { systemLogApi } = await sdk.client("auditor");
  const lists: [string, Promise<any>][] = [
    ["users", users.listUsers({ search: "x pr" })],
    ["groups", groupApi.listGroups({ search: "x pr" })],
    ["apps (`filter`)", applicationApi.listApplications({ filter: "x pr" })],
    ["log (`filter`)", systemLogApi.listLogEvents({ filter: "x pr" })],
  ];
  for (const [name, list] of lists) {
    const [cause = ""] = (await refusal(all(list))).causes;
    const there = cause.replace(/^.*; there are /, "").split(", ");
    const row = page.split("\n").find((line) => line.startsWith(`| ${name} |`)) ?? "";
    const named = [...row.slice(name.length + 4).matchAll(/`([^`]+)`/g)].map(([, field]) => field);
    const wanted = name === "users" ? [...there.filter((field) => !field.startsWith("profile.")), "profile.…"] : there;
    assert.deepEqual(named, wanted, name);
  }
});

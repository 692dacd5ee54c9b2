/** The queries of RFC 7644 §3.4.2 and §3.4.3 with their examples, against the real server. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { standIn } from "../../flows/store.ts";
import { type Client, ENTERPRISE, LIST, openScim, SEARCH, USER } from "./scim.fixture.ts";

async function people(t: TestContext) {
  const org = await openScim(t);
  const { client } = org;
  await client.user("bjensen", {
    externalId: "1",
    name: { familyName: "O'Malley", givenName: "Barbara" },
    displayName: "Babs",
    title: "Guide",
    userType: "Employee",
    emails: [{ value: "bjensen@example.com", type: "work" }],
    [ENTERPRISE]: { department: "Tours" },
  });
  org.clock.now += 86_400_000;
  await client.user("jsmith", { externalId: "2", displayName: "Smith, James", userType: "Intern", emails: [{ value: "jim@example.org" }] });
  await client.user("kate", { externalId: "3", userType: "Employee", active: false, title: "Ärztin" });
  return { ...org, client };
}

async function found(client: Client, filter: string, more = ""): Promise<string[]> {
  const answer = await client.call("GET", `/Users?filter=${encodeURIComponent(filter)}${more}`);
  assert.equal(answer.status, 200, `${filter}: ${answer.text}`);
  assert.equal(answer.body.totalResults, answer.body.Resources.length);
  return answer.body.Resources.map((one: { userName: string }) => one.userName);
}

test("RFC 7644 §3.4.2.2: each example filter finds whom it means", async (t) => {
  const { client } = await people(t);
  const [b, j, k] = ["bjensen", "jsmith", "kate"];
  const table: [string, (string | undefined)[]][] = [
    ['userName eq "bjensen"', [b]],
    ['userName eq "BJENSEN"', [b]],
    [`name.familyName co "O'Malley"`, [b]],
    ['userName sw "J"', [j]],
    [`${USER}:userName sw "J"`, [j]],
    ["title pr", [b, k]],
    ['meta.lastModified gt "2026-11-24T12:00:00Z"', [j, k]],
    ['meta.lastModified ge "2026-11-24T12:00:00Z"', [b, j, k]],
    ['meta.lastModified lt "2026-11-25T00:00:00Z"', [b]],
    ['meta.lastModified le "2026-11-24T13:00:00+01:00"', [b]],
    ['title pr and userType eq "Employee"', [b, k]],
    ['title pr or userType eq "Intern"', [b, j, k]],
    [`schemas eq "${ENTERPRISE}"`, [b]],
    ['userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")', [b]],
    ['userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")', []],
    ['not (emails co "example.com" or emails.value co "example.org")', [k]],
    ['userType eq "Employee" and (emails.type eq "work")', [b]],
    ['userType eq "Employee" and emails[type eq "work" and value co "@example.com"]', [b]],
    ['emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]', [b]],
    ['emails[type eq "work"].value eq "jim@example.org"', [j]],
    ["active eq false", [k]],
    ['active eq "False"', [k]],
    ["active ne true", [k]],
    ['title eq "ärztin"', [k]],
    ["title eq null", [j]],
    ["title ne null", [b, k]],
    ["nickName pr", []],
    ['nickName ne "x"', [b, j, k]],
    ['userName ew "SEN" and externalId eq "1"', [b]],
    ['externalId eq "2"', [j]],
    ['externalId eq "2" and userName eq "bjensen"', []],
    [`${ENTERPRISE}:department eq "tours"`, [b]],
    ['meta.resourceType eq "User"', [b, j, k]],
    ['displayName eq "Smith, James"', [j]],
    ['id eq "nobody"', []],
    ['userName gt "bjensen" and userName lt "kate"', [j]],
  ];
  for (const [filter, wanted] of table) assert.deepEqual(await found(client, filter), wanted, filter);
});

test("RFC 7644 §3.4.2.1: the root finds users and groups alike, and an attribute of one kind only is no mistake", async (t) => {
  const { client } = await people(t);
  await client.group("Tour Guides");
  const root = async (filter: string) => {
    const answer = await client.call("GET", `/?filter=${encodeURIComponent(filter)}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.body.Resources.map((one: { meta: { resourceType: string } }) => one.meta.resourceType);
  };
  assert.deepEqual(await root('(meta.resourceType eq "User") or (meta.resourceType eq "Group")'), ["User", "User", "User", "Group"]);
  assert.deepEqual(await root('userType eq "Employee"'), ["User", "User"]);
  assert.deepEqual(await root('displayName eq "Tour Guides"'), ["Group"]);
  assert.equal((await client.call("GET", "/?filter=nonsense%20pr")).body.totalResults, 0);
});

test("RFC 7644 §3.4.2.3: sorted by any attribute, up or down; who has no value comes last, and first when it goes down", async (t) => {
  const { client } = await people(t);
  const sorted = async (query: string) => {
    const answer = await client.call("GET", `/Users?${query}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.body.Resources.map((one: { userName: string }) => one.userName);
  };
  assert.deepEqual(await sorted("sortBy=userName"), ["bjensen", "jsmith", "kate"]);
  assert.deepEqual(await sorted("sortBy=userName&sortOrder=descending"), ["kate", "jsmith", "bjensen"]);
  assert.deepEqual(await sorted("sortBy=displayName"), ["bjensen", "jsmith", "kate"]);
  assert.deepEqual((await sorted("sortBy=displayName&sortOrder=DESCENDING"))[0], "kate");
  assert.deepEqual((await sorted("sortBy=emails.value"))[1], "jsmith");
  assert.deepEqual((await sorted("sortBy=emails"))[0], "bjensen");
  assert.deepEqual(await sorted("sortBy=userName&startIndex=2&count=1"), ["jsmith"]);
  assert.equal((await client.call("GET", "/Users?sortBy=userName&sortOrder=sideways")).status, 400);
});

test("RFC 7644 §3.4.2.4: pages begin where they are asked to, and say how much there is", async (t) => {
  const { client } = await openScim(t);
  for (let at = 0; at < 23; at++) await client.user(`user-${at}`, { externalId: String(at).padStart(2, "0") });
  const page = async (query: string) => (await client.call("GET", `/Users?${query}`)).body;
  const first = await page("startIndex=1&count=10");
  assert.deepEqual([first.schemas, first.totalResults, first.itemsPerPage, first.startIndex], [[LIST], 23, 10, 1]);
  const all = [first, await page("startIndex=11&count=10"), await page("startIndex=21&count=10")].flatMap((one) => one.Resources);
  assert.equal(new Set(all.map((one: { id: string }) => one.id)).size, 23);
  const over = await page("startIndex=24");
  assert.deepEqual([over.totalResults, over.itemsPerPage, over.Resources], [23, 0, []]);
  assert.deepEqual((await page("startIndex=-5&count=2")).startIndex, 1);
  assert.deepEqual((await page("count=0")).Resources, []);
  assert.deepEqual((await page("count=-3")).itemsPerPage, 0);
  assert.equal((await page("count=100000")).itemsPerPage, 23);
  assert.equal((await page("filter=userName%20sw%20%22user-1%22&count=3")).totalResults, 11);
});

test("RFC 7644 §3.4.2.5: a list carries only what was asked for", async (t) => {
  const { client } = await people(t);
  const { body } = await client.call("GET", "/Users?attributes=userName");
  assert.deepEqual(Object.keys(body.Resources[0]).sort(), ["id", "schemas", "userName"]);
  const group = await client.group("Tour Guides", [body.Resources[0].id]);
  const without = (await client.call("GET", "/Groups?excludedAttributes=members")).body.Resources[0];
  assert.deepEqual([without.id, without.members], [group.id, undefined]);
  const found = (await client.call("GET", `/Groups?filter=${encodeURIComponent(`members eq "${body.Resources[0].id}"`)}`)).body;
  assert.equal(found.Resources[0].id, group.id);
  const of = (await client.call("GET", `/Users?filter=${encodeURIComponent(`groups.value eq "${group.id}"`)}`)).body;
  assert.deepEqual([of.totalResults, of.Resources[0].id], [1, body.Resources[0].id]);
});

test("RFC 7644 §3.4.3: a search by POST, over everything and over one kind", async (t) => {
  const { client } = await people(t);
  const body = {
    schemas: [SEARCH],
    attributes: ["displayName", "userName"],
    filter: 'displayName sw "smith"',
    startIndex: 1,
    count: 10,
  };
  await client.group("Smith Family");
  const all = await client.call("POST", "/.search", body);
  assert.equal(all.status, 200, all.text);
  assert.deepEqual([all.body.totalResults, all.body.itemsPerPage, all.body.startIndex], [2, 2, 1]);
  assert.deepEqual(all.body.Resources[0].userName, "jsmith");
  assert.deepEqual(Object.keys(all.body.Resources[1]).sort(), ["displayName", "id", "schemas"]);
  assert.equal((await client.call("POST", "/Users/.search", body)).body.totalResults, 1);
  assert.equal((await client.call("POST", "/Groups/.search", { ...body, excludedAttributes: ["members"] })).body.totalResults, 1);
  for (const wrong of [
    {},
    { ...body, schemas: [USER] },
    { ...body, count: "x" },
    { ...body, count: 1.5 },
    { ...body, filter: 5 },
    { ...body, attributes: [1] },
  ])
    assert.equal((await client.call("POST", "/.search", wrong)).status, 400, JSON.stringify(wrong));
});

test("a page without a filter reads its own rows and no others, of one kind and of both, and counts all", async (t) => {
  const org = await openScim(t);
  const { client } = org;
  for (let at = 0; at < 12; at++) await client.user(`user-${at}`, { externalId: String(at).padStart(2, "0") });
  for (const name of ["a", "b", "c"]) await client.group(name, [], { externalId: name });
  const gone = (await client.call("GET", '/Users?filter=userName%20eq%20"user-3"')).body.Resources[0].id;
  await client.call("DELETE", `/Users/${gone}`);
  let read = 0;
  const { store } = org.deps;
  const plain = store.read.bind(store);
  store.read = (fn) =>
    plain((tx) => {
      const users = { ...tx.users, ofSource: () => assert.fail("the whole source is walked through") };
      const counted: typeof tx.users.pageOfSource = async (source, page) => {
        const found = await tx.users.pageOfSource(source, page);
        read += found.rows.length;
        return found;
      };
      return fn(standIn(tx, { users: { ...users, pageOfSource: counted } }));
    });
  const { body } = await client.call("GET", "/Users?startIndex=5&count=4");
  assert.deepEqual([body.totalResults, body.startIndex, read], [11, 5, 4]);
  assert.deepEqual(
    body.Resources.map(({ externalId }: { externalId: string }) => externalId),
    ["05", "06", "07", "08"],
  );
  const both = (await client.call("GET", "/?startIndex=10&count=4")).body;
  assert.deepEqual(
    [both.totalResults, ...both.Resources.map((one: { userName?: string; displayName: string }) => one.userName ?? one.displayName)],
    [14, "user-10", "user-11", "a", "b"],
  );
  assert.equal(read, 6);
});

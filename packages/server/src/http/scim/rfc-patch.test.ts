/** PUT and PATCH of RFC 7644 §3.5 with every example, and the shapes that Entra ID and Okta send, against the real server. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BASE, ENTERPRISE, openScim, PATCH, SALLYPORT, type ScimAnswer, USER } from "./scim.fixture.ts";

const NAME = { familyName: "Jensen", givenName: "Barbara" };
const ids = (answer: ScimAnswer) => (answer.body.members ?? []).map(({ value }: { value: string }) => value).sort();

test("RFC 7644 §3.5.1: PUT replaces: what is left out is gone", async (t) => {
  const { client } = await openScim(t);
  const made = await client.user("bjensen", { externalId: "bjensen", title: "Guide", emails: [{ value: "old@example.com" }] });
  const answer = await client.call("PUT", `/Users/${made.id}`, {
    schemas: [USER],
    id: made.id,
    userName: "bjensen",
    externalId: "bjensen",
    name: { formatted: "Ms. Barbara J Jensen III", ...NAME, middleName: "Jane" },
    roles: [],
    emails: [{ value: "bjensen@example.com" }, { value: "babs@jensen.org" }],
  });
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.body.emails, [{ value: "bjensen@example.com", type: "work", primary: true }]);
  assert.deepEqual([answer.body.name.givenName, answer.body.title, answer.body.active], ["Barbara", undefined, true]);
  assert.equal((await client.call("PUT", `/Users/${made.id}`, { schemas: [USER] })).status, 400, "a user without a name is none");
});

test("RFC 7644 §3.5.2.1: add members; add without a path", async (t) => {
  const { client } = await openScim(t);
  const user = await client.user("bjensen", { emails: [{ value: "bjensen@example.com", type: "work" }] });
  const group = await client.group("Tour Guides");
  const member = { display: "Babs Jensen", $ref: `${BASE}/Users/${user.id}`, value: user.id };
  assert.equal((await client.patch(`/Groups/${group.id}`, { op: "add", path: "members", value: [member] })).status, 204);
  assert.equal((await client.patch(`/Groups/${group.id}`, { op: "add", path: "members", value: [member] })).status, 204, "twice is once");
  assert.deepEqual(ids(await client.call("GET", `/Groups/${group.id}`)), [user.id]);
  const shown = await client.call("PATCH", `/Groups/${group.id}?attributes=displayName`, {
    schemas: [PATCH],
    Operations: [{ op: "add", value: { members: [member] } }],
  });
  assert.deepEqual([shown.status, shown.body.displayName, shown.body.members], [200, "Tour Guides", undefined]);
  const value = { emails: [{ value: "babs@jensen.org", type: "home" }], nickname: "Babs" };
  const added = await client.patch(`/Users/${user.id}`, { op: "add", value });
  assert.equal(added.status, 200, added.text);
  assert.equal(added.body.emails[0].value, "bjensen@example.com", "one address is kept: that for work");
  const primary = { ...value, emails: [{ value: "babs@jensen.org", primary: true }] };
  assert.equal((await client.patch(`/Users/${user.id}`, { op: "add", value: primary })).body.emails[0].value, "babs@jensen.org");
});

test("RFC 7644 §3.5.2.2: remove one member, all, by a filter of several terms, and one for another", async (t) => {
  const { client } = await openScim(t);
  const [babs, james, mandy] = [await client.user("babs"), await client.user("james"), await client.user("mandy")];
  const group = await client.group("Tour Guides", [babs.id, james.id]);
  const path = `/Groups/${group.id}`;
  const now = async () => ids(await client.call("GET", path));
  await client.patch(path, { op: "remove", path: `members[value eq "${babs.id}"]` });
  assert.deepEqual(await now(), [james.id]);
  assert.equal((await client.patch(path, { op: "remove", path: `members[value eq "${babs.id}"]` })).status, 204, "who is not in is out");
  await client.patch(path, { op: "remove", path: "members" });
  assert.deepEqual(await now(), []);
  await client.patch(path, { op: "add", path: "members", value: [{ value: babs.id }, { value: mandy.id }] });
  const swapped = await client.patch(
    path,
    { op: "remove", path: `members[value eq "${babs.id}"]` },
    { op: "add", path: "members", value: [{ display: "James Smith", $ref: `${BASE}/Users/${james.id}`, value: james.id }] },
  );
  assert.equal(swapped.status, 204, swapped.text);
  assert.deepEqual(await now(), [james.id, mandy.id].sort());
  await client.patch(path, { op: "remove", path: `members[value eq "${james.id}" or type eq "User"]` });
  assert.deepEqual(await now(), []);

  const user = await client.user("bjensen", { emails: [{ value: "bjensen@example.com", type: "work" }] });
  const removed = await client.patch(`/Users/${user.id}`, { op: "remove", path: 'emails[type eq "work" and value ew "example.com"]' });
  assert.deepEqual([removed.status, removed.body.emails], [200, undefined]);
});

test("RFC 7644 §3.5.2.3: replace all members, a value that a filter chooses, a part of it, and without a path", async (t) => {
  const { client } = await openScim(t);
  const [babs, james] = [await client.user("babs"), await client.user("james")];
  const group = await client.group("Tour Guides", [babs.id]);
  const members = [
    { display: "Babs Jensen", $ref: `${BASE}/Users/${babs.id}`, value: babs.id },
    { display: "James Smith", $ref: `${BASE}/Users/${james.id}`, value: james.id },
  ];
  await client.patch(`/Groups/${group.id}`, { op: "replace", path: "members", value: members });
  assert.deepEqual(ids(await client.call("GET", `/Groups/${group.id}`)), [babs.id, james.id].sort());
  await client.patch(`/Groups/${group.id}`, { op: "replace", path: "members", value: [{ value: james.id }] });
  assert.deepEqual(ids(await client.call("GET", `/Groups/${group.id}`)), [james.id]);

  const user = await client.user("bjensen", { addresses: [{ type: "work", locality: "Burbank", region: "CA" }] });
  const path = `/Users/${user.id}`;
  const value = {
    type: "work",
    streetAddress: "911 Universal City Plaza",
    locality: "Hollywood",
    region: "CA",
    postalCode: "91608",
    country: "US",
    formatted: "911 Universal City Plaza\nHollywood, CA 91608 US",
    primary: true,
  };
  const moved = await client.patch(path, { op: "replace", path: 'addresses[type eq "work"]', value });
  assert.deepEqual(moved.body.addresses, [{ type: "work", locality: "Hollywood", region: "CA", country: "US", primary: true }]);
  assert.equal(
    (await client.patch(path, { op: "replace", path: 'addresses[type eq "work"].streetAddress', value: "1010 Broadway Ave" })).status,
    200,
  );
  const city = await client.patch(path, { op: "replace", path: 'addresses[type eq "work"].locality', value: "Venice" });
  assert.equal(city.body.addresses[0].locality, "Venice");
  const emails = [
    { value: "bjensen@example.com", type: "work", primary: true },
    { value: "babs@jensen.org", type: "home" },
  ];
  const both = await client.patch(path, { op: "replace", value: { emails, nickname: "Babs" } });
  assert.deepEqual([both.status, both.body.emails[0].value], [200, "bjensen@example.com"]);
});

test("RFC 7644 §3.5.2: what cannot be done is refused by its keyword, and nothing of the request is done", async (t) => {
  const { client } = await openScim(t);
  const user = await client.user("bjensen", { title: "Guide" });
  const group = await client.group("Tour Guides", [user.id]);
  const first = { op: "replace", path: "title", value: "Changed" };
  const rename = { op: "replace", path: "displayName", value: "Changed" };
  const table: [string, object, string][] = [
    ["Users", { op: "replace", path: 'emails[type eq "work"]', value: { value: "x@example.com" } }, "noTarget"],
    ["Users", { op: "remove" }, "noTarget"],
    ["Users", { op: "remove", path: "userName" }, "mutability"],
    ["Users", { op: "replace", path: "id", value: "x" }, "mutability"],
    ["Users", { op: "replace", value: { id: "x" } }, "mutability"],
    ["Users", { op: "remove", path: "meta" }, "mutability"],
    ["Users", { op: "add", path: "groups", value: [{ value: group.id }] }, "mutability"],
    ["Users", { op: "add", path: "nonsense", value: 1 }, "invalidPath"],
    ["Users", { op: "add", path: "name.nonsense", value: 1 }, "invalidPath"],
    ["Users", { op: "add", path: "emails[", value: 1 }, "invalidPath"],
    ["Users", { op: "add", path: 'emails[nonsense eq "x"].value', value: "a" }, "invalidFilter"],
    ["Users", { op: "add", path: "title" }, "invalidValue"],
    ["Users", { op: "add", value: "x" }, "invalidValue"],
    ["Users", { op: "replace", path: "title", value: 5 }, "invalidValue"],
    ["Users", { op: "replace", path: "title", value: "x".repeat(200) }, "invalidValue"],
    ["Users", { op: "replace", path: "name", value: "x" }, "invalidValue"],
    ["Users", { op: "replace", path: "emails", value: "x" }, "invalidValue"],
    ["Users", { op: "move", path: "title", value: "x" }, "invalidSyntax"],
    ["Groups", { op: "remove", path: "displayName" }, "mutability"],
    ["Groups", { op: "replace", path: "displayName", value: "" }, "invalidValue"],
    ["Groups", { op: "add", path: "members", value: [{ value: "nobody" }] }, "invalidValue"],
    ["Groups", { op: "add", path: "members", value: [{}] }, "invalidValue"],
    ["Groups", { op: "replace", path: 'members[value eq "nobody"]', value: { value: user.id } }, "noTarget"],
    ["Groups", { op: "replace", path: `members[value eq "${user.id}"].value`, value: "x" }, "mutability"],
  ];
  for (const [kind, operation, scimType] of table) {
    const path = kind === "Users" ? `/Users/${user.id}` : `/Groups/${group.id}`;
    const answer = await client.patch(path, kind === "Users" ? first : rename, operation);
    assert.deepEqual([answer.status, answer.body?.scimType], [400, scimType], `${JSON.stringify(operation)} ${answer.text}`);
  }
  assert.equal((await client.call("GET", `/Users/${user.id}`)).body.title, "Guide");
  const after = await client.call("GET", `/Groups/${group.id}`);
  assert.deepEqual([after.body.displayName, ids(after)], ["Tour Guides", [user.id]]);
});

test("Entra ID: operations in capitals, booleans as texts, dotted names and filters as keys, members removed by value", async (t) => {
  const { client } = await openScim(t);
  const user = await client.user("bjensen@corp.example", { externalId: "oid-1", active: "True", name: NAME });
  assert.equal(user.active, true);
  const path = `/Users/${user.id}`;
  const off = await client.patch(path, { op: "Replace", path: "active", value: "False" });
  assert.deepEqual([off.status, off.body.active], [200, false]);
  assert.equal((await client.patch(path, { op: "Replace", path: "active", value: "True" })).body.active, true);
  const added = await client.patch(
    path,
    { op: "Add", path: 'emails[type eq "work"].value', value: "b@corp.example" },
    { op: "Add", path: `${ENTERPRISE}:department`, value: "Tours" },
    { op: "Add", path: `${ENTERPRISE}:manager`, value: "oid-9" },
    { op: "Replace", path: "name.familyName", value: "Jansen" },
    { op: "Add", path: 'phoneNumbers[type eq "mobile"].value', value: "555" },
  );
  assert.equal(added.status, 200, added.text);
  assert.deepEqual(
    [added.body.emails[0].value, added.body[ENTERPRISE], added.body.name.familyName],
    ["b@corp.example", { department: "Tours" }, "Jansen"],
  );
  const pathless = await client.patch(path, {
    op: "replace",
    value: {
      "name.givenName": "Babs",
      [`${ENTERPRISE}:division`]: "Parks",
      'emails[type eq "work"].value': "babs@corp.example",
      preferredLanguage: "en",
    },
  });
  assert.equal(pathless.status, 200, pathless.text);
  assert.deepEqual(
    [pathless.body.name.givenName, pathless.body[ENTERPRISE].division, pathless.body.emails[0].value],
    ["Babs", "Parks", "babs@corp.example"],
  );
  const emptied = await client.patch(
    path,
    { op: "Replace", path: `${ENTERPRISE}:department`, value: null },
    { op: "Remove", path: "name.givenName" },
  );
  assert.deepEqual([emptied.body[ENTERPRISE], emptied.body.name.givenName], [{ division: "Parks" }, undefined]);

  const group = await client.group("Tour Guides", [], { externalId: "oid-g" });
  assert.equal((await client.patch(`/Groups/${group.id}`, { op: "Add", path: "members", value: [{ value: user.id }] })).status, 204);
  assert.equal((await client.patch(`/Groups/${group.id}`, { op: "Remove", path: "members", value: [{ value: user.id }] })).status, 204);
  assert.deepEqual(ids(await client.call("GET", `/Groups/${group.id}`)), []);
  assert.equal((await client.patch(`/Groups/${group.id}`, { op: "Replace", path: "displayName", value: "Guides" })).status, 204);
  assert.equal((await client.call("GET", `/Groups/${group.id}?excludedAttributes=members`)).body.displayName, "Guides");
  await client.patch(path, { op: "Replace", path: "externalId", value: "oid-2" });
  assert.equal((await client.call("GET", path)).body.externalId, "oid-2");
});

test("Okta: a group renamed without a path and with its id, a user deactivated without a path, PUT with active", async (t) => {
  const { client } = await openScim(t);
  const user = await client.user("bjensen@corp.example", {
    externalId: "00u1",
    name: NAME,
    [SALLYPORT]: { samAccountName: "bjensen", domain: "CORP" },
  });
  const group = await client.group("Tour Guides", [user.id]);
  const renamed = await client.patch(`/Groups/${group.id}`, { op: "replace", value: { id: group.id, displayName: "Guides" } });
  assert.equal(renamed.status, 204, renamed.text);
  const read = await client.call("GET", `/Groups/${group.id}`);
  assert.deepEqual([read.body.displayName, ids(read)], ["Guides", [user.id]], "a rename moves nobody");
  const off = await client.patch(`/Users/${user.id}`, { op: "replace", value: { active: false } });
  assert.deepEqual([off.status, off.body.active], [200, false]);
  const body = {
    schemas: [USER],
    id: user.id,
    userName: "bjensen@corp.example",
    externalId: "00u1",
    name: NAME,
    active: true,
    groups: [],
    meta: { resourceType: "User" },
  };
  const on = await client.call("PUT", `/Users/${user.id}`, body);
  assert.deepEqual([on.status, on.body.active], [200, true]);
  assert.deepEqual(
    on.body[SALLYPORT],
    { samAccountName: "bjensen", domain: "CORP" },
    "a client that does not know these names does not take them away",
  );
  const spoken = await client.call("PUT", `/Users/${user.id}`, { ...body, [SALLYPORT]: { samAccountName: "bj" } });
  assert.deepEqual(spoken.body[SALLYPORT], { samAccountName: "bj" });
});

test("groups within groups: members are users and groups, and a circle harms nobody", async (t) => {
  const { client } = await openScim(t);
  const user = await client.user("bjensen");
  const inner = await client.group("Inner", [user.id]);
  const outer = await client.group("Outer", [inner.id]);
  const member = (await client.call("GET", `/Groups/${outer.id}`)).body.members[0];
  assert.deepEqual(member, { value: inner.id, $ref: `${BASE}/Groups/${inner.id}`, type: "Group", display: "Inner" });
  const { groups } = (await client.call("GET", `/Users/${user.id}`)).body;
  const types = Object.fromEntries(groups.map(({ display, type }: { display: string; type: string }) => [display, type]));
  assert.deepEqual(types, { Inner: "direct", Outer: "indirect" });
  assert.equal(
    (await client.patch(`/Groups/${inner.id}`, { op: "add", path: "members", value: [{ value: outer.id }, { value: inner.id }] })).status,
    204,
  );
  assert.equal((await client.call("GET", `/Users/${user.id}`)).body.groups.length, 2);
  await client.patch(`/Groups/${outer.id}`, { op: "remove", path: `members[value eq "${inner.id}"]` });
  assert.deepEqual(ids(await client.call("GET", `/Groups/${outer.id}`)), []);
});

/** The examples of RFC 7643 §8 and of RFC 7644 §3.3, §3.4.1, §3.9, §3.10, §3.12, §3.14 and §4, against the real server. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BASE, ENTERPRISE, ERROR, GROUP, LIST, openScim, USER } from "./scim.fixture.ts";

/** RFC 7643 §8.2, with what this server keeps and what it passes over. */
const FULL = {
  schemas: [USER],
  id: "2819c223-7f76-453a-919d-413861904646",
  externalId: "701984",
  userName: "bjensen@example.com",
  name: {
    formatted: "Ms. Barbara J Jensen, III",
    familyName: "Jensen",
    givenName: "Barbara",
    middleName: "Jane",
    honorificPrefix: "Ms.",
    honorificSuffix: "III",
  },
  displayName: "Babs Jensen",
  nickName: "Babs",
  profileUrl: "https://login.example.com/bjensen",
  emails: [
    { value: "bjensen@example.com", type: "work", primary: true },
    { value: "babs@jensen.org", type: "home" },
  ],
  addresses: [
    {
      streetAddress: "100 Universal City Plaza",
      locality: "Hollywood",
      region: "CA",
      postalCode: "91608",
      country: "USA",
      formatted: "100 Universal City Plaza\nHollywood, CA 91608 USA",
      type: "work",
      primary: true,
    },
    { streetAddress: "456 Hollywood Blvd", locality: "Hollywood", region: "CA", postalCode: "91608", country: "USA", type: "home" },
  ],
  phoneNumbers: [{ value: "555-555-5555", type: "work" }],
  ims: [{ value: "someaimhandle", type: "aim" }],
  photos: [{ value: "https://photos.example.com/profilephoto/72930000000Ccne/F", type: "photo" }],
  userType: "Employee",
  title: "Tour Guide",
  preferredLanguage: "en-US",
  locale: "en-US",
  timezone: "America/Los_Angeles",
  active: true,
  password: "t1meMa$heen",
  groups: [{ value: "e9e30dba-f08f-4109-8486-d5c6a331660a", $ref: "../Groups/e9e30dba", display: "Tour Guides" }],
  x509Certificates: [{ value: "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UEBhMCVVMx" }],
  meta: {
    resourceType: "User",
    created: "2010-01-23T04:56:22Z",
    version: 'W/"a330bc54f0671c9"',
    location: "https://example.com/v2/Users/2819c223",
  },
};

test("RFC 7644 §3.3: a user is made, with id, meta, Location and ETag", async (t) => {
  const { client } = await openScim(t);
  const name = { formatted: "Ms. Barbara J Jensen III", familyName: "Jensen", givenName: "Barbara" };
  const made = await client.call("POST", "/Users", { schemas: [USER], userName: "bjensen", externalId: "bjensen", name });
  assert.equal(made.status, 201);
  assert.equal(made.headers["content-type"], "application/scim+json");
  assert.equal(made.headers["location"], `${BASE}/Users/${made.body.id}`);
  assert.equal(made.headers["etag"], made.body.meta.version);
  assert.match(made.body.meta.version, /^W\/"[\w-]+"$/);
  assert.equal(made.body.meta.resourceType, "User");
  assert.equal(made.body.meta.location, made.headers["location"]);
  assert.deepEqual([made.body.userName, made.body.externalId, made.body.active], ["bjensen", "bjensen", true]);
  assert.deepEqual([made.body.name.familyName, made.body.name.givenName], ["Jensen", "Barbara"]);
});

test("RFC 7644 §3.4.1: a known user is read by id, with ETag", async (t) => {
  const { client } = await openScim(t);
  const made = await client.user("bjensen", { externalId: "bjensen" });
  const read = await client.call("GET", `/Users/${made.id}`);
  assert.equal(read.status, 200);
  assert.deepEqual(read.body, made);
  assert.equal(read.headers["etag"], made.meta.version);
});

test("RFC 7643 §8.1: the minimal user", async (t) => {
  const { client } = await openScim(t);
  const { id, meta, ...rest } = await client.user("bjensen@example.com");
  assert.deepEqual(rest, { schemas: [USER], userName: "bjensen@example.com", active: true });
  assert.deepEqual(Object.keys(meta).sort(), ["created", "lastModified", "location", "resourceType", "version"]);
  assert.ok(id);
});

test("RFC 7643 §8.2: the full user; what is kept comes back, what is not is passed over, a password most of all", async (t) => {
  const org = await openScim(t);
  const made = await org.client.call("POST", "/Users", FULL);
  assert.equal(made.status, 201, made.text);
  assert.notEqual(made.body.id, FULL.id, "the id is ours to give");
  const { id, meta, ...rest } = made.body;
  assert.deepEqual(rest, {
    schemas: [USER],
    externalId: "701984",
    userName: "bjensen@example.com",
    active: true,
    name: { formatted: "Barbara Jensen", familyName: "Jensen", givenName: "Barbara" },
    displayName: "Babs Jensen",
    title: "Tour Guide",
    userType: "Employee",
    locale: "en-US",
    emails: [{ value: "bjensen@example.com", type: "work", primary: true }],
    addresses: [{ type: "work", locality: "Hollywood", region: "CA", country: "USA", primary: true }],
  });
  const everything = made.text + JSON.stringify(await org.events()) + JSON.stringify(org.logged());
  assert.ok(!everything.includes(FULL.password));
  assert.equal((await org.store.read((tx) => tx.users.byId(id)))?.passwordHash, null);
  assert.ok(meta);
});

test("RFC 7643 §8.3: the enterprise user; a person's department can choose a group", async (t) => {
  const org = await openScim(t);
  const enterprise = {
    employeeNumber: "701984",
    costCenter: "4130",
    organization: "Universal Studios",
    division: "Theme Park",
    department: "Tour Operations",
    manager: {
      value: "26118915-6090-4610-87e4-49d8ca9f808d",
      $ref: "../Users/26118915-6090-4610-87e4-49d8ca9f808d",
      displayName: "John Smith",
    },
  };
  const made = await org.client.call("POST", "/Users", { ...FULL, schemas: [USER, ENTERPRISE], [ENTERPRISE]: enterprise });
  assert.equal(made.status, 201, made.text);
  const { manager, ...kept } = enterprise;
  assert.deepEqual(made.body[ENTERPRISE], kept);
  assert.deepEqual(made.body.schemas, [USER, ENTERPRISE]);
  const user = await org.store.read((tx) => tx.users.byId(made.body.id));
  assert.equal(user?.profile.department, "Tour Operations");
  assert.ok(manager);
});

test("RFC 7643 §8.4: a group with members", async (t) => {
  const { client } = await openScim(t);
  const [babs, mandy] = [await client.user("babs"), await client.user("mandy")];
  const members = [
    { value: babs.id, $ref: `${BASE}/Users/${babs.id}`, display: "Babs Jensen" },
    { value: mandy.id, $ref: `${BASE}/Users/${mandy.id}`, display: "Mandy Pepperidge" },
  ];
  const made = await client.call("POST", "/Groups", { schemas: [GROUP], displayName: "Tour Guides", members });
  assert.equal(made.status, 201, made.text);
  assert.equal(made.body.displayName, "Tour Guides");
  const shown = made.body.members.map(({ value, $ref, type }: { value: string; $ref: string; type: string }) => ({ value, $ref, type }));
  const wanted = members.map(({ value, $ref }) => ({ value, $ref, type: "User" }));
  assert.deepEqual(new Set(shown.map((one: object) => JSON.stringify(one))), new Set(wanted.map((one) => JSON.stringify(one))));
  const { body } = await client.call("GET", `/Users/${babs.id}`);
  assert.deepEqual(body.groups, [{ value: made.body.id, $ref: `${BASE}/Groups/${made.body.id}`, display: "Tour Guides", type: "direct" }]);
});

test("RFC 7643 §8.5–8.7, RFC 7644 §4: configuration, kinds and schemas say what there is", async (t) => {
  const { client } = await openScim(t);
  const config = (await client.call("GET", "/ServiceProviderConfig")).body;
  for (const what of ["patch", "bulk", "filter", "sort", "etag"]) assert.equal(config[what].supported, true, what);
  assert.equal(config.changePassword.supported, false);
  assert.equal(config.authenticationSchemes[0].type, "oauthbearertoken");
  const types = (await client.call("GET", "/ResourceTypes")).body;
  assert.deepEqual(
    types.Resources.map((one: { endpoint: string }) => one.endpoint),
    ["/Users", "/Groups"],
  );
  const one = (await client.call("GET", "/ResourceTypes/User")).body;
  assert.deepEqual(one, types.Resources[0]);
  assert.equal(one.schemaExtensions[0].schema, ENTERPRISE);
  const schemas = (await client.call("GET", "/Schemas")).body;
  assert.equal(schemas.totalResults, schemas.Resources.length);
  const user = (await client.call("GET", `/Schemas/${USER}`)).body;
  assert.deepEqual(user, schemas.Resources[0]);
  const names = user.attributes.map(({ name }: { name: string }) => name);
  assert.ok(names.includes("userName") && !names.includes("password") && !names.includes("photos"), "only what is kept");
  assert.equal((await client.call("GET", "/Schemas?filter=name%20eq%20%22User%22")).status, 403);
  for (const path of ["/Schemas/urn:nobody", "/ResourceTypes/Device", "/Devices"])
    assert.equal((await client.call("GET", path)).status, 404, path);
  assert.equal((await client.call("GET", "/Me")).status, 501, "RFC 7644 §3.11");
  assert.equal((await client.call("PATCH", "/Me", {})).status, 501);
});

test("RFC 7644 §3.9, §3.10: attributes and excludedAttributes, in every notation", async (t) => {
  const { client } = await openScim(t);
  const name = { familyName: "Jensen", givenName: "Barbara" };
  const made = await client.user("bjensen", {
    name,
    [ENTERPRISE]: { employeeNumber: "701984", department: "Tours" },
    emails: [{ value: "b@example.com" }],
  });
  const get = async (query: string) => (await client.call("GET", `/Users/${made.id}?${query}`)).body;
  const always = { schemas: [USER, ENTERPRISE], id: made.id };
  assert.deepEqual(await get("attributes=userName"), { ...always, userName: "bjensen" });
  assert.deepEqual(await get("attributes=USERNAME,name.GivenName"), { ...always, userName: "bjensen", name: { givenName: "Barbara" } });
  assert.deepEqual(await get(`attributes=${USER}:userName,${USER}:name.givenName`), {
    ...always,
    userName: "bjensen",
    name: { givenName: "Barbara" },
  });
  assert.deepEqual(await get(`attributes=${ENTERPRISE}:employeeNumber`), { ...always, [ENTERPRISE]: { employeeNumber: "701984" } });
  assert.deepEqual(await get(`attributes=${ENTERPRISE}`), { ...always, [ENTERPRISE]: { employeeNumber: "701984", department: "Tours" } });
  assert.deepEqual(await get("attributes=emails.value"), { ...always, emails: [{ value: "b@example.com" }] });
  assert.deepEqual(await get("attributes=emails.value,emails.type"), { ...always, emails: [{ value: "b@example.com", type: "work" }] });
  assert.deepEqual(await get("attributes=nickName,nonsense"), always);
  const { emails, meta, ...rest } = made;
  assert.deepEqual(await get("excludedAttributes=emails,meta,id"), rest, "what is always returned cannot be excluded");
  assert.deepEqual((await get(`excludedAttributes=name.familyName,${ENTERPRISE}:department`)).name, {
    formatted: "Barbara Jensen",
    givenName: "Barbara",
  });
  const made2 = await client.call("POST", "/Users?attributes=userName", { schemas: [USER], userName: "second" });
  assert.deepEqual(Object.keys(made2.body).sort(), ["id", "schemas", "userName"]);
  assert.ok(emails && meta);
});

test("RFC 7644 §3.12: errors have their status, keyword and sentence", async (t) => {
  const { client } = await openScim(t);
  const made = await client.user("bjensen", { externalId: "701984" });
  const missing = await client.call("GET", "/Users/2819c223-7f76-453a-919d-413861904646");
  assert.deepEqual([missing.status, missing.body.schemas, missing.body.status], [404, [ERROR], "404"]);
  assert.ok(missing.body.detail);
  const readOnly = await client.call("PUT", `/Users/${made.id}`, { schemas: [USER], id: "another", userName: "bjensen" });
  assert.deepEqual([readOnly.status, readOnly.body.scimType, readOnly.body.detail], [400, "mutability", "Attribute 'id' is readOnly"]);
  const table: [string, string, unknown, number, string | undefined][] = [
    ["GET", "/Users?filter=userName%20qe%20%22a%22", undefined, 400, "invalidFilter"],
    ["GET", "/Users?filter=nonsense%20eq%20%22a%22", undefined, 400, "invalidFilter"],
    ["GET", "/Users?filter=active%20gt%20true", undefined, 400, "invalidFilter"],
    ["GET", "/Users?filter=", undefined, 400, "invalidFilter"],
    ["GET", "/Users?sortBy=nonsense", undefined, 400, "invalidValue"],
    ["GET", "/Users?count=many", undefined, 400, "invalidValue"],
    ["POST", "/Users", { schemas: [USER], userName: "BJensen" }, 409, "uniqueness"],
    ["POST", "/Users", { schemas: [USER], userName: "other", externalId: "701984" }, 409, "uniqueness"],
    ["POST", "/Users", { schemas: [USER] }, 400, "invalidValue"],
    ["POST", "/Users", { schemas: [USER], userName: "a\nb" }, 400, "invalidValue"],
    ["POST", "/Users", { schemas: [GROUP], userName: "a" }, 400, "invalidSyntax"],
    ["POST", "/Users", [], 400, "invalidSyntax"],
    ["POST", "/Users", "{", 400, "invalidSyntax"],
    ["POST", "/Users", "", 400, "invalidSyntax"],
    ["POST", "/Groups", { schemas: [GROUP], displayName: "g", members: [{ value: "nobody" }] }, 400, "invalidValue"],
    ["PATCH", `/Users/${made.id}`, { schemas: [USER], Operations: [] }, 400, "invalidSyntax"],
    ["PUT", "/Users/nobody", { schemas: [USER], userName: "x" }, 404, undefined],
    [
      "PATCH",
      "/Groups/nobody",
      { schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations: [{ op: "remove", path: "members" }] },
      404,
      undefined,
    ],
    ["DELETE", "/Users/nobody", undefined, 404, undefined],
    ["DELETE", "/Groups/nobody", undefined, 404, undefined],
  ];
  for (const [method, path, body, status, scimType] of table) {
    const answer = await client.call(method, path, body);
    assert.deepEqual(
      [answer.status, answer.body?.scimType, answer.body?.status],
      [status, scimType, String(status)],
      `${method} ${path} ${answer.text}`,
    );
  }
  const xml = await client.call("POST", "/Users", "<a/>", { "content-type": "application/xml" });
  assert.equal(xml.status, 415);
  assert.equal(xml.body.schemas[0], ERROR);
  const plain = await client.call("POST", "/Users", { schemas: [USER], userName: "plain" }, { "content-type": "application/json" });
  assert.equal(plain.status, 201, "RFC 7644 §3.1: application/json is understood as well");
});

test("RFC 7644 §3.14: a version saves an answer, and guards a change", async (t) => {
  const { client } = await openScim(t);
  const made = await client.user("bjensen");
  const version = made.meta.version;
  assert.equal((await client.call("GET", `/Users/${made.id}`, undefined, { "if-none-match": version })).status, 304);
  const changed = await client.call(
    "PATCH",
    `/Users/${made.id}`,
    { schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations: [{ op: "add", path: "title", value: "Guide" }] },
    { "if-match": version },
  );
  assert.equal(changed.status, 200);
  assert.notEqual(changed.headers["etag"], version);
  const body = { schemas: [USER], userName: "bjensen" };
  for (const [method, given] of [
    ["PUT", body],
    ["DELETE", undefined],
  ] as const)
    assert.equal((await client.call(method, `/Users/${made.id}`, given, { "if-match": version })).status, 412, method);
  assert.equal((await client.call("GET", `/Users/${made.id}`)).body.title, "Guide", "nothing was changed");
  assert.equal((await client.call("PUT", `/Users/${made.id}`, body, { "if-match": `"x", ${changed.headers["etag"]}` })).status, 200);
  assert.equal((await client.call("PUT", `/Users/${made.id}`, body, { "if-match": "*" })).status, 200);
  const group = await client.group("g", [made.id]);
  await client.patch(`/Groups/${group.id}`, { op: "remove", path: "members" });
  assert.equal((await client.call("DELETE", `/Groups/${group.id}`, undefined, { "if-match": group.meta.version })).status, 412);
});

test("RFC 7644 §3.6: a deleted resource is gone for the client; its user is only deactivated here", async (t) => {
  const org = await openScim(t);
  const made = await org.client.user("bjensen", { externalId: "7" });
  const group = await org.client.group("Tour Guides", [made.id]);
  const gone = await org.client.call("DELETE", `/Users/${made.id}`);
  assert.deepEqual([gone.status, gone.text], [204, ""]);
  for (const [method, path] of [
    ["GET", `/Users/${made.id}`],
    ["DELETE", `/Users/${made.id}`],
  ] as const)
    assert.equal((await org.client.call(method, path)).status, 404);
  assert.equal((await org.client.call("GET", "/Users")).body.totalResults, 0);
  for (const filter of [`id eq "${made.id}"`, 'userName eq "bjensen"', 'externalId eq "7"'])
    assert.equal((await org.client.call("GET", `/Users?filter=${encodeURIComponent(filter)}`)).body.totalResults, 0, filter);
  assert.equal((await org.client.call("GET", `/Groups/${group.id}`)).body.members, undefined);
  assert.equal((await org.store.read((tx) => tx.users.byId(made.id)))?.status, "DEPROVISIONED");
  assert.equal((await org.client.call("DELETE", `/Groups/${group.id}`)).status, 204);
  assert.equal((await org.client.call("GET", `/Groups/${group.id}`)).status, 404);
  assert.deepEqual((await org.client.call("GET", "/Groups")).body, {
    schemas: [LIST],
    totalResults: 0,
    startIndex: 1,
    itemsPerPage: 0,
    Resources: [],
  });
});

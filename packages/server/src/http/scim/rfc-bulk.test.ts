/** The bulk requests of RFC 7644 §3.7 with every example, against the real server. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BASE, BULK, ENTERPRISE, GROUP, openScim, PATCH, USER } from "./scim.fixture.ts";

const RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
const make = (bulkId: string, userName: string, more = {}) => ({
  method: "POST",
  path: "/Users",
  bulkId,
  data: { schemas: [USER], userName, ...more },
});
const makeGroup = (bulkId: string, displayName: string, ...members: string[]) => ({
  method: "POST",
  path: "/Groups",
  bulkId,
  data: { schemas: [GROUP], displayName, members: members.map((value) => ({ value })) },
});

test("RFC 7644 §3.7.2: a group with a member that the same request makes, in either order, and a manager that is not kept", async (t) => {
  const { client } = await openScim(t);
  for (const swapped of [false, true]) {
    const n = swapped ? 2 : 1;
    const both = [make("qwerty", `Alice${n}`), makeGroup("ytrewq", `Tour Guides ${n}`, "bulkId:qwerty")];
    const { status, body } = await client.call("POST", "/Bulk", { schemas: [BULK], Operations: swapped ? both.reverse() : both });
    assert.equal(status, 200);
    assert.deepEqual(body.schemas, [RESPONSE]);
    const [alice, guides] = swapped ? body.Operations.reverse() : body.Operations;
    assert.deepEqual([alice.method, alice.bulkId, alice.status, guides.bulkId, guides.status], ["POST", "qwerty", "201", "ytrewq", "201"]);
    assert.ok(alice.location.startsWith(`${BASE}/Users/`) && guides.location.startsWith(`${BASE}/Groups/`));
    const group = await client.call("GET", guides.location.slice(BASE.length));
    assert.equal(group.body.members[0].value, alice.location.split("/").at(-1));
    assert.equal(group.headers["etag"], guides.version);
  }
  const manager = { employeeNumber: "11250", manager: { value: "bulkId:m1" } };
  const { body } = await client.call("POST", "/Bulk", {
    schemas: [BULK],
    Operations: [make("b1", "Bob", { [ENTERPRISE]: manager }), make("m1", "Mary")],
  });
  assert.deepEqual(
    body.Operations.map((one: { status: string }) => one.status),
    ["201", "201"],
  );
});

test("RFC 7644 §3.7.1: groups that hold each other in a circle are made, with each other in them", async (t) => {
  const { client } = await openScim(t);
  const Operations = [
    makeGroup("qwerty", "Group A", "bulkId:ytrewq"),
    makeGroup("ytrewq", "Group B", "bulkId:qwerty"),
    makeGroup("self", "Group C", "bulkId:self"),
  ];
  const { status, body } = await client.call("POST", "/Bulk", { schemas: [BULK], Operations });
  assert.equal(status, 200);
  assert.deepEqual(
    body.Operations.map((one: { status: string; bulkId: string }) => `${one.bulkId} ${one.status}`),
    ["qwerty 201", "ytrewq 201", "self 201"],
  );
  const [a, b, c] = await Promise.all(
    body.Operations.map(({ location }: { location: string }) => client.call("GET", location.slice(BASE.length))),
  );
  assert.deepEqual([a.body.members[0].value, b.body.members[0].value, c.body.members[0].value], [b.body.id, a.body.id, c.body.id]);
  assert.equal(a.headers["etag"], body.Operations[0].version);
});

test("RFC 7644 §3.7.3: every method in one request, each with its version, as the RFC writes them", async (t) => {
  const { client } = await openScim(t);
  const [bob, dave, gone] = [await client.user("bob"), await client.user("dav"), await client.user("gone")];
  const Operations = [
    make("qwerty", "Alice"),
    {
      method: "PUT",
      path: `/Users/${bob.id}`,
      version: bob.meta.version,
      data: { schemas: [USER], id: bob.id, userName: "Bob", title: "Guide" },
    },
    {
      method: "PATCH",
      path: `/Users/${dave.id}`,
      version: dave.meta.version,
      data: [
        { op: "remove", path: "nickName" },
        { op: "add", path: "userName", value: "Dave" },
      ],
    },
    { method: "DELETE", path: `/Users/${gone.id}`, version: gone.meta.version },
  ];
  const { status, body } = await client.call("POST", "/Bulk", { schemas: [BULK], failOnErrors: 1, Operations });
  assert.equal(status, 200);
  assert.deepEqual(
    body.Operations.map((one: { status: string }) => one.status),
    ["201", "200", "200", "204"],
    JSON.stringify(body),
  );
  assert.equal(body.Operations[1].location, `${BASE}/Users/${bob.id}`);
  const read = await client.call("GET", `/Users/${dave.id}`);
  assert.deepEqual([read.body.userName, read.headers["etag"]], ["Dave", body.Operations[2].version]);
  assert.equal((await client.call("GET", `/Users/${gone.id}`)).status, 404);
  const late = await client.call("POST", "/Bulk", {
    schemas: [BULK],
    Operations: [{ method: "DELETE", path: `/Users/${bob.id}`, version: bob.meta.version }],
  });
  assert.deepEqual([late.body.Operations[0].status, late.body.Operations[0].response.status], ["412", "412"]);
});

test("RFC 7644 §3.7.3: failOnErrors stops after so many; without it everything is tried", async (t) => {
  const { client } = await openScim(t);
  const wrong = { method: "POST", path: "/Users", bulkId: "wrong", data: { schemas: [USER] } };
  const wrong2 = { method: "DELETE", path: "/Users/nobody" };
  const run = async (failOnErrors: number | undefined, suffix: string) => {
    const Operations = [make("a", `a${suffix}`), wrong, make("b", `b${suffix}`), wrong2, make("c", `c${suffix}`)];
    const { body } = await client.call("POST", "/Bulk", { schemas: [BULK], ...(failOnErrors ? { failOnErrors } : {}), Operations });
    return body.Operations.map((one: { status: string }) => one.status);
  };
  assert.deepEqual(await run(undefined, "1"), ["201", "400", "201", "404", "201"]);
  assert.deepEqual(await run(1, "2"), ["201", "400"]);
  assert.deepEqual(await run(2, "3"), ["201", "400", "201", "404"]);
  assert.deepEqual(await run(3, "4"), ["201", "400", "201", "404", "201"]);
  assert.equal((await client.call("GET", "/Users?filter=userName%20eq%20%22b2%22")).body.totalResults, 0);
});

test("RFC 7644 §3.7.1: what refers to something that was not made is not made either, and what was made for it is taken back", async (t) => {
  const { client } = await openScim(t);
  const taken = await client.group("Taken");
  const statuses = async (...Operations: object[]) =>
    (await client.call("POST", "/Bulk", { schemas: [BULK], Operations })).body.Operations.map((one: { status: string }) => one.status);
  assert.deepEqual(
    await statuses(makeGroup("g", "Lonely", "bulkId:u"), { method: "POST", path: "/Users", bulkId: "u", data: { schemas: [USER] } }),
    ["409", "400"],
  );
  assert.deepEqual(await statuses(makeGroup("a", "Circle", "bulkId:b"), makeGroup("b", "Taken", "bulkId:a")), ["409", "409"]);
  assert.deepEqual(await statuses(makeGroup("g", "Unknown", "bulkId:none")), ["400"]);
  const all = (await client.call("GET", "/Groups")).body.Resources.map(({ id }: { id: string }) => id);
  assert.deepEqual(all, [taken.id], "nothing is left of them");
});

test("a reference in a path and in the operations of a PATCH", async (t) => {
  const { client } = await openScim(t);
  const Operations = [
    makeGroup("g", "Guides"),
    make("u", "alice"),
    {
      method: "PATCH",
      path: "/Groups/bulkId:g",
      data: { schemas: [PATCH], Operations: [{ op: "add", path: "members", value: [{ value: "bulkId:u" }] }] },
    },
  ];
  const { body } = await client.call("POST", "/Bulk", { schemas: [BULK], Operations });
  assert.deepEqual(
    body.Operations.map((one: { status: string }) => one.status),
    ["201", "201", "204"],
    JSON.stringify(body),
  );
  const group = await client.call("GET", body.Operations[0].location.slice(BASE.length));
  assert.equal(group.body.members.length, 1);
});

test("RFC 7644 §3.7.4: more than the limits is refused whole, and nothing else is a bulk request", async (t) => {
  const { client } = await openScim(t);
  const many = Array.from({ length: 1001 }, (_, at) => ({ method: "DELETE", path: `/Users/${at}` }));
  assert.equal((await client.call("POST", "/Bulk", { schemas: [BULK], Operations: many })).status, 413);
  const large = await client.call("POST", "/Bulk", { schemas: [BULK], Operations: [make("a", "a", { title: "x".repeat(1 << 20) })] });
  assert.deepEqual([large.status, large.body.status], [413, "413"]);
  const table: object[] = [
    {},
    { schemas: [USER], Operations: [make("a", "a")] },
    { schemas: [BULK] },
    { schemas: [BULK], Operations: {} },
    { schemas: [BULK], Operations: [] },
    { schemas: [BULK], Operations: ["x"] },
    { schemas: [BULK], failOnErrors: 0, Operations: [make("a", "a")] },
    { schemas: [BULK], failOnErrors: "1", Operations: [make("a", "a")] },
    { schemas: [BULK], Operations: [make("a", "a"), make("a", "b")] },
    { schemas: [BULK], Operations: [{ ...make("a", "a"), path: 5 }] },
  ];
  for (const body of table) assert.equal((await client.call("POST", "/Bulk", body)).status, 400, JSON.stringify(body));
  const single: [object, string][] = [
    [{ ...make("a", "a"), method: "GET" }, "400"],
    [{ ...make("a", "a"), path: "/Devices" }, "404"],
    [{ ...make("a", "a"), path: "/Users/x/y" }, "404"],
    [{ ...make("a", "a"), path: "/Users/x" }, "404"],
    [{ ...make("a", "a"), bulkId: undefined }, "400"],
    [{ ...make("a", "a"), data: [] }, "400"],
    [{ method: "PUT", path: "/Users", data: {} }, "400"],
    [{ method: "PATCH", path: "/Users/nobody", data: { schemas: [PATCH], Operations: [{ op: "remove", path: "title" }] } }, "404"],
    [{ method: "DELETE", path: "/Users/%zz" }, "404"],
    [{ path: "/Users" }, "400"],
  ];
  for (const [operation, status] of single) {
    const { body } = await client.call("POST", "/Bulk", { schemas: [BULK], Operations: [operation] });
    assert.equal(body.Operations[0].status, status, JSON.stringify([operation, body]));
  }
});

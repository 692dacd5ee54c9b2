/** S30: whatever is sent to SCIM, the answer is a resource or a clear refusal, never a fault of the server. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BULK, ENTERPRISE, GROUP, openScim, PATCH, SALLYPORT, SEARCH, USER } from "./scim.fixture.ts";

const KEYS = [
  "schemas",
  "Operations",
  "op",
  "path",
  "value",
  "userName",
  "displayName",
  "members",
  "emails",
  "active",
  "name",
  "givenName",
  "type",
  "primary",
  "id",
  "externalId",
  "meta",
  "groups",
  "filter",
  "sortBy",
  "count",
  "attributes",
  "method",
  "bulkId",
  "data",
  "version",
  "failOnErrors",
  "addresses",
  "constructor",
  "toString",
  "toJSON",
  "$ref",
  ENTERPRISE,
  SALLYPORT,
  `${ENTERPRISE}:department`,
  "name.givenName",
  'emails[type eq "work"].value',
];
const TEXTS = [
  "",
  "alice",
  "bulkId:a",
  "/Users",
  "/Groups",
  "add",
  "remove",
  "replace",
  "POST",
  "PATCH",
  "DELETE",
  "True",
  "members",
  "emails",
  'members[value eq "x"]',
  'emails[type eq "work"]',
  "name.familyName",
  'userName eq "a"',
  "not (title pr)",
  "\u0000",
  "a\nb",
  "x".repeat(300),
  USER,
  GROUP,
  PATCH,
  SEARCH,
  BULK,
];

const key = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...KEYS) },
  fc.string({ maxLength: 8 }).filter((text) => text !== "__proto__"),
);
const leaf = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.boolean(),
  fc.integer(),
  fc.double(),
  fc.constant(null),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    leaf,
    fc.array(tie("json"), { maxLength: 4 }),
    fc.dictionary(key, tie("json"), { maxKeys: 6 }),
  ),
}));

let number = 0;
/** Nearer to what is understood, so that not all of it ends at the first look. */
const operation = fc.record({
  op: fc.constantFrom("add", "Remove", "replace"),
  path: fc.option(fc.oneof(fc.constantFrom(...TEXTS), fc.string())),
  value: json,
});
const job = fc.record(
  {
    method: fc.constantFrom("POST", "PUT", "PATCH", "DELETE"),
    path: fc.constantFrom("/Users", "/Groups", "/Users/x", "/Groups/bulkId:a"),
    bulkId: fc.constantFrom("a", "b"),
    data: json,
  },
  { requiredKeys: ["method", "path"] },
);
const body = fc.oneof(
  json,
  fc.dictionary(key, json, { maxKeys: 5 }).map((more) => ({ ...more, schemas: [USER], userName: `fuzz-${++number}` })),
  fc.dictionary(key, json, { maxKeys: 5 }).map((more) => ({ ...more, schemas: [GROUP], displayName: `fuzz-${++number}` })),
  fc.array(operation, { maxLength: 4 }).map((Operations) => ({ schemas: [PATCH], Operations })),
  fc.array(job, { maxLength: 4 }).map((Operations) => ({ schemas: [BULK], Operations })),
  fc.dictionary(key, json, { maxKeys: 5 }).map((more) => ({ ...more, schemas: [SEARCH] })),
);

test("S30: random JSON to every route is a 2xx or a clear 4xx", async (t) => {
  const { client } = await openScim(t);
  const user = await client.user("alice", { emails: [{ value: "a@example.com" }], name: { givenName: "A" } });
  const group = await client.group("Guides", [user.id]);
  const one = [`/Users/${user.id}`, `/Groups/${group.id}`];
  const routes = [
    ...["/Users", "/Groups", "/Bulk", "/Bulk", "/.search", "/Users/.search", "/nothing"].map((path) => ["POST", path] as const),
    ...one.flatMap((path) => [["PUT", path] as const, ["PATCH", path] as const, ["PATCH", path] as const]),
  ];
  const seen = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...routes), body, async ([method, path], sent) => {
      const answer = await client.call(method, path, JSON.stringify(sent) ?? "null");
      seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
      assert.ok(answer.status < 500, `${method} ${path} ${JSON.stringify(sent)} → ${answer.text}`);
      if (answer.status < 400) {
        // A bulk request tells its faults inside.
        for (const one of answer.body?.Operations ?? []) assert.ok(Number(one.status) < 500, JSON.stringify([sent, one]));
        return;
      }
      assert.equal(answer.body.status, String(answer.status));
      assert.ok(answer.body.detail.length > 0);
    }),
    { numRuns: 1500 },
  );
  t.diagnostic([...seen].map(([status, count]) => `${status}: ${count}`).join(", "));
  assert.ok((seen.get(200) ?? 0) + (seen.get(201) ?? 0) + (seen.get(204) ?? 0) > 25, "some of it must get through");
});

test("S30: random queries and headers are a 2xx, a 304 or a clear 4xx", async (t) => {
  const { client } = await openScim(t);
  const user = await client.user("alice");
  const name = fc.constantFrom("filter", "sortBy", "sortOrder", "startIndex", "count", "attributes", "excludedAttributes");
  const value = fc.oneof(fc.constantFrom(...TEXTS, ...KEYS), fc.string({ unit: "grapheme" }), fc.integer().map(String));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(name, value), { maxLength: 4 }),
      fc.constantFrom("/Users", "/Groups", "/", `/Users/${user.id}`),
      async (query, path) => {
        const text = query.map(([one, other]) => `${one}=${encodeURIComponent(other)}`).join("&");
        const answer = await client.call("GET", `${path}?${text}`, undefined, { "if-none-match": "x" });
        assert.ok(answer.status < 500, `${path}?${text} → ${answer.text}`);
      },
    ),
    { numRuns: 1000 },
  );
});

test("S30: what is nested too deep, no UTF-8, or attacks the prototype is refused before it is looked at", async (t) => {
  const { client } = await openScim(t);
  for (const text of [
    "[".repeat(5000),
    `${'{"a":'.repeat(40)}1${"}".repeat(40)}`,
    '{"__proto__":{"x":1}}',
    '{"a":{"constructor":{"prototype":{}}}}',
  ]) {
    const answer = await client.call("POST", "/Users", text);
    assert.deepEqual([answer.status, answer.body.scimType], [400, "invalidSyntax"], text.slice(0, 30));
  }
});

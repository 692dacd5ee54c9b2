/** Tests of the edge of the whole server: probes, description, limits of rates, and input that means harm. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DatabaseFault } from "../flows/store.ts";
import { DEFAULT_RATES } from "../limits/rates.ts";
import { ORG_URL, openOrg } from "./org.fixture.ts";
import type { RouteSet } from "./routes.ts";

test("alive is alive; ready needs the database and room on the disk, and tells nobody why not", async (t) => {
  const org = await openOrg(t);
  for (const path of ["/livez", "/readyz"]) assert.deepEqual((await org.inject({ url: path })).body, { status: "ok" });
  org.deps.store.ready = async () => {
    throw new DatabaseFault("org.database", "the disk is full");
  };
  const unready = await org.inject({ url: "/readyz" });
  assert.equal(unready.status, 503);
  assert.deepEqual(unready.body, { status: "unready" });
  assert.equal((await org.inject({ url: "/livez" })).status, 200);
});

test("a database folder that is gone is not ready", async (t) => {
  const org = await openOrg(t, { dataFolder: "/nonexistent/sallyport" });
  assert.equal((await org.inject({ url: "/readyz" })).status, 503);
});

test("the description holds every route with its answers, and no page or metric", async (t) => {
  const org = await openOrg(t);
  const { body } = await org.inject({ url: "/openapi.json" });
  assert.equal(body.openapi, "3.1.0");
  assert.equal(body.servers[0].url, ORG_URL);
  assert.ok(Object.keys(body.paths).length > 40);
  assert.ok(!Object.keys(body.paths).some((path) => path.startsWith("/set-up") || path === "/metrics"));
  const create = body.paths["/api/v1/users"].post;
  assert.deepEqual(create.requestBody.content["application/json"].schema.required, ["profile"]);
  assert.ok(create.responses["200"].content["application/json"].schema.properties.status.enum.includes("DEPROVISIONED"));
});

test("primary authentication is limited by address and by name, whatever the header says; hosts at the same path are not", async (t) => {
  const org = await openOrg(t, { rates: { ...DEFAULT_RATES, primary: 3 } });
  const primary = (username: string, remoteAddress: string, headers = {}) =>
    org.inject({ method: "POST", url: "/api/v1/authn", remoteAddress, headers, payload: { username, password: "wrong" } });
  for (let i = 0; i < 3; i++) assert.equal((await primary(`u${i}`, "192.0.2.1")).status, 401);
  const limited = await primary("u9", "192.0.2.1", { authorization: "Bearer a.b.c" });
  assert.equal(limited.status, 429);
  assert.equal(limited.body.errorCode, "E0000047");
  assert.ok(Number(limited.headers["retry-after"]) > 0);
  for (let i = 0; i < 3; i++) assert.equal((await primary("Alice", `198.51.100.${i}`)).status, 401);
  assert.equal((await primary("alice", "198.51.100.99")).status, 429, "many addresses guess no faster at one name");
  const step = await org.inject({
    method: "POST",
    url: "/api/v1/authn",
    remoteAddress: "192.0.2.1",
    payload: { stateToken: `00${"x".repeat(43)}`, password: "p" },
  });
  assert.notEqual(step.status, 429);
});

test("enrolment and registration of hosts are limited strictly, signed calls generously, the admin socket not at all", async (t) => {
  const org = await openOrg(t, { rates: { ...DEFAULT_RATES, enrolment: 2, registration: 1, management: 2 } });
  const statuses = async (url: string) => {
    const all: number[] = [];
    for (let i = 0; i < 4; i++) all.push((await org.inject({ method: "POST", url, payload: {} })).status);
    return all;
  };
  assert.deepEqual((await statuses("/api/v1/hosts/enrol")).slice(2), [429, 429]);
  assert.deepEqual((await statuses("/api/v1/hosts/register")).slice(1), [429, 429, 429]);
  assert.ok(!(await statuses("/api/v1/time")).includes(429));
  for (let i = 0; i < 5; i++) assert.equal((await org.call("local", "GET", "/api/v1/org")).status, 200);
});

test("S21: a stranger's answers of passkeys and calls of links are limited, so that they fill neither log nor database", async (t) => {
  const org = await openOrg(t, { rates: { ...DEFAULT_RATES, primary: 2, approval: 3 } });
  const assertion = { credentialId: "AAAA", clientData: "e30", authenticatorData: "AAAA", signatureData: "AAAA" };
  const verify = async () => (await org.inject({ method: "POST", url: "/api/v1/authn/passkey/verify", payload: assertion })).status;
  const statuses: number[] = [];
  for (let i = 0; i < 4; i++) statuses.push(await verify());
  assert.deepEqual(statuses, [401, 401, 429, 429]);
  assert.equal((await org.events()).filter(({ type }) => type === "user.primary-failed").length, 2);
  const begin = async () => (await org.inject({ method: "POST", url: "/api/v1/approve/begin", payload: { token: "A".repeat(26) } })).status;
  for (let i = 0; i < 3; i++) assert.notEqual(await begin(), 429);
  assert.equal(await begin(), 429);
});

test("S35: behind a named proxy the limit counts the client, and a stranger's header moves nobody", async (t) => {
  const org = await openOrg(t, { rates: { ...DEFAULT_RATES, management: 2 }, trustedProxies: ["10.0.0.1"] });
  const call = (remoteAddress: string, client: string) =>
    org.inject({ url: "/api/v1/org", remoteAddress, headers: { "x-forwarded-for": client } });
  for (let i = 0; i < 4; i++) assert.equal((await call("10.0.0.1", `203.0.113.${i}`)).status, 401);
  for (let i = 0; i < 2; i++) assert.equal((await call("192.0.2.1", `203.0.113.${i}`)).status, 401);
  assert.equal((await call("192.0.2.1", "203.0.113.77")).status, 429);
});

test("S30: no body, path or query makes the server fail: 3,000 attempts end in a 4xx or an answer", async (t) => {
  const org = await openOrg(t);
  const paths = [
    "/api/v1/users",
    "/api/v1/users/x",
    "/api/v1/groups",
    "/api/v1/apps",
    "/api/v1/apps/x/policy",
    "/api/v1/zones/x",
    "/api/v1/host-codes",
    "/api/v1/tokens",
    "/api/v1/users/x/factors",
    "/api/v1/authn",
    "/api/v1/authn/logon",
    "/api/v1/authn/introspect",
    "/api/v1/authn/factors/x/verify",
    "/api/v1/hosts/enrol",
    "/api/v1/hosts/self/check",
    "/api/v1/hosts/self/reports",
    "/api/v1/time",
  ];
  const faults: string[] = [];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.constantFrom("POST", "PUT"),
      fc.jsonValue({ maxDepth: 5 }),
      async (url, method, payload) => {
        const answer = await org.admin.inject({
          method: method as "POST",
          url,
          headers: { "content-type": "application/json" },
          payload: JSON.stringify(payload),
        });
        if (answer.statusCode >= 500) faults.push(`${method} ${url} ${JSON.stringify(payload)}`);
      },
    ),
    { numRuns: 1500 },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("users", "groups", "apps", "hosts", "zones", "tokens", "logons", "log/chain"),
      fc.string({ unit: "grapheme", maxLength: 400 }),
      async (kind, text) => {
        for (const url of [
          `/api/v1/${kind}/${encodeURIComponent(text)}`,
          `/api/v1/${kind}?after=${encodeURIComponent(text)}`,
          `/api/v1/${kind}?${encodeURIComponent(text)}=1`,
        ]) {
          const answer = await org.admin.inject({ url });
          if (answer.statusCode >= 500) faults.push(`GET ${url}`);
        }
      },
    ),
    { numRuns: 500 },
  );
  assert.deepEqual(faults, []);
});

test("S30: a long list, a long text and a huge number are refused with their place", async (t) => {
  const org = await openOrg(t);
  const causes = async (method: string, url: string, body: unknown) => {
    const answer = await org.call("admin", method, url, body);
    assert.equal(answer.status, 400, answer.text);
    return answer.body.errorCauses.map((cause: { errorSummary: string }) => cause.errorSummary.split(":")[0]);
  };
  assert.deepEqual(await causes("POST", "/api/v1/users", { profile: { login: "x".repeat(257) } }), ["profile.login"]);
  assert.deepEqual(await causes("PUT", "/api/v1/zones/z", { cidrs: Array(1001).fill("10.0.0.0/8") }), ["cidrs"]);
  assert.deepEqual(await causes("POST", "/api/v1/tokens", { name: "t", role: "auditor", expiresInDays: 3651 }), ["expiresInDays"]);
  assert.deepEqual(await causes("POST", "/api/v1/groups", { profile: { name: 7 } }), ["profile.name"]);
  assert.deepEqual(await causes("POST", "/api/v1/groups", null), ["body"]);
});

test("S21: a fault is an event with the id that the caller got, without its message, and not more than ten a minute", async (t) => {
  const routes: RouteSet = () => async (app) => {
    app.get("/fault/:id", async () => {
      throw new TypeError("a secret detail");
    });
  };
  const org = await openOrg(t, { routes: [routes] });
  const ids: string[] = [];
  for (let i = 0; i < 25; i++) ids.push((await org.inject({ url: `/fault/${i}` })).body.errorId);
  // Units are done in their order: once this one is, those of the faults are.
  await org.store.inTransaction(async () => undefined);
  const events = await org.events("org.fault");
  assert.ok(events.length >= 10 && events.length <= 20, `${events.length} events; twenty only if the minute turned`);
  assert.deepEqual([events[0]?.data["errorId"], events[0]?.data["step"], events[0]?.data["name"]], [ids[0], "GET /fault/:id", "TypeError"]);
  assert.ok(!JSON.stringify(events).includes("secret detail"));
});

test("S31: where TLS is certain browsers are told to keep to it", async (t) => {
  const org = await openOrg(t);
  assert.match(String((await org.inject({ url: "/livez" })).headers["strict-transport-security"]), /max-age=31536000/);
  const plain = await openOrg(t, { orgUrl: "http://localhost:8080" });
  assert.equal((await plain.inject({ url: "/livez" })).headers["strict-transport-security"], undefined);
});

test("S22: while the database does not work nothing is let in: every call is 503 and says no more", async (t) => {
  const org = await openOrg(t);
  const broken = async () => {
    throw new DatabaseFault("org.database", "the disk is full");
  };
  org.deps.store.read = broken;
  org.deps.store.inTransaction = broken;
  for (const [method, url] of [
    ["GET", "/api/v1/users"],
    ["POST", "/api/v1/groups"],
    ["GET", "/api/v1/org"],
  ] as const) {
    const answer = await org.call("owner", method, url, method === "POST" ? { profile: { name: "g" } } : undefined);
    assert.equal(answer.status, 503);
    assert.equal(answer.body.errorCode, "S0000004");
    assert.ok(!answer.text.includes("disk"));
  }
});

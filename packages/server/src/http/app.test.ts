/** Tests of what every answer has in common: errors, limits, headers, addresses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { DatabaseFault } from "../flows/store.ts";
import { DEFAULT_RATES } from "../limits/rates.ts";
import { buildApp } from "./app.ts";
import { bareDeps } from "./bare-deps.fixture.ts";
import { Refused } from "./refuse.ts";
import type { RouteSet } from "./routes.ts";

const SECRET = "correct horse battery staple";

const routes: RouteSet = () => async (app) => {
  const body = z.strictObject({ profile: z.strictObject({ login: z.string().min(1) }), password: z.string().optional() });
  app.post("/echo", { schema: { body, response: { 200: z.object({ login: z.string() }) } } }, async (request) => ({
    login: request.body.profile.login,
  }));
  app.post("/bare", { schema: { response: { 200: z.object({ bytes: z.int() }) } } }, async (request) => ({
    bytes: request.rawBody?.length ?? 0,
  }));
  app.get(
    "/strict",
    { schema: { querystring: z.strictObject({ limit: z.coerce.number().int().max(10).optional() }) } },
    async () => "fine",
  );
  app.get("/fault", async () => {
    throw new Error(`the ${SECRET} broke`);
  });
  app.get("/database", async () => {
    throw new DatabaseFault("org.database", `the disk with ${SECRET} is full`);
  });
  app.get("/wrong-answer", { schema: { response: { 200: z.object({ id: z.string() }) } } }, async () => ({ id: 5 }) as never);
  app.get("/refused", async () => {
    throw new Refused({ code: "S0000001", cause: "user.refused", reference: "K7QF-3M2P", evidence: { a: 1 } });
  });
  app.get("/where", async (request) => ({ ip: request.ip }));
};

function make(options: { trustedProxies?: string[]; rates?: Partial<typeof DEFAULT_RATES> } = {}) {
  const { deps, logged } = bareDeps({ rates: { ...DEFAULT_RATES, ...options.rates } });
  const app = buildApp(deps, { admin: false, routes: [routes], trustedProxies: options.trustedProxies });
  return { app, logged };
}

test("an error has the public shape, an id that the log knows, and no detail", async () => {
  const { app, logged } = make();
  const answer = await app.inject({ url: "/fault" });
  assert.equal(answer.statusCode, 500);
  const error = answer.json();
  assert.equal(error.errorCode, "E0000009");
  assert.deepEqual(error.errorCauses, []);
  assert.ok(!answer.body.includes(SECRET));
  const line = logged().find((entry) => entry.errorId === error.errorId);
  assert.match(line?.err?.message ?? "", /broke/);
});

test("S22: a database that does not work is 503, not a fault and not a pass", async () => {
  const { app } = make();
  const answer = await app.inject({ url: "/database" });
  assert.equal(answer.statusCode, 503);
  assert.equal(answer.json().errorCode, "S0000004");
  assert.ok(!answer.body.includes(SECRET));
});

test("an answer that is not to its schema never leaves the server", async () => {
  const { app } = make();
  const answer = await app.inject({ url: "/wrong-answer" });
  assert.equal(answer.statusCode, 500);
  assert.equal(answer.json().errorCode, "E0000009");
});

test("a refusal carries cause, reference and evidence as the route gave them", async () => {
  const { app } = make();
  const answer = await app.inject({ url: "/refused" });
  assert.equal(answer.statusCode, 403);
  const { errorCode, cause, reference, evidence } = answer.json();
  assert.deepEqual(
    { errorCode, cause, reference, evidence },
    { errorCode: "S0000001", cause: "user.refused", reference: "K7QF-3M2P", evidence: { a: 1 } },
  );
});

test("S30: a body of the wrong type is refused with the field's path and without its value", async () => {
  const { app, logged } = make();
  const answer = await app.inject({
    method: "POST",
    url: "/echo",
    payload: { profile: { login: "", nick: "x" }, password: { value: SECRET } },
  });
  assert.equal(answer.statusCode, 400);
  const causes = answer.json().errorCauses.map((c: { errorSummary: string }) => c.errorSummary);
  assert.ok(
    causes.some((text: string) => text.startsWith("profile.login: ")),
    causes.join(),
  );
  assert.ok(causes.includes("profile.nick: unknown field"), causes.join());
  assert.ok(
    causes.some((text: string) => text.startsWith("password: ")),
    causes.join(),
  );
  assert.ok(!JSON.stringify(logged()).includes(SECRET));
  assert.ok(!answer.body.includes(SECRET));
});

test("S30: too large is 413, too deep is 400 with the place, both before anything is looked at", async () => {
  const { app } = make();
  const large = await app.inject({
    method: "POST",
    url: "/echo",
    headers: { "content-type": "application/json" },
    payload: `"${"x".repeat(256 * 1024)}"`,
  });
  assert.equal(large.statusCode, 413);
  assert.equal(large.json().errorCode, "S0000003");
  const fits = `${'{"a":'.repeat(16)}1${"}".repeat(16)}`;
  const deep = `${'{"a":'.repeat(17)}1${"}".repeat(17)}`;
  const headers = { "content-type": "application/json" };
  assert.equal((await app.inject({ method: "POST", url: "/bare", headers, payload: fits })).statusCode, 200);
  const answer = await app.inject({ method: "POST", url: "/bare", headers, payload: deep });
  assert.equal(answer.statusCode, 400);
  assert.match(answer.json().errorCauses[0].errorSummary, /deeper than 16 levels, at byte 80/);
  const brackets = await app.inject({ method: "POST", url: "/bare", headers, payload: JSON.stringify("[".repeat(100)) });
  assert.equal(brackets.statusCode, 200, "brackets inside a text are no nesting");
});

test("what is not JSON is refused with the place and without the text", async () => {
  const { app } = make();
  const send = (payload: string | Buffer, type = "application/json") =>
    app.inject({ method: "POST", url: "/echo", headers: { "content-type": type }, payload });
  const broken = await send(`{"password":"${SECRET}" oops}`);
  assert.equal(broken.statusCode, 400);
  assert.equal(broken.json().errorCode, "E0000003");
  assert.match(broken.json().errorCauses[0].errorSummary, /not JSON, at position 43/);
  assert.ok(!broken.body.includes("correct"));
  for (const payload of [
    '{"__proto__":{"admin":true}}',
    '{"\\u005f_proto__":1}',
    '{"constructor":{"prototype":{}}}',
    Buffer.from([0x22, 0xff, 0x22]),
  ]) {
    assert.equal((await send(payload)).statusCode, 400);
    const untyped = await app.inject({ method: "POST", url: "/bare", headers: { "content-type": "application/json" }, payload });
    assert.equal(untyped.statusCode, 400, "also where no schema looks at it");
  }
  const type = await send("<a/>", "text/xml");
  assert.equal(type.json().errorCauses[0].errorSummary, "the content type must be application/json");
});

test("a lifecycle call with the JSON type and nothing in it is taken as it is meant", async () => {
  const { app } = make();
  const answer = await app.inject({ method: "POST", url: "/bare", headers: { "content-type": "application/json" } });
  assert.deepEqual(answer.json(), { bytes: 0 });
});

test("unknown path, wrong method, unknown query parameter and broken percent sign have their codes", async () => {
  const { app } = make();
  assert.equal((await app.inject({ url: "/nowhere" })).json().errorCode, "E0000007");
  const method = await app.inject({ method: "DELETE", url: "/echo" });
  assert.equal(method.json().errorCode, "E0000022");
  assert.equal(method.statusCode, 405);
  assert.equal(method.headers["allow"], "POST");
  const query = await app.inject({ url: "/strict?limit=3&sortt=desc" });
  assert.equal(query.json().errorCauses[0].errorSummary, "sortt: unknown query parameter");
  assert.match((await app.inject({ url: "/strict?limit=30" })).json().errorCauses[0].errorSummary, /^limit: /);
  assert.equal((await app.inject({ url: "/%zz" })).json().errorCode, "E0000003");
});

test("S31: every answer, refused or not, has the strict headers", async () => {
  const { app } = make();
  for (const url of ["/where", "/nowhere", "/fault"]) {
    const { headers } = await app.inject({ url });
    assert.match(String(headers["content-security-policy"]), /default-src 'none'.*frame-ancestors 'none'/);
    assert.ok(!String(headers["content-security-policy"]).includes("unsafe"));
    assert.equal(headers["referrer-policy"], "no-referrer");
    assert.equal(headers["x-frame-options"], "DENY");
    assert.equal(headers["x-content-type-options"], "nosniff");
  }
});

test("S35: X-Forwarded-For of a stranger is not read, that of a named proxy is, from its end", async () => {
  const headers = { "x-forwarded-for": "198.51.100.9, 203.0.113.7" };
  const where = async (trustedProxies: string[], remoteAddress: string) =>
    (await make({ trustedProxies }).app.inject({ url: "/where", headers, remoteAddress })).json().ip;
  assert.equal(await where([], "192.0.2.1"), "192.0.2.1");
  assert.equal(await where(["10.0.0.0/8"], "192.0.2.1"), "192.0.2.1");
  assert.equal(await where(["10.0.0.0/8"], "10.1.2.3"), "203.0.113.7");
});

test("too many calls of one address are 429 with the headers that say when to come back", async () => {
  const { app } = make({ rates: { management: 3 } });
  const call = (remoteAddress: string) => app.inject({ url: "/where", remoteAddress });
  for (let i = 0; i < 3; i++) assert.equal((await call("192.0.2.1")).statusCode, 200);
  const answer = await call("192.0.2.1");
  assert.equal(answer.statusCode, 429);
  assert.equal(answer.json().errorCode, "E0000047");
  assert.ok(Number(answer.headers["retry-after"]) > 0);
  assert.equal(answer.headers["x-ratelimit-remaining"], "0");
  assert.equal((await call("192.0.2.2")).statusCode, 200);
});

/** S19, S36: sessions of the org's own pages: how they come to be, what ends them, and who cannot use them. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { ORG_URL, openOrg } from "../org.fixture.ts";
import { makeSomeone, TestBrowser } from "./signed-in.fixture.ts";

const MINUTE = 60_000;

test("S19: a session is a random cookie of this host alone, kept as a hash, and a new one at every sign-in", async (t) => {
  const org = await openOrg(t);
  const alice = await makeSomeone(org, "alice");
  const browser = new TestBrowser(org);
  const sessionToken = await browser.prove(alice);
  const opened = await browser.call("POST", "/api/v1/sessions", { sessionToken });
  const line = String(opened.headers["set-cookie"]);
  for (const part of ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"]) assert.ok(line.includes(part), line);
  assert.match(line, /^__Host-sallyport=[A-Za-z0-9_-]{43};/);
  assert.doesNotMatch(line, /Domain/i);
  const first = browser.session ?? "";
  const kept = await org.store.read((tx) => tx.sessions.byTokenHash(createHash("sha256").update(first).digest("hex")));
  assert.equal(kept?.userId, alice.id);
  assert.ok(!JSON.stringify(kept).includes(first), "the cookie itself is nowhere");
  const me = await browser.call("GET", "/api/v1/sessions/me");
  assert.deepEqual([me.status, me.body.login, me.body.amr], [200, "alice", ["pwd", "otp"]]);
  await browser.signIn(alice);
  assert.notEqual(browser.session, first);
  const old = new TestBrowser(org);
  old.cookies.set("__Host-sallyport", first);
  assert.equal((await old.call("GET", "/api/v1/sessions/me")).status, 404, "the one before is over");
  assert.deepEqual(
    (await org.events("session.opened")).map(({ actor }) => actor.id),
    [alice.id, alice.id],
  );
});

test("S19: a session ends when it is idle, after half a day in any case, and with its user", async (t) => {
  const org = await openOrg(t);
  const alice = await makeSomeone(org, "alice");
  const browser = new TestBrowser(org);
  const alive = async () => (await browser.call("GET", "/api/v1/me")).status === 200;
  await browser.signIn(alice);
  org.clock.now += 29 * MINUTE;
  assert.ok(await alive(), "not idle for long enough");
  org.clock.now += 29 * MINUTE;
  assert.ok(await alive(), "the last call counted");
  org.clock.now += 30 * MINUTE;
  assert.ok(!(await alive()), "idle for half an hour");
  await browser.signIn(alice);
  const began = org.clock.now;
  while (org.clock.now + 20 * MINUTE < began + 12 * 60 * MINUTE) {
    org.clock.now += 20 * MINUTE;
    assert.ok(await alive());
  }
  org.clock.now = began + 12 * 60 * MINUTE;
  assert.ok(!(await alive()), "twelve hours are over");
  await browser.signIn(alice);
  await org.call("owner", "POST", `/api/v1/users/${alice.id}/lifecycle/suspend`);
  assert.ok(!(await alive()), "whoever is suspended is out at once");
});

test("S19: a new password that an administrator sets ends the sessions that the old one began", async (t) => {
  const org = await openOrg(t);
  const alice = await makeSomeone(org, "alice");
  const browser = new TestBrowser(org);
  await browser.signIn(alice);
  const change = (body: object) => org.call("owner", "POST", `/api/v1/users/${alice.id}`, body);
  assert.equal((await change({ profile: { firstName: "Alice" } })).status, 200);
  assert.equal((await browser.call("GET", "/api/v1/me")).status, 200, "a new name ends nothing");
  assert.equal((await change({ credentials: { password: { value: "rather-another-horse-9" } } })).status, 200);
  assert.equal((await browser.call("GET", "/api/v1/me")).status, 401);
  const [ended] = await org.events("session.ended");
  assert.equal(ended?.data?.["count"], 1);
});

test("S19: signing out ends the session for whoever kept the cookie", async (t) => {
  const org = await openOrg(t);
  const browser = new TestBrowser(org);
  await browser.signIn(await makeSomeone(org, "alice"));
  const thief = new TestBrowser(org);
  thief.cookies.set("__Host-sallyport", browser.session ?? "");
  assert.equal((await thief.call("GET", "/api/v1/me")).status, 200);
  assert.equal((await browser.call("DELETE", "/api/v1/sessions/me")).status, 204);
  assert.equal((await thief.call("GET", "/api/v1/me")).status, 401);
  assert.equal(browser.session, undefined, "the browser forgets it too");
  assert.equal((await browser.call("DELETE", "/api/v1/sessions/me")).status, 404);
});

test("S19: no other site's page changes anything with the cookie that the browser brings along", async (t) => {
  const org = await openOrg(t);
  const browser = new TestBrowser(org);
  const alice = await makeSomeone(org, "alice");
  await browser.signIn(alice);
  const foreign: Record<string, string | undefined>[] = [
    { "x-sallyport": undefined },
    { "x-sallyport": "other" },
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "https://mfa.corp.example:444" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "none" },
  ];
  const changes: [string, string, object?][] = [
    ["DELETE", "/api/v1/me/sessions"],
    ["DELETE", `/api/v1/me/factors/${alice.factor}`],
    ["POST", `/api/v1/me/factors/${alice.factor}`, { name: "theirs" }],
    ["POST", "/api/v1/me/factors", { kind: "totp" }],
    ["POST", "/api/v1/me/recovery-codes"],
    ["POST", "/api/v1/me/logons/not-me", { host: "hst_1", reference: "K7QF-3M2P" }],
    ["DELETE", "/api/v1/sessions/me"],
    ["POST", "/api/v1/sessions", { sessionToken: "x" }],
  ];
  for (const change of foreign)
    for (const [method, url, body] of changes) {
      const answer = await browser.call(method, url, body, change);
      assert.deepEqual([answer.status, answer.body.errorCode], [403, "E0000006"], `${method} ${url} ${JSON.stringify(change)}`);
    }
  const form = { "content-type": "application/x-www-form-urlencoded" };
  assert.ok((await browser.call("POST", "/api/v1/me/factors", undefined, form)).status >= 400, "only JSON is read");
  assert.equal((await browser.call("GET", "/api/v1/me")).status, 200, "nothing of it happened");
});

test("S36: a session token works once, and only in the browser that began", async (t) => {
  const org = await openOrg(t);
  const alice = await makeSomeone(org, "alice");
  const browser = new TestBrowser(org);
  const other = new TestBrowser(org);
  await other.signIn(await makeSomeone(org, "mallory"));
  const stolen = await browser.prove(alice);
  const taken = await other.call("POST", "/api/v1/sessions", { sessionToken: stolen });
  assert.deepEqual([taken.status, taken.headers["set-cookie"]], [401, undefined]);
  assert.equal((await browser.call("POST", "/api/v1/sessions", { sessionToken: stolen })).status, 401, "used up by that");
  const sessionToken = await browser.prove(alice);
  assert.equal((await browser.call("POST", "/api/v1/sessions", { sessionToken })).status, 204);
  assert.equal((await browser.call("POST", "/api/v1/sessions", { sessionToken })).status, 401, "once");
  const late = await browser.prove(alice);
  org.clock.now += 5 * MINUTE;
  assert.equal((await browser.call("POST", "/api/v1/sessions", { sessionToken: late })).status, 401, "five minutes");
});

test("S36: the redirect after a sign-in leads to a page of the list, exactly, or signs nobody in", async (t) => {
  const org = await openOrg(t);
  const alice = await makeSomeone(org, "alice");
  const browser = new TestBrowser(org);
  const go = (token: string, redirectUrl: string) =>
    browser.call("GET", `/login/sessionCookieRedirect?checkAccountSetupComplete=true&${new URLSearchParams({ token, redirectUrl })}`);
  const token = await browser.prove(alice);
  const away = [
    "https://evil.example/",
    `${ORG_URL}.evil.example/`,
    `${ORG_URL}@evil.example/`,
    `${ORG_URL}/me/../../x`,
    "//evil.example/me",
    "/me?next=https://evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "/set-up/x",
    "",
  ];
  for (const target of away) {
    const answer = await go(token, target);
    assert.deepEqual([answer.status, answer.headers["location"], answer.headers["set-cookie"]], [403, undefined, undefined], target);
  }
  const good = await go(token, `${ORG_URL}/me`);
  assert.deepEqual([good.status, good.headers["location"]], [302, "/me"], "and the token was not used up by the others");
  assert.equal((await browser.call("GET", "/api/v1/me")).status, 200);
  const again = await go(token, "/me");
  assert.deepEqual([again.status, again.headers["location"], again.headers["set-cookie"]], [302, "/signin", undefined]);
});

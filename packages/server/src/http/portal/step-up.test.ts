/** A step-up: who is signed in proves a factor once more for an app that is theirs, in the browser and the session that began, once. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { sessionTokenOf } from "../../flows/authn/session-token.ts";
import { hashToken } from "../../flows/host-link/start-logon.ts";
import { ORG_URL, openOrg, type TestOrg } from "../org.fixture.ts";
import { makeSomeone, type Someone, TestBrowser } from "./signed-in.fixture.ts";

const FIVE_MINUTES = 5 * 60_000;
const OPEN = "/api/v1/sessions/me/step-up";

interface World {
  org: TestOrg;
  alice: Someone;
  browser: TestBrowser;
  app: string;
}

/** Alice, signed in for so long that nothing is fresh any more, and an app that is hers. */
async function signedIn(t: TestContext): Promise<World> {
  const org = await openOrg(t);
  const alice = await makeSomeone(org, "alice");
  const app = (await org.call("owner", "POST", "/api/v1/apps", { label: "Corporate VPN" })).body.id;
  await org.call("owner", "POST", `/api/v1/apps/${app}/users`, { id: alice.id });
  const browser = new TestBrowser(org);
  await browser.signIn(alice);
  org.clock.now += FIVE_MINUTES;
  return { org, alice, app, browser };
}

const begin = ({ browser, app }: World) => browser.call("POST", OPEN, { app });
const prove = ({ browser, alice, org }: World, stateToken: string, passCode = alice.code(org.clock.now)) =>
  browser.call("POST", `/api/v1/authn/factors/${alice.factor}/verify`, { stateToken, passCode });
const follow = (browser: TestBrowser, stateToken: string) => browser.call("GET", `/login/step-up/redirect?stateToken=${stateToken}`);
const freshUntil = async (browser: TestBrowser) => (await browser.call("GET", "/api/v1/me")).body?.freshUntil;

async function refusals(org: TestOrg) {
  return (await org.events("session.step-up-refused")).map(({ cause }) => cause);
}

async function setRules({ org, app }: World, rules: object[]): Promise<void> {
  const { version, document } = (await org.call("owner", "GET", `/api/v1/apps/${app}/policy`)).body;
  const set = await org.call("owner", "PUT", `/api/v1/apps/${app}/policy`, { version, document: { ...document, rules } });
  assert.equal(set.status, 200, set.text);
}

test("a factor alone makes the session fresh, for the app that every answer names; the cookie is another one after that (S19)", async (t) => {
  const world = await signedIn(t);
  const { org, browser, app } = world;
  assert.equal(await freshUntil(browser), null);
  const old = browser.session ?? "";
  const { body: opened } = await begin(world);
  assert.deepEqual([opened.status, opened.type], ["MFA_REQUIRED", "SESSION_STEP_UP"]);
  const { type, label, _links } = opened._embedded.target;
  assert.deepEqual([type, label, _links.logo.type], ["APP", "Corporate VPN", "image/png"]);
  const { body: done } = await prove(world, opened.stateToken);
  assert.deepEqual([done.status, done.type, done.sessionToken], ["SUCCESS", "SESSION_STEP_UP", undefined]);
  assert.equal(done._embedded.target.label, "Corporate VPN");
  const { name, href, hints } = done._links.next;
  assert.deepEqual([name, hints.allow], ["original", ["GET"]]);
  assert.equal(await freshUntil(browser), null, "not before the browser has gone on");
  const gone = await browser.call("GET", href.replace(ORG_URL, ""));
  assert.deepEqual([gone.status, gone.headers["location"]], [302, "/me"]);
  assert.equal(Date.parse((await freshUntil(browser)) ?? ""), org.clock.now + FIVE_MINUTES);
  assert.notEqual(browser.session, old);
  const thief = new TestBrowser(org);
  thief.cookies.set("__Host-sallyport", old);
  assert.equal((await thief.call("GET", "/api/v1/me")).status, 401);
  assert.equal((await browser.call("POST", "/api/v1/me/recovery-codes")).status, 200, "S18: factors may be changed now");
  const [said] = await org.events("session.stepped-up");
  assert.deepEqual([said?.data["app"], said?.data["amr"]], [app, ["otp"]]);
});

test("S4: the way back works once; the state token opens nothing before the factor was proved, and no session at any time", async (t) => {
  const world = await signedIn(t);
  const { org, browser } = world;
  const { stateToken } = (await begin(world)).body;
  assert.equal((await follow(browser, stateToken)).headers["location"], "/signin");
  assert.equal((await prove(world, stateToken)).body.status, "SUCCESS");
  const ended = await org.deps.store.read((tx) => tx.transactions.byTokenHash(hashToken(stateToken)));
  const sessionToken = sessionTokenOf(org.deps.keys, ended?.id ?? "");
  const asSignIn = await browser.call("POST", "/api/v1/sessions", { sessionToken });
  assert.deepEqual([asSignIn.status, asSignIn.headers["set-cookie"]], [401, undefined]);
  assert.equal((await follow(browser, stateToken)).headers["location"], "/signin", "used up by that");
  org.clock.now += 60_000;
  const second = (await begin(world)).body.stateToken;
  assert.equal((await prove(world, second)).body.status, "SUCCESS");
  assert.equal((await follow(browser, second)).headers["location"], "/me");
  org.clock.now += FIVE_MINUTES - 1;
  const replayed = await follow(browser, second);
  assert.deepEqual([replayed.headers["location"], replayed.headers["set-cookie"]], ["/signin", undefined]);
  org.clock.now += 1;
  assert.equal(await freshUntil(browser), null);
});

test("S4: the code that signed in does not do for the step-up", async (t) => {
  const org = await openOrg(t);
  const alice = await makeSomeone(org, "alice");
  const app = (await org.call("owner", "POST", "/api/v1/apps", { label: "vpn" })).body.id;
  await org.call("owner", "POST", `/api/v1/apps/${app}/users`, { id: alice.id });
  const browser = new TestBrowser(org);
  await browser.signIn(alice);
  const { stateToken } = (await begin({ org, alice, browser, app })).body;
  assert.equal((await prove({ org, alice, browser, app }, stateToken)).body.errorCode, "E0000068");
});

test("S36: another browser neither drives it nor ends it, whoever is signed in there", async (t) => {
  const world = await signedIn(t);
  const { org, alice, browser } = world;
  const { stateToken } = (await begin(world)).body;
  const mallory = new TestBrowser(org);
  await mallory.signIn(await makeSomeone(org, "mallory"));
  const hers = new TestBrowser(org);
  await hers.signIn(alice);
  org.clock.now += 60_000;
  for (const other of [mallory, hers, new TestBrowser(org)]) {
    const code = alice.code(org.clock.now);
    const step = await other.call("POST", `/api/v1/authn/factors/${alice.factor}/verify`, { stateToken, passCode: code });
    assert.deepEqual([step.status, step.body.errorCode], [401, "E0000011"]);
  }
  assert.equal((await prove(world, stateToken)).body.status, "SUCCESS");
  assert.equal((await follow(mallory, stateToken)).headers["location"], "/signin");
  assert.equal((await follow(browser, stateToken)).headers["location"], "/signin", "whoever brought it had stolen it: it is used up");
  assert.equal((await org.events("session.stepped-up")).length, 0);
});

test("in the same browser another person's session does not become fresh, nor a new one of the same person", async (t) => {
  const world = await signedIn(t);
  const { org, browser, alice } = world;
  for (const other of [await makeSomeone(org, "mallory"), alice]) {
    const { stateToken } = (await begin(world)).body;
    assert.equal((await prove(world, stateToken)).body.status, "SUCCESS");
    await browser.signIn(other);
    org.clock.now += 2 * 60_000;
    const before = await freshUntil(browser);
    assert.equal((await follow(browser, stateToken)).headers["location"], "/signin");
    assert.equal(await freshUntil(browser), before);
    await browser.signIn(alice);
    org.clock.now += 60_000;
  }
});

test("a session that was ended meanwhile is gone for good: no step is looked at, and nobody comes back by it", async (t) => {
  const world = await signedIn(t);
  const { org, browser, alice } = world;
  const other = new TestBrowser(org);
  await other.signIn(alice);
  org.clock.now += 60_000;
  const proved = (await begin(world)).body.stateToken;
  assert.equal((await prove(world, proved)).body.status, "SUCCESS");
  org.clock.now += 60_000;
  const open = (await begin(world)).body.stateToken;
  assert.equal((await other.call("DELETE", "/api/v1/me/sessions")).status, 200);
  const step = await prove(world, open);
  assert.deepEqual([step.status, step.body.errorCode], [401, "E0000011"]);
  assert.deepEqual(await refusals(org), ["logon.expired"]);
  assert.equal((await follow(browser, proved)).headers["location"], "/signin");
  assert.equal((await browser.call("GET", "/api/v1/me")).status, 401);
  assert.equal((await begin(world)).status, 401);
});

test("an app that there is not, is not theirs or is deactivated is one answer; the log tells which", async (t) => {
  const world = await signedIn(t);
  const { org, browser, app } = world;
  const foreign = (await org.call("owner", "POST", "/api/v1/apps", { label: "Payroll" })).body.id;
  await org.call("owner", "POST", `/api/v1/apps/${app}/lifecycle/deactivate`);
  for (const id of ["app_none", foreign, app]) {
    const answer = await browser.call("POST", OPEN, { app: id });
    assert.deepEqual([answer.status, answer.body.errorCode], [400, "E0000001"]);
    assert.deepEqual(answer.body.errorCauses, [{ errorSummary: `Sign in not allowed for app '${id}'.` }]);
    assert.doesNotMatch(answer.text, /Payroll|Corporate/);
  }
  assert.deepEqual(await refusals(org), ["app.not-assigned", "app.not-assigned", "client.revoked"]);
});

test("the app's policy decides, by the service `web`: it may deny, and ask for certain factors; one that lets in asks all the same", async (t) => {
  const world = await signedIn(t);
  const { org } = world;
  await setRules(world, [{ name: "not by browser", then: "deny", if: { services: ["web"] } }]);
  const denied = await begin(world);
  assert.deepEqual([denied.status, denied.body.errorCode, denied.body.cause], [403, "E0000006", undefined]);
  await setRules(world, [{ name: "keys", then: "factor", factors: ["passkey"] }]);
  assert.equal((await begin(world)).status, 403);
  assert.deepEqual(await refusals(org), ["policy.denies", "factor.not-allowed"]);
  await org.store.inTransaction(async (tx) => {
    const { policyVersion, policy } = (await tx.apps.byId(world.app)) ?? assert.fail();
    const rules = [{ name: "machines", then: "deny" as const, if: { hosts: ["srv01"] } }];
    await tx.apps.setPolicy(world.app, policyVersion, { ...policy, rules });
  });
  assert.equal((await begin(world)).status, 200, "a rule for machines is for none of a browser");
  await setRules(world, [{ name: "everybody", then: "allow" }]);
  assert.equal((await begin(world)).body.status, "MFA_REQUIRED");
});

test("what is taken away between two steps counts at the next one", async (t) => {
  const world = await signedIn(t);
  const { org, alice, app } = world;
  const taken: [cause: string, act: () => Promise<unknown>][] = [
    ["policy.denies", () => setRules(world, [{ name: "nobody", then: "deny" }])],
    ["client.revoked", () => org.call("owner", "POST", `/api/v1/apps/${app}/lifecycle/deactivate`)],
    ["app.not-assigned", () => org.call("owner", "DELETE", `/api/v1/apps/${app}/users/${alice.id}`)],
  ];
  for (const [cause, act] of taken) {
    const { stateToken } = (await begin(world)).body;
    await act();
    const step = await prove(world, stateToken);
    assert.ok(step.status === 403 || step.status === 401, step.text);
    assert.doesNotMatch(step.text, /assign|polic|deactiv/);
    assert.equal((await refusals(org)).at(-1), cause);
    await setRules(world, []);
    await org.call("owner", "POST", `/api/v1/apps/${app}/lifecycle/activate`);
  }
});

test("S11, S18: codes out of a drawer and an administrator's make nothing fresh", async (t) => {
  const org = await openOrg(t);
  const alice = await makeSomeone(org, "alice");
  const app = (await org.call("owner", "POST", "/api/v1/apps", { label: "vpn" })).body.id;
  await org.call("owner", "POST", `/api/v1/apps/${app}/users`, { id: alice.id });
  const browser = new TestBrowser(org);
  await browser.signIn(alice);
  const { codes } = (await browser.call("POST", "/api/v1/me/recovery-codes")).body;
  const bypass = await org.call("owner", "POST", `/api/v1/users/${alice.id}/bypass-codes`, { app, reason: "phone at home" });
  const world = { org, alice, app, browser };
  const opened = (await begin(world)).body;
  assert.deepEqual(
    opened._embedded.factors.map(({ kind }: { kind: string }) => kind),
    ["totp"],
  );
  for (const passCode of [codes[0], bypass.body.code]) {
    const answer = await prove(world, opened.stateToken, passCode);
    assert.equal(answer.body.errorCode, "E0000068", passCode);
  }
});

test("five wrong codes end it, and say so in the log", async (t) => {
  const world = await signedIn(t);
  const { org, alice } = world;
  const { stateToken } = (await begin(world)).body;
  const wrong = alice.code(org.clock.now) === "000000" ? "111111" : "000000";
  for (let tries = 0; tries < 5; tries++) await prove(world, stateToken, wrong);
  assert.equal((await prove(world, stateToken)).body.errorCode, "E0000011");
  assert.deepEqual(await refusals(org), ["factor.code-wrong"]);
});

test("S19: no other site's page begins one, and nobody who is not signed in", async (t) => {
  const { org, browser, app } = await signedIn(t);
  for (const change of [{ "x-sallyport": undefined }, { origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }])
    assert.equal((await browser.call("POST", OPEN, { app }, change)).body.errorCode, "E0000006");
  assert.equal((await new TestBrowser(org).call("POST", OPEN, { app })).body.errorCode, "E0000011");
  assert.equal((await browser.call("POST", OPEN, { app, returnTo: "https://evil.example" })).status, 400);
});

/** S18: what a person does on their own pages: only with a fresh factor, only to what is theirs, and never to their last way in. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Secret, TOTP } from "otpauth";
import { blankEnrolment } from "../../flows/blank-enrolment.ts";
import { openOrg, type TestOrg } from "../org.fixture.ts";
import { makeSomeone, PASSWORD, type Someone, TestBrowser } from "./signed-in.fixture.ts";

const FRESH_MS = 5 * 60_000;

async function signedIn(t: TestContext, login = "alice"): Promise<{ org: TestOrg; alice: Someone; browser: TestBrowser }> {
  const org = await openOrg(t);
  const alice = await makeSomeone(org, login);
  const browser = new TestBrowser(org);
  await browser.signIn(alice);
  return { org, alice, browser };
}

test("a person sees their own account: factors, and until when they may change them", async (t) => {
  const { org, alice, browser } = await signedIn(t);
  const { body: me } = await browser.call("GET", "/api/v1/me");
  assert.deepEqual(me.user, { id: alice.id, login: "alice" });
  assert.equal(Date.parse(me.freshUntil), org.clock.now + FRESH_MS);
  assert.deepEqual(me.canAdd.sort(), ["passkey", "push"], "an app is there, and nothing can be sent");
  const { body: factors } = await browser.call("GET", "/api/v1/me/factors");
  assert.deepEqual(
    factors.map(({ id, kind, status, removable }: any) => ({ id, kind, status, removable })),
    [{ id: alice.factor, kind: "totp", status: "ACTIVE", removable: false }],
  );
  assert.doesNotMatch(JSON.stringify(factors), /sealed|secret/i);
  assert.equal((await new TestBrowser(org).call("GET", "/api/v1/me")).status, 401);
});

test("S18: whatever changes factors asks for one that was proved within five minutes", async (t) => {
  const { org, alice, browser } = await signedIn(t);
  const changes: [string, string, object?][] = [
    ["POST", "/api/v1/me/recovery-codes"],
    ["POST", `/api/v1/me/factors/${alice.factor}`, { name: "mine" }],
    ["POST", "/api/v1/me/factors", { kind: "totp" }],
    ["POST", `/api/v1/me/factors/${alice.factor}/activate`, { passCode: "123456" }],
    ["DELETE", `/api/v1/me/factors/${alice.factor}`],
  ];
  org.clock.now += FRESH_MS;
  assert.equal((await browser.call("GET", "/api/v1/me")).body.freshUntil, null);
  for (const [method, url, body] of changes) {
    const answer = await browser.call(method, url, body);
    assert.deepEqual([answer.status, answer.body.errorCode], [403, "S0000008"], `${method} ${url}`);
  }
  await browser.signIn(alice);
  assert.equal((await browser.call("POST", `/api/v1/me/factors/${alice.factor}`, { name: "mine" })).body.name, "mine");
});

test("S18: a code out of the drawer lets in, but changes no factors", async (t) => {
  const { org, alice, browser } = await signedIn(t);
  const { codes } = (await browser.call("POST", "/api/v1/me/recovery-codes")).body;
  assert.equal(codes.length, 10);
  const opened = (await browser.call("POST", "/api/v1/authn", { username: "alice", password: PASSWORD })).body;
  const set = opened._embedded.factors.find(({ kind }: any) => kind === "recovery");
  const proof = { stateToken: opened.stateToken, passCode: codes[0] };
  const done = (await browser.call("POST", `/api/v1/authn/factors/${set.id}/verify`, proof)).body;
  assert.equal(done.status, "SUCCESS");
  assert.equal((await browser.call("POST", "/api/v1/sessions", { sessionToken: done.sessionToken })).status, 204);
  assert.equal((await browser.call("GET", "/api/v1/me")).body.freshUntil, null);
  const again = await browser.call("POST", "/api/v1/me/recovery-codes");
  assert.equal(again.body.errorCode, "S0000008");
  assert.equal((await browser.call("DELETE", `/api/v1/me/factors/${alice.factor}`)).body.errorCode, "S0000008");
  assert.equal((await org.events("factor.reset")).length, 0);
});

test("S18: nobody reaches what is somebody else's, whatever id they give", async (t) => {
  const { org, alice, browser: hers } = await signedIn(t);
  const { codes } = (await hers.call("POST", "/api/v1/me/recovery-codes")).body;
  assert.ok(codes);
  const set = (await hers.call("GET", "/api/v1/me/factors")).body.find(({ kind }: any) => kind === "recovery").id;
  const mallory = await makeSomeone(org, "mallory");
  const browser = new TestBrowser(org);
  await browser.signIn(mallory);
  const session = (await hers.call("GET", "/api/v1/me/sessions")).body[0].id;
  const tries: [string, string, object?][] = [
    ["POST", `/api/v1/me/factors/${alice.factor}`, { name: "x" }],
    ["DELETE", `/api/v1/me/factors/${alice.factor}`],
    ["DELETE", `/api/v1/me/factors/${set}`],
    ["POST", `/api/v1/me/factors/${alice.factor}/activate`, { passCode: "123456" }],
    ["DELETE", `/api/v1/me/sessions/${session}`],
  ];
  for (const [method, url, body] of tries) assert.equal((await browser.call(method, url, body)).status, 404, `${method} ${url}`);
  assert.deepEqual(
    (await browser.call("GET", "/api/v1/me/factors")).body.map(({ id }: any) => id),
    [mallory.factor],
  );
  assert.equal((await browser.call("GET", "/api/v1/me/sessions")).body.length, 1);
  assert.equal((await hers.call("GET", "/api/v1/me/factors")).body.length, 2, "nothing of hers changed");
  assert.equal((await hers.call("GET", "/api/v1/me")).status, 200);
});

test("S18: the last factor that lets its owner in stays; a new one is active only with its first code, and the event says who did it", async (t) => {
  const { org, alice, browser } = await signedIn(t);
  assert.equal((await browser.call("DELETE", `/api/v1/me/factors/${alice.factor}`)).status, 409);
  assert.equal((await browser.call("POST", "/api/v1/me/factors", { kind: "totp" })).status, 400, "one app is enough");
  // Only with another way in the app can go, and a new one come.
  const key = await org.store.inTransaction(async (tx) => {
    const row = { ...blankEnrolment(tx.now), userId: alice.id, kind: "passkey" as const, status: "ACTIVE" as const };
    await tx.enrolments.insert(row);
    return row.id;
  });
  assert.equal((await browser.call("DELETE", `/api/v1/me/factors/${alice.factor}`)).status, 204);
  assert.equal((await browser.call("DELETE", `/api/v1/me/factors/${key}`)).status, 409);
  const begun = (await browser.call("POST", "/api/v1/me/factors", { kind: "totp" })).body;
  assert.equal(begun.factor.status, "PENDING_ACTIVATION");
  assert.match(begun.activation._links.qrcode.href, /^data:image\/svg/);
  const app = new TOTP({ secret: Secret.fromBase32(begun.activation.sharedSecret) });
  const code = app.generate({ timestamp: org.clock.now });
  const wrong = code === "000000" ? "111111" : "000000";
  const url = `/api/v1/me/factors/${begun.factor.id}/activate`;
  assert.equal((await browser.call("POST", url, { passCode: wrong })).body.errorCode, "E0000068");
  const active = await browser.call("POST", url, { passCode: code, name: "New phone" });
  assert.deepEqual([active.status, active.body.status, active.body.name], [200, "ACTIVE", "New phone"]);
  assert.equal((await browser.call("POST", url, { passCode: code })).status, 404, "once");
  const [said] = (await org.events("factor.activated")).slice(-1);
  assert.deepEqual([said?.actor.type, said?.actor.id, said?.target?.id], ["user", alice.id, alice.id]);
});

test("what was begun and never finished is no factor: it is not shown, and ends with the next one, or after ten wrong proofs", async (t) => {
  const { org, browser } = await signedIn(t);
  const begin = async () => (await browser.call("POST", "/api/v1/me/factors", { kind: "passkey" })).body.factor;
  const rowOf = async (id: string) => (await org.store.read((tx) => tx.enrolments.byId(id)))?.status;
  const left = await begin();
  assert.equal(left.status, "PENDING_ACTIVATION");
  const kinds = (await browser.call("GET", "/api/v1/me/factors")).body.map(({ kind }: any) => kind);
  assert.deepEqual(kinds, ["totp"]);
  const next = await begin();
  assert.equal(await rowOf(left.id), undefined, "no row is left of it");
  const proof = { attestation: "bm9uZQ", clientData: "bm9uZQ" };
  for (let i = 0; i < 10; i++) {
    assert.equal(await rowOf(next.id), "PENDING_ACTIVATION");
    assert.equal((await browser.call("POST", `/api/v1/me/factors/${next.id}/activate`, proof)).body.errorCode, "E0000068");
  }
  assert.equal(await rowOf(next.id), "RESET");
  const said = (await org.events("factor.reset")).map(({ data }) => [data["before"], data["reason"]]);
  assert.deepEqual(said, [
    ["PENDING_ACTIVATION", "enrolled anew"],
    ["PENDING_ACTIVATION", "too many wrong first codes"],
  ]);
});

test("S18: whoever proved a factor that was reset since puts no other one in its place", async (t) => {
  const { org, alice, browser } = await signedIn(t);
  // An administrator's reset ends the session besides: this holds also where one is left.
  await org.store.inTransaction((tx) => tx.enrolments.update(alice.factor, { status: "RESET" }));
  for (const [url, body] of [["/api/v1/me/factors", { kind: "totp" }], ["/api/v1/me/recovery-codes"]] as const) {
    const answer = await browser.call("POST", url, body);
    assert.deepEqual([answer.status, answer.body.errorCode], [403, "E0000006"], url);
  }
  assert.deepEqual((await browser.call("GET", "/api/v1/me/factors")).body, []);
});

test("new recovery codes take the place of the old ones", async (t) => {
  const { org, browser } = await signedIn(t);
  const before = (await browser.call("POST", "/api/v1/me/recovery-codes")).body.codes;
  const now = (await browser.call("POST", "/api/v1/me/recovery-codes")).body.codes;
  assert.equal(new Set([...before, ...now]).size, 20);
  const sets = (await browser.call("GET", "/api/v1/me/factors")).body.filter(({ kind }: any) => kind === "recovery");
  assert.deepEqual(
    sets.map(({ remaining, removable }: any) => [remaining, removable]),
    [[10, true]],
  );
  const opened = (await browser.call("POST", "/api/v1/authn", { username: "alice", password: PASSWORD })).body;
  const url = `/api/v1/authn/factors/${sets[0].id}/verify`;
  const old = await browser.call("POST", url, { stateToken: opened.stateToken, passCode: before[0] });
  assert.equal(old.body.errorCode, "E0000068");
  const fresh = await browser.call("POST", url, { stateToken: opened.stateToken, passCode: now[0] });
  assert.equal(fresh.body.status, "SUCCESS");
  assert.doesNotMatch(JSON.stringify(await org.events()), new RegExp(now[1]), "no code is in the log");
});

test("a person ends one of their sessions, or all of them", async (t) => {
  const { org, alice, browser } = await signedIn(t);
  const second = new TestBrowser(org);
  await second.signIn(alice);
  const seen = (await browser.call("GET", "/api/v1/me/sessions")).body;
  assert.deepEqual(seen.map(({ current }: any) => current).sort(), [false, true]);
  const other = seen.find(({ current }: any) => !current);
  assert.equal(other.userAgent, "Test/1.0");
  assert.equal((await browser.call("DELETE", `/api/v1/me/sessions/${other.id}`)).status, 204);
  assert.equal((await second.call("GET", "/api/v1/me")).status, 401);
  await second.signIn(alice);
  assert.deepEqual((await browser.call("DELETE", "/api/v1/me/sessions")).body, { ended: 2 });
  for (const one of [browser, second]) assert.equal((await one.call("GET", "/api/v1/me")).status, 401);
});

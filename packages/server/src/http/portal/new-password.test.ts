/** What ends a browser's session besides its person: a changed password, and a factor that an administrator reset (S18, S19). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openOrg } from "../org.fixture.ts";
import { makeSomeone, PASSWORD, TestBrowser } from "./signed-in.fixture.ts";

const NEW = "sleepy violins orbit marble";

test("S19: a changed password ends every other session of its user, and what was not yet one; nobody else's", async (t) => {
  const org = await openOrg(t);
  const [alice, bob] = [await makeSomeone(org, "alice"), await makeSomeone(org, "bob")];
  const [old, half, other, here] = [new TestBrowser(org), new TestBrowser(org), new TestBrowser(org), new TestBrowser(org)];
  await old.signIn(alice);
  await other.signIn(bob);
  const unused = await half.prove(alice);
  assert.equal((await org.call("owner", "POST", `/api/v1/users/${alice.id}/lifecycle/expire_password`)).status, 200);
  assert.equal((await old.call("GET", "/api/v1/sessions/me")).status, 200, "until it is changed");
  org.clock.now += 60_000;
  const { stateToken } = (await here.call("POST", "/api/v1/authn", { username: "alice", password: PASSWORD })).body;
  const chosen = { stateToken, oldPassword: PASSWORD, newPassword: NEW };
  assert.equal((await here.call("POST", "/api/v1/authn/credentials/change_password", chosen)).body.status, "MFA_REQUIRED");
  const passCode = alice.code(org.clock.now);
  const done = await here.call("POST", `/api/v1/authn/factors/${alice.factor}/verify`, { stateToken, passCode });
  assert.equal((await here.call("POST", "/api/v1/sessions", { sessionToken: done.body.sessionToken })).status, 204);
  assert.equal((await here.call("GET", "/api/v1/sessions/me")).status, 200);
  assert.equal((await old.call("GET", "/api/v1/sessions/me")).status, 404);
  assert.notEqual((await half.call("POST", "/api/v1/sessions", { sessionToken: unused })).status, 204);
  assert.equal((await other.call("GET", "/api/v1/sessions/me")).status, 200);
  assert.deepEqual((await org.events("session.ended")).at(-1)?.data, { count: 1 });
});

test("S18: an administrator who resets a factor ends the sessions of its user", async (t) => {
  const org = await openOrg(t);
  const [alice, bob] = [await makeSomeone(org, "alice"), await makeSomeone(org, "bob")];
  const [hers, his] = [new TestBrowser(org), new TestBrowser(org)];
  await hers.signIn(alice);
  await his.signIn(bob);
  assert.equal((await org.call("owner", "DELETE", `/api/v1/users/${alice.id}/factors/${alice.factor}`)).status, 204);
  assert.equal((await hers.call("GET", "/api/v1/sessions/me")).status, 404);
  assert.equal((await his.call("GET", "/api/v1/sessions/me")).status, 200);
  const ended = (await org.events("session.ended")).at(-1);
  assert.deepEqual([ended?.target?.id, ended?.data], [alice.id, { count: 1 }]);
});

test("change_password has the limits of primary authentication, by address and by transaction", async (t) => {
  const org = await openOrg(t);
  const alice = await makeSomeone(org, "alice");
  await org.call("owner", "POST", `/api/v1/users/${alice.id}/lifecycle/expire_password`);
  const browser = new TestBrowser(org);
  const { stateToken } = (await browser.call("POST", "/api/v1/authn", { username: "alice", password: PASSWORD })).body;
  const statuses: number[] = [];
  for (let count = 0; count < 22; count++) {
    const chosen = { stateToken, oldPassword: PASSWORD, newPassword: "short" };
    statuses.push((await browser.call("POST", "/api/v1/authn/credentials/change_password", chosen)).status);
  }
  assert.equal(statuses[0], 403);
  assert.equal(statuses.at(-1), 429);
});

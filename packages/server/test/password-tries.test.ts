/** Wrong passwords: the wait that grows, the cap, the lock that only the right password sees, and what they do not touch (S2, S3, S16). */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openLogonOrg, PASSWORD } from "./logon-org.ts";
import { make } from "./test-org.ts";

const { org, host, alice } = await openLogonOrg();
after(() => org.close());

// Behind the admin socket no rate limit is in the way of the count.
async function primary(username: string, password: string): Promise<{ status: number; body: any }> {
  const answer = await org.admin.inject({ method: "POST", url: "/api/v1/authn", payload: { username, password } });
  const { errorId: _, expiresAt: __, stateToken, ...body } = answer.json();
  return { status: answer.statusCode, body: { ...body, ...(stateToken ? { stateToken } : {}) } };
}

const tries = (id = alice.id) => org.deps.store.read((tx) => tx.users.passwordTries(id));
const setTries = (failures: number) => org.deps.store.inTransaction((tx) => tx.users.setPasswordTries(alice.id, { failures, nextAt: 0 }));
const nobody = () => primary("nobody", "x");

test("S2, S16: after five wrong ones not even the right password is looked at before the wait is over; the answer is that of a wrong one", async () => {
  for (let count = 1; count <= 5; count++) assert.deepEqual(await primary("alice", "wrong"), await nobody());
  const { failures, nextAt } = await tries();
  assert.deepEqual([failures, nextAt - org.clock.now], [5, 30_000]);
  assert.deepEqual(await primary("alice", PASSWORD), await nobody());
  assert.equal((await tries()).failures, 5, "nothing was looked at, and nothing counted");
  org.clock.now += 30_000;
  assert.equal((await primary("alice", PASSWORD)).body.status, "MFA_REQUIRED");
  assert.deepEqual({ ...(await tries()) }, { failures: 0, nextAt: 0 });
});

test("S2: fifty at once get no further than one after the other", async () => {
  await Promise.all(Array.from({ length: 50 }, () => primary("alice", "wrong")));
  assert.equal((await tries()).failures, 5);
  await setTries(0);
});

test("S2, S16: the hundredth locks the user; only the right password is told so, and once in an hour at most", async () => {
  await setTries(99);
  assert.deepEqual(await primary("alice", "wrong"), await nobody());
  assert.equal((await org.manage("GET", `/api/v1/users/${alice.id}`)).body.status, "LOCKED_OUT");
  const events = (await org.manage("GET", "/api/v1/logs?limit=1000")).body;
  assert.ok(events.some((event: any) => event.eventType === "user.locked" || JSON.stringify(event).includes("user.locked")));
  assert.deepEqual(await primary("alice", PASSWORD), await nobody(), "the wait holds for the right one too");
  org.clock.now += 3_600_000;
  assert.deepEqual((await primary("alice", PASSWORD)).body, { status: "LOCKED_OUT", _links: {} });
  assert.deepEqual(await primary("alice", PASSWORD), await nobody(), "and again for an hour");
  await make(org, "POST", `/api/v1/users/${alice.id}/lifecycle/unlock`);
  assert.equal((await primary("alice", PASSWORD)).body.status, "MFA_REQUIRED");
});

test("S3: wrong passwords count nothing on a factor, and wrong codes nothing on the password", async () => {
  const failures = async () => (await org.manage("GET", `/api/v1/users/${alice.id}/factors`)).body[0].failures;
  await primary("alice", "wrong");
  assert.equal(await failures(), 0);
  const { stateToken } = (await primary("alice", PASSWORD)).body;
  const url = `/api/v1/authn/factors/${alice.factor}/verify`;
  const passCode = alice.code(org.clock.now) === "000000" ? "111111" : "000000";
  assert.equal((await org.app.inject({ method: "POST", url, payload: { stateToken, passCode } })).statusCode, 403);
  assert.equal(await failures(), 1);
  assert.equal((await tries()).failures, 0);
});

test("S2: a machine that leaves the password to the org counts with the same tries, and hears nothing of the wait", async () => {
  await setTries(0);
  const attempt = async (password: string) => {
    const { body } = await host.call("/api/v1/authn/logon", host.request("alice", { password: "none" }));
    return host.call("/api/v1/authn", { stateToken: body.stateToken, password });
  };
  for (let count = 1; count <= 5; count++) assert.equal((await attempt("wrong")).body.cause, "user.password");
  assert.equal((await tries()).failures, 5);
  assert.equal((await attempt(PASSWORD)).body.cause, "user.password");
  org.clock.now += 30_000;
  assert.equal((await attempt(PASSWORD)).body.status, "MFA_REQUIRED");
});

test("S14: with the queue of hashes full nothing was compared, and no try is used up", async () => {
  const verify = org.deps.passwords.verify;
  org.deps.passwords.verify = async () => "overloaded";
  assert.equal((await primary("alice", PASSWORD)).status, 503);
  org.deps.passwords.verify = verify;
  assert.equal((await tries()).failures, 0);
});

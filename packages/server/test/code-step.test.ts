/** The code step of a logon: what a right, wrong, used, early, repeated or late code does, and how many tries there are. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openLogonOrg } from "./logon-org.ts";
import { make, payloadOf, why } from "./test-org.ts";

const { org, host, alice, appId, nextStep, person } = await openLogonOrg();
after(() => org.close());

test("a wrong code keeps the transaction open; the right one after it lets in", async () => {
  const bob = await person("bob");
  const now = nextStep();
  const request = host.request("bob");
  const { body } = await host.call("/api/v1/authn/logon", request);
  const wrong = await host.verify(body.stateToken, bob.factor, bob.code(now) === "000000" ? "111111" : "000000");
  assert.equal(wrong.status, 403);
  assert.equal(wrong.body.errorCode, "E0000068");
  assert.equal(wrong.body.cause, "factor.code-wrong");
  const right = await host.verify(body.stateToken, bob.factor, bob.code(now));
  assert.equal(right.body.status, "SUCCESS");
});

test("S4: a code works once; the second logon with it is factor.code-used", async () => {
  const now = nextStep();
  const first = await host.call("/api/v1/authn/logon", host.request("alice"));
  assert.equal((await host.verify(first.body.stateToken, alice.factor, alice.code(now))).status, 200);
  const second = await host.call("/api/v1/authn/logon", host.request("alice"));
  const again = await host.verify(second.body.stateToken, alice.factor, alice.code(now));
  assert.equal(again.status, 403);
  assert.equal(again.body.cause, "factor.code-used");
});

test("S5: a code from outside the window is refused as clock.factor and burnt, so that it fails when its time comes", async () => {
  const carol = await person("carol");
  const now = nextStep();
  const later = carol.code(now + 5 * 30_000);
  const first = await host.call("/api/v1/authn/logon", host.request("carol"));
  const early = await host.verify(first.body.stateToken, carol.factor, later);
  assert.equal(early.body.cause, "clock.factor");
  org.clock.now = now + 5 * 30_000;
  const second = await host.call("/api/v1/authn/logon", host.request("carol"));
  const onTime = await host.verify(second.body.stateToken, carol.factor, later);
  assert.equal(onTime.body.cause, "factor.code-used");
});

test("S8: a code of another length is never looked at and counts nothing", async () => {
  nextStep();
  const failures = async () => (await org.manage("GET", `/api/v1/users/${alice.id}/factors`)).body[0].failures;
  const before = await failures();
  const { body } = await host.call("/api/v1/authn/logon", host.request("alice"));
  const answer = await host.verify(body.stateToken, alice.factor, "12345");
  assert.equal(answer.body.cause, "factor.code-malformed");
  assert.equal(await failures(), before);
});

test("S1, S2: wrong codes make the wait grow; 100 in a row lock the factor, and a locked factor is factor.locked, never none", async () => {
  const dave = await person("dave");
  nextStep();
  let waits = 0;
  let lockedAfter = 0;
  for (let tries = 0; tries < 100; ) {
    const opened = await host.call("/api/v1/authn/logon", host.request("dave"));
    assert.equal(opened.status, 200, JSON.stringify(opened.body));
    const right = dave.code(org.clock.now);
    const answer = await host.verify(opened.body.stateToken, dave.factor, right === "123456" ? "654321" : "123456");
    if (answer.body.cause === "factor.throttled") {
      waits += 1;
      org.clock.now += answer.body.evidence.waitSeconds * 1000;
      continue;
    }
    tries += 1;
    lockedAfter = tries;
  }
  assert.equal(lockedAfter, 100);
  assert.ok(waits > 90, `${waits} waits`);
  org.clock.now += 24 * 3_600_000;
  const request = host.request("dave");
  const refused = await host.call("/api/v1/authn/logon", request);
  assert.equal(refused.body.cause, "factor.locked");
  assert.equal((await why(org, request.reference)).cause, "factor.locked");
});

test("a retry with the same input id gets the same answer: a lost one does not use up a code", async () => {
  const now = nextStep();
  const { body } = await host.call("/api/v1/authn/logon", host.request("alice"));
  const code = alice.code(now);
  const first = await host.verify(body.stateToken, alice.factor, code, "input-0001");
  const retry = await host.verify(body.stateToken, alice.factor, code, "input-0001");
  assert.equal(first.body.status, "SUCCESS");
  assert.equal(retry.body.status, "SUCCESS");
  assert.equal(payloadOf(retry.body.decision).reference, payloadOf(first.body.decision).reference);
  const other = await host.verify(body.stateToken, alice.factor, code, "input-0002");
  assert.equal(other.status, 403);
});

test("a person suspended while the prompt is open does not get in with the right code", async () => {
  const erin = await person("erin");
  const now = nextStep();
  const request = host.request("erin");
  const { body } = await host.call("/api/v1/authn/logon", request);
  await make(org, "POST", `/api/v1/users/${erin.id}/lifecycle/suspend`);
  const answer = await host.verify(body.stateToken, erin.factor, erin.code(now));
  assert.equal(answer.status, 403);
  assert.equal((await why(org, request.reference)).cause, "user.suspended");
});

test("a factor is marked as used when it lets in, recovery codes as well as an app; an administrator's code marks none", async () => {
  const uma = await person("uma");
  const path = `/api/v1/users/${uma.id}`;
  const set = await make(org, "POST", `${path}/factors`, { factorType: "recovery_codes" });
  const bypass = await make(org, "POST", `${path}/bypass-codes`, { app: appId, reason: "phone left at home" });
  const used = async () => {
    const rows = await org.deps.store.read((tx) => tx.enrolments.ofUser(uma.id));
    return Object.fromEntries(rows.map(({ kind, lastUsed }) => [kind, lastUsed]));
  };
  const attempt = async (factor: string, code: string) => {
    const { body } = await host.call("/api/v1/authn/logon", host.request("uma"));
    return (await host.verify(body.stateToken, factor, code)).body.status;
  };
  nextStep();
  assert.equal(await attempt(uma.factor, uma.code(org.clock.now) === "000000" ? "111111" : "000000"), undefined);
  assert.equal(await attempt(uma.factor, bypass.code), "SUCCESS");
  assert.deepEqual(await used(), { totp: null, recovery: null });
  const first = nextStep();
  assert.equal(await attempt(uma.factor, uma.code(first)), "SUCCESS");
  const second = nextStep();
  assert.equal(await attempt(uma.factor, set._embedded.activation.codes[0]), "SUCCESS");
  assert.deepEqual(await used(), { totp: first, recovery: second });
});

/** A logon over the host link: the right code lets in with a signed decision; everything else is refused with exactly one cause. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, test } from "node:test";
import type { LogEvent } from "@sallyport/contracts";
import { compactVerify, importJWK, type JWK } from "jose";
import { afterTimeline } from "../src/flows/after-timeline.ts";
import { openLogonOrg } from "./logon-org.ts";
import { make, makePerson, ORG_URL, TestHost, why } from "./test-org.ts";

const { org, host, appId, alice, nextStep, person } = await openLogonOrg();
after(() => org.close());

test("the right code lets in, in two calls, with a decision that names host, person, request and log head", async () => {
  const now = nextStep();
  const request = host.request("alice");
  const opened = await host.call("/api/v1/authn/logon", request);
  assert.equal(opened.status, 200);
  assert.equal(opened.body.status, "MFA_REQUIRED");
  const [factor] = opened.body._embedded.factors;
  assert.equal(factor.id, alice.factor);
  const done = await host.verify(opened.body.stateToken, factor.id, alice.code(now));
  assert.equal(done.body.status, "SUCCESS");
  const key = await importJWK(org.deps.keys.publicJwk() as JWK, "ES256");
  const { payload, protectedHeader } = await compactVerify(done.body.decision, key);
  const claims = JSON.parse(Buffer.from(payload).toString());
  assert.equal(protectedHeader.typ, "sallyport-decision+jws");
  assert.equal(claims.iss, ORG_URL);
  assert.equal(claims.aud, host.id);
  assert.equal(claims.reference, request.reference);
  assert.equal(claims.nonce, request["nonce"]);
  assert.equal(claims.logonHash, createHash("sha256").update(JSON.stringify(request)).digest("base64url"));
  assert.deepEqual(claims.user, { id: alice.id, login: "alice" });
  assert.deepEqual(claims.amr, ["pwd", "otp"]);
  const record = await why(org, request.reference);
  assert.equal(record.result, "allow");
  assert.equal(record.cause, null);
  assert.ok(claims.head.seq > 0);
});

test("a logon of who tries the agent in a terminal is told as a trial in its record and in the log, and no other is", async () => {
  for (const trial of [true, undefined]) {
    const now = nextStep();
    const request = host.request("alice", trial ? { trial } : {});
    const { body } = await host.call("/api/v1/authn/logon", request);
    assert.equal((await host.verify(body.stateToken, alice.factor, alice.code(now))).body.status, "SUCCESS");
    assert.equal((await why(org, request.reference)).evidence["trial"], trial);
    const tail = await make(org, "GET", "/api/v1/log/tail?limit=50");
    const said = tail.find((event: LogEvent) => event.type === "logon.allowed" && event.reference === request.reference);
    assert.equal(said?.data.trial, trial);
  }
});

/** Refused before anything is asked: true cause in the org, what the host hears, and how it is brought about. */
const REFUSED: { cause: string; told: string; username: string; prepare: () => Promise<void>; request?: object }[] = [
  { cause: "user.unknown", told: "user.refused", username: "nobody", prepare: async () => {} },
  {
    cause: "app.not-assigned",
    told: "user.refused",
    username: "unassigned",
    prepare: async () => void (await makePerson(org, "unassigned")),
  },
  {
    cause: "user.ambiguous",
    told: "user.refused",
    username: "twin",
    prepare: async () => {
      for (const source of ["north", "south"]) {
        const user = await make(org, "POST", "/api/v1/users?activate=true", { profile: { login: "twin" }, source, externalId: "1" });
        // S29 holds the newcomer back; an administrator decides to keep both.
        if (user.status !== "ACTIVE") await make(org, "POST", `/api/v1/users/${user.id}/lifecycle/activate`);
        await make(org, "POST", `/api/v1/apps/${appId}/users`, { id: user.id });
      }
    },
  },
  {
    cause: "user.suspended",
    told: "user.refused",
    username: "sue",
    prepare: async () => void (await make(org, "POST", `/api/v1/users/${(await person("sue")).id}/lifecycle/suspend`)),
  },
  {
    cause: "user.deactivated",
    told: "user.refused",
    username: "dora",
    prepare: async () => void (await make(org, "POST", `/api/v1/users/${(await person("dora")).id}/lifecycle/deactivate`)),
  },
  {
    cause: "factor.none",
    told: "factor.none",
    username: "nofactor",
    prepare: async () => {
      const user = await make(org, "POST", "/api/v1/users?activate=true", { profile: { login: "nofactor" } });
      await make(org, "POST", `/api/v1/apps/${appId}/users`, { id: user.id });
    },
  },
];

for (const { cause, told, username, prepare } of REFUSED) {
  test(`${cause}: the host hears ${told}, the org keeps the true cause with evidence`, async () => {
    nextStep();
    await prepare();
    const request = host.request(username);
    const answer = await host.call("/api/v1/authn/logon", request);
    assert.equal(answer.status, 403);
    assert.equal(answer.body.cause, told);
    assert.equal(answer.body.reference, request.reference);
    const record = await why(org, request.reference);
    assert.equal(record.result, "deny");
    assert.equal(record.cause, cause);
    assert.equal(record.told ?? record.cause, told);
  });
}

test("S16: unknown, unassigned, ambiguous and suspended users are one answer to a host, but for reference and error id", async () => {
  const shape = async (name: string) => {
    const { status, body } = await host.call("/api/v1/authn/logon", host.request(name));
    return JSON.stringify({ status, ...body, reference: "", errorId: "" });
  };
  const answers = new Set(await Promise.all(["nobody", "unassigned", "twin", "sue", "dora"].map(shape)));
  assert.equal(answers.size, 1);
});

test("S9: a transaction ends ten minutes after opening whatever happens, and is then logon.expired", async () => {
  nextStep();
  const request = host.request("alice");
  const { body } = await host.call("/api/v1/authn/logon", request);
  org.clock.now += 10 * 60_000 + 1;
  const answer = await host.verify(body.stateToken, alice.factor, alice.code(org.clock.now));
  assert.equal(answer.status, 401);
  assert.equal(answer.body.cause, "logon.expired");
});

test("a repeated logon request after a lost answer finds the transaction that it opened", async () => {
  nextStep();
  const request = host.request("alice");
  const first = await host.call("/api/v1/authn/logon", request);
  const again = await host.call("/api/v1/authn/logon", request);
  assert.equal(again.body.stateToken, first.body.stateToken);
  const other = await host.call("/api/v1/authn/logon", { ...request, username: "bob" });
  assert.equal(other.body.cause, "logon.out-of-order");
});

test("a repeated logon request for a logon that ended meanwhile is told why it ended", async () => {
  nextStep();
  const left = host.request("alice");
  const { body } = await host.call("/api/v1/authn/logon", left);
  await host.call("/api/v1/authn/cancel", { stateToken: body.stateToken, cause: "factor.timeout" });
  const cancelled = await host.call("/api/v1/authn/logon", left);
  assert.deepEqual([cancelled.status, cancelled.body.cause, cancelled.body.reference], [403, "factor.timeout", left.reference]);
  const forgotten = host.request("alice");
  await host.call("/api/v1/authn/logon", forgotten);
  await org.deps.store.inTransaction((tx) => afterTimeline(tx, { before: 1, after: 2 }));
  org.clock.now += 2_000;
  const ended = await host.call("/api/v1/authn/logon", forgotten);
  assert.deepEqual([ended.status, ended.body.cause], [403, "org.timeline"]);
});

test("the person who fails and gives up was refused for the failure; who just leaves was logon.cancelled", async () => {
  nextStep();
  const left = host.request("alice");
  const opened = await host.call("/api/v1/authn/logon", left);
  assert.equal((await host.call("/api/v1/authn/cancel", { stateToken: opened.body.stateToken, cause: "logon.cancelled" })).status, 200);
  assert.equal((await why(org, left.reference)).cause, "logon.cancelled");
  const failed = host.request("alice");
  const second = await host.call("/api/v1/authn/logon", failed);
  await host.verify(second.body.stateToken, alice.factor, "000000");
  await host.call("/api/v1/authn/cancel", { stateToken: second.body.stateToken, cause: "logon.cancelled" });
  assert.notEqual((await why(org, failed.reference)).cause, "logon.cancelled");
});

test("a logon that is let in keeps the findings of its host: the last self-check's, and the clock as it was", async () => {
  const own = await TestHost.enrol(org, appId, "found");
  const slash = { cause: "url.trailing-slash", evidence: '{"value":"https://mfa.corp.example/"}' };
  const stale = { cause: "clock.host", evidence: '{"offsetMs":99}' };
  const check = await own.selfCheck({ findings: [slash, stale] });
  own.generation = check.body.generation;
  const findingsAt = async (offsetMs: number) => {
    const now = nextStep();
    const request = own.request("alice", { hostTime: now + offsetMs });
    const { body } = await own.call("/api/v1/authn/logon", request);
    assert.equal((await own.verify(body.stateToken, alice.factor, alice.code(now))).body.status, "SUCCESS");
    const logon = await why(org, request.reference);
    assert.equal(logon.evidence["findings"], undefined, "once, in its own place");
    return logon.findings;
  };
  assert.deepEqual(await findingsAt(0), [slash]);
  assert.deepEqual(await findingsAt(-3_600_000), [slash, { cause: "clock.host", evidence: '{"offsetMs":-3600000,"direction":"slow"}' }]);
});

/** A logon over the host link: the right code lets in with a signed decision; everything else is refused with exactly one cause. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { compactVerify, importJWK, type JWK } from "jose";
import { make, makeApp, makePerson, ORG_URL, openTestOrg, payloadOf, TestHost, type TestOrg, type TestPerson, why } from "./test-org.ts";

let org: TestOrg;
let host: TestHost;
let appId: string;
let alice: TestPerson;

before(async () => {
  org = await openTestOrg();
  alice = await makePerson(org, "alice", "correct horse battery staple");
  appId = await makeApp(org, "servers", [alice]);
  host = await TestHost.enrol(org, appId);
});
after(() => org.close());

/** Another step of the clock, so that codes of earlier tests are not in the way. */
function nextStep(): number {
  org.clock.now += 10 * 60_000;
  return org.clock.now;
}

async function person(login: string): Promise<TestPerson> {
  const made = await makePerson(org, login);
  await make(org, "POST", `/api/v1/apps/${appId}/users`, { id: made.id });
  return made;
}

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

test("S9: a transaction ends ten minutes after opening whatever happens, and is then logon.expired", async () => {
  nextStep();
  const request = host.request("alice");
  const { body } = await host.call("/api/v1/authn/logon", request);
  org.clock.now += 10 * 60_000 + 1;
  const answer = await host.verify(body.stateToken, alice.factor, alice.code(org.clock.now));
  assert.equal(answer.status, 401);
  assert.equal(answer.body.cause, "logon.expired");
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

test("a repeated logon request after a lost answer finds the transaction that it opened", async () => {
  nextStep();
  const request = host.request("alice");
  const first = await host.call("/api/v1/authn/logon", request);
  const again = await host.call("/api/v1/authn/logon", request);
  assert.equal(again.body.stateToken, first.body.stateToken);
  const other = await host.call("/api/v1/authn/logon", { ...request, username: "bob" });
  assert.equal(other.body.cause, "logon.out-of-order");
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

test("with no password proved, every name gets the same first answer; the org checks the password", async () => {
  const now = nextStep();
  const known = await host.call("/api/v1/authn/logon", host.request("alice", { password: "none" }));
  const unknown = await host.call("/api/v1/authn/logon", host.request("nobody", { password: "none" }));
  const shape = (body: any) => JSON.stringify({ ...body, stateToken: "" });
  assert.equal(shape(known.body), shape(unknown.body));
  assert.equal(known.body.status, "UNAUTHENTICATED");
  const early = await host.verify(known.body.stateToken, alice.factor, alice.code(now));
  assert.equal(early.body.cause, "logon.out-of-order", "S3: no code is looked at before the password");
  const wrong = await host.call("/api/v1/authn", { stateToken: known.body.stateToken, password: "wrong" });
  const nobody = await host.call("/api/v1/authn", { stateToken: unknown.body.stateToken, password: "wrong" });
  assert.equal(wrong.body.cause, "user.password");
  assert.deepEqual([wrong.status, wrong.body.cause, wrong.body.errorSummary], [nobody.status, nobody.body.cause, nobody.body.errorSummary]);
  const right = await host.call("/api/v1/authn", { stateToken: known.body.stateToken, password: "correct horse battery staple" });
  assert.equal(right.body.status, "MFA_REQUIRED");
  const done = await host.verify(known.body.stateToken, alice.factor, alice.code(now));
  assert.equal(done.body.status, "SUCCESS");
});

test("S16: with no password proved, a shared or unknown name ends like a wrong password to the host, and by its cause in the record", async () => {
  const twin = { profile: { login: "alice" }, source: "hr", externalId: "alice-hr" };
  const { id } = await make(org, "POST", "/api/v1/users", twin);
  await make(org, "POST", `/api/v1/users/${id}/lifecycle/activate`);
  await make(org, "POST", `/api/v1/apps/${appId}/users`, { id });
  const ends: string[] = [];
  for (const [name, cause] of [
    ["alice", "user.ambiguous"],
    ["nobody", "user.unknown"],
    ["dave", "user.password"],
  ] as const) {
    const request = host.request(name, { password: "none" });
    const { body } = await host.call("/api/v1/authn/logon", request);
    const tries = [];
    for (let at = 0; at < 3; at++) tries.push(await host.call("/api/v1/authn", { stateToken: body.stateToken, password: "wrong" }));
    ends.push(JSON.stringify(tries.map(({ status, body: said }) => ({ status, ...said, errorId: "", reference: "" }))));
    const logon = await why(org, request.reference);
    assert.deepEqual([logon.result, logon.cause, logon.told ?? logon.cause], ["deny", cause, "user.password"], name);
  }
  assert.equal(new Set(ends).size, 1, ends.join("\n"));
  await make(org, "POST", `/api/v1/users/${id}/lifecycle/deactivate`);
  await make(org, "DELETE", `/api/v1/users/${id}`);
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

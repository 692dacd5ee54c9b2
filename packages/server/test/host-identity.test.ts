/** Who calls: every way in which a host's assertion can be wrong is refused with its own cause, and strangers learn nothing. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { make, makeApp, makePerson, openTestOrg, payloadOf, TestHost, type TestOrg, why } from "./test-org.ts";

let org: TestOrg;
let appId: string;
let host: TestHost;
const LOGON = "/api/v1/authn/logon";

before(async () => {
  org = await openTestOrg();
  appId = await makeApp(org, "servers", [await makePerson(org, "alice")]);
  host = await TestHost.enrol(org, appId);
});
after(() => org.close());

const STRANGERS: [string, (payload: string) => string | undefined][] = [
  ["no token", () => undefined],
  ["a token that is none", () => "abc"],
  [
    "an unknown host id",
    (p) => host.jws("sallyport-host+jwt", host.claims(p, { iss: "hst_00000000000000000000", sub: "hst_00000000000000000000" })),
  ],
  ["another key", (p) => new TestHost(org).jws("sallyport-host+jwt", host.claims(p))],
  [
    "alg none",
    (p) =>
      `${Buffer.from('{"alg":"none","typ":"sallyport-host+jwt"}').toString("base64url")}.${Buffer.from(JSON.stringify(host.claims(p))).toString("base64url")}.`,
  ],
  [
    "a key in the header",
    (p) => {
      const stranger = new TestHost(org);
      return stranger.jws("sallyport-host+jwt", host.claims(p), { jwk: stranger.jwk });
    },
  ],
  ["alg HS256 with the public key as secret", (p) => host.jws("sallyport-host+jwt", host.claims(p), { alg: "HS256" })],
];

test("S16, S20: whoever proves nothing gets one and the same 401, whatever was wrong", async () => {
  const answers = new Set<string>();
  for (const [, token] of STRANGERS) {
    const body = host.request("alice");
    const signed = token(JSON.stringify(body));
    const answer = await org.app.inject({
      method: "POST",
      url: LOGON,
      payload: body,
      headers: signed === undefined ? {} : { authorization: `Bearer ${signed}` },
    });
    assert.equal(answer.statusCode, 401);
    answers.add(JSON.stringify({ ...answer.json(), errorId: "" }));
  }
  assert.equal(answers.size, 1, [...answers].join("\n"));
});

const PROVEN: { name: string; cause: string; change?: object; typ?: string; evidence?: string }[] = [
  { name: "another typ", cause: "client.assertion-invalid", typ: "sallyport-decision+jws", evidence: "typ" },
  { name: "sub is not iss", cause: "client.assertion-invalid", change: { sub: "hst_00000000000000000000" }, evidence: "sub" },
  {
    name: "good for too long",
    cause: "client.assertion-invalid",
    change: { exp: Math.floor(Date.UTC(2026, 10, 24, 12) / 1000) + 3600 },
    evidence: "exp",
  },
  { name: "another body", cause: "client.assertion-invalid", change: { bh: randomBytes(32).toString("base64url") }, evidence: "bh" },
  { name: "another org", cause: "client.assertion-invalid", change: { aud: "https://other.example" }, evidence: "aud" },
  { name: "a claim too many", cause: "client.assertion-invalid", change: { admin: true }, evidence: "claims" },
];

for (const { name, cause, change, typ, evidence } of PROVEN) {
  test(`S20: ${name}: ${cause}, naming ${evidence}`, async () => {
    const request = host.request("alice");
    const payload = JSON.stringify(request);
    const token = host.jws(typ ?? "sallyport-host+jwt", host.claims(payload, change));
    const answer = await host.call(LOGON, request, {}, token);
    assert.equal(answer.status, 401);
    assert.equal(answer.body.cause, cause);
    assert.equal(answer.body.evidence.which, evidence);
    assert.equal((await why(org, request.reference)).cause, cause);
  });
}

test("the audience may have a trailing slash or another case", async () => {
  for (const aud of ["https://mfa.corp.example/", "https://MFA.corp.example"]) {
    assert.equal((await host.call(LOGON, host.request("alice"), { aud })).status, 200);
  }
});

test("S4, S20: an assertion works once; the replay is client.replayed even after a refusal", async () => {
  const request = host.request("nobody");
  const token = host.jws("sallyport-host+jwt", host.claims(JSON.stringify(request)));
  assert.equal((await host.call(LOGON, request, {}, token)).body.cause, "user.refused");
  const replay = await host.call(LOGON, request, {}, token);
  assert.equal(replay.status, 401);
  assert.equal(replay.body.cause, "client.replayed");
});

for (const seconds of [-3600, -100, 100, 3600, 86_400]) {
  test(`S15: a host clock off by ${seconds} s is clock.host with the offset; the same logon is let on with the org's time`, async () => {
    const iat = Math.floor(org.clock.now / 1000) + seconds;
    const request = host.request("alice");
    const answer = await host.call(LOGON, request, { iat, exp: iat + 60 });
    assert.equal(answer.status, 401);
    assert.equal(answer.body.cause, "clock.host");
    assert.equal(answer.body.evidence.offsetSeconds, seconds);
    assert.equal((await host.call(LOGON, request)).status, 200);
  });
}

test("S15: an assertion made with a fast clock is not good later, when its time has come", async () => {
  const request = host.request("alice");
  const iat = Math.floor(org.clock.now / 1000) + 7200;
  const token = host.jws("sallyport-host+jwt", host.claims(JSON.stringify(request), { iat, exp: iat + 60 }));
  assert.equal((await host.call(LOGON, request, {}, token)).body.cause, "clock.host");
  org.clock.now += 7200_000;
  assert.equal((await host.call(LOGON, request, {}, token)).body.cause, "client.replayed");
});

test("signed time names the caller's nonce and the org's time", async () => {
  const nonce = randomBytes(16).toString("base64url");
  const answer = await org.app.inject({ method: "POST", url: "/api/v1/time", payload: { nonce } });
  const claims = payloadOf(answer.json().time);
  assert.deepEqual(claims, { typ: "time", nonce, now: org.clock.now });
});

test("an enrolment code works once; a used one says so only to its holder", async () => {
  const { code } = await make(org, "POST", "/api/v1/host-codes", { app: appId });
  assert.equal((await new TestHost(org).redeem(code)).statusCode, 200);
  const again = await new TestHost(org).redeem(code);
  assert.equal(again.statusCode, 400);
  assert.match(again.json().errorSummary, /used/);
});

test("S4: one code, ten machines at once: exactly one is enrolled", async () => {
  const { code } = await make(org, "POST", "/api/v1/host-codes", { app: appId });
  const answers = await Promise.all(Array.from({ length: 10 }, () => new TestHost(org).redeem(code)));
  assert.equal(answers.filter((a) => a.statusCode === 200).length, 1);
});

test("an expired code is refused", async () => {
  const { code } = await make(org, "POST", "/api/v1/host-codes", { app: appId });
  org.clock.now += 24 * 3_600_000 + 1;
  assert.equal((await new TestHost(org).redeem(code)).statusCode, 400);
});

test("a revoked host is refused with client.revoked, by whom and since when", async () => {
  const revoked = await TestHost.enrol(org, appId, "old");
  await make(org, "POST", `/api/v1/hosts/${revoked.id}/lifecycle/revoke`);
  const answer = await revoked.call(LOGON, revoked.request("alice"));
  assert.equal(answer.status, 403);
  assert.equal(answer.body.cause, "client.revoked");
});

test("each self-check hands out a new generation; the one before counts until the new one is used", async () => {
  const machine = await TestHost.enrol(org, appId, "gen");
  const first = machine.generation;
  const checked = await machine.selfCheck();
  assert.equal(checked.status, 200);
  assert.notEqual(checked.body.generation, first);
  // The answer was lost: the machine goes on with what it has.
  assert.equal((await machine.call(LOGON, machine.request("alice"))).status, 200);
  machine.generation = checked.body.generation;
  assert.equal((await machine.call(LOGON, machine.request("alice"))).status, 200);
  const old = await machine.call(LOGON, machine.request("alice"), { gen: first });
  assert.equal(old.body.cause, "client.cloned");
  assert.equal((await machine.call(LOGON, machine.request("alice"))).body.cause, "client.cloned", "both are suspended");
});

test("a self-check repeated after a lost answer gets the same generation; another check with the old one is a copied disk", async () => {
  const machine = await TestHost.enrol(org, appId, "twice");
  const check = { checkId: randomBytes(16).toString("base64url") };
  const lost = await machine.selfCheck(check);
  const again = await machine.selfCheck(check);
  assert.equal(again.body.generation, lost.body.generation);
  const copy = await machine.selfCheck();
  assert.equal(copy.body.cause, "client.cloned");
});

test("S21: a log head that the org once signed and no longer holds is reported as tampering", async () => {
  const machine = await TestHost.enrol(org, appId, "head");
  const checked = await machine.selfCheck();
  machine.generation = checked.body.generation;
  const { node, seq, hash } = payloadOf(checked.body.head);
  const good = await machine.selfCheck({ head: { node, seq, hash } });
  machine.generation = good.body.generation;
  const events = async () => (await org.deps.store.read((tx) => tx.log.list({ type: "host.log-mismatch", limit: 10 }))).length;
  assert.equal(await events(), 0);
  const cut = await machine.selfCheck({ head: { node, seq: seq + 1000, hash } });
  machine.generation = cut.body.generation;
  assert.equal(await events(), 1);
  await machine.selfCheck({ head: { node, seq, hash: "0".repeat(64) } });
  assert.equal(await events(), 2);
});

test("S21: references are keyed by host: one machine cannot touch another's logon", async () => {
  const other = await TestHost.enrol(org, appId, "other");
  const request = host.request("alice");
  const opened = await host.call(LOGON, request);
  const stolen = await other.call("/api/v1/authn/cancel", { stateToken: opened.body.stateToken });
  assert.equal(stolen.status, 401);
  assert.equal((await other.call(LOGON, { ...other.request("alice"), reference: request.reference })).status, 200);
  assert.equal((await org.manage("GET", `/api/v1/logons/${request.reference}`)).body.length, 2);
});

test("a state token opened by a host is worth nothing without that host's assertion", async () => {
  const opened = await host.call(LOGON, host.request("alice"));
  for (const path of ["/api/v1/authn/introspect", "/api/v1/authn/cancel", "/api/v1/authn"]) {
    const answer = await org.app.inject({ method: "POST", url: path, payload: { stateToken: opened.body.stateToken } });
    assert.equal(answer.statusCode, 401, path);
  }
});

test("reports of a host are kept once each, and stand in why", async () => {
  const machine = await TestHost.enrol(org, appId, "reports");
  const { reference } = machine.request("alice");
  const report = { reference, at: org.clock.now, username: "alice", service: "sshd", result: "deny", cause: "user.password" };
  assert.equal((await machine.call("/api/v1/hosts/self/reports", { reports: [report] })).body.accepted, 1);
  assert.equal((await machine.call("/api/v1/hosts/self/reports", { reports: [report] })).body.accepted, 0);
  const record = await why(org, reference);
  assert.equal(record.cause, "user.password");
  assert.equal(record.reported.length, 1);
});

const refusals = (reference: string) =>
  org.deps.store.read(async (tx) => (await tx.log.list({ reference, limit: 100 })).filter(({ type }) => type === "logon.refused"));

test("a logon that the org refused is refused once in the log, whatever its host reports of it; the record has both", async () => {
  const request = host.request("nobody");
  await host.call(LOGON, request);
  const { reference } = request;
  const report = { reference, at: org.clock.now, username: "nobody", service: "sshd", result: "deny", cause: "factor.code-malformed" };
  assert.equal((await host.call("/api/v1/hosts/self/reports", { reports: [report] })).body.accepted, 1);
  assert.deepEqual(
    (await refusals(reference)).map(({ cause }) => cause),
    ["user.unknown"],
  );
  const record = await why(org, reference);
  assert.deepEqual([record.cause, record.reported.map(({ cause }) => cause)], ["user.unknown", ["factor.code-malformed"]]);
});

test("what a host reports of a logon that the org never saw, or has not ended, is an event, each time", async () => {
  const { reference } = host.request("alice");
  const opened = host.request("alice");
  assert.equal((await host.call(LOGON, opened)).body.status, "MFA_REQUIRED");
  const one = { at: org.clock.now, username: "alice", service: "sshd", result: "deny" };
  const reports = [
    { ...one, reference, cause: "net.dns" },
    { ...one, reference, cause: "net.timeout" },
    { ...one, reference: opened.reference, cause: "net.timeout" },
  ];
  assert.equal((await host.call("/api/v1/hosts/self/reports", { reports })).body.accepted, 3);
  assert.deepEqual((await refusals(reference)).map(({ cause }) => cause).sort(), ["net.dns", "net.timeout"]);
  assert.equal((await refusals(opened.reference)).length, 1);
});

/** A push from the logon to the phone and back: what lets in, what ends it, and what is never asked. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { SoftAuthenticator } from "../../../e2e/machine/soft-authenticator.ts";
import { openLogonOrg, PASSWORD } from "./logon-org.ts";
import { TestPhone } from "./phone.ts";
import { make, ORG_URL, why } from "./test-org.ts";

const { org, host, alice, nextStep, person } = await openLogonOrg();
after(() => org.close());
const phone = await TestPhone.of(org, alice.id);

/** A logon whose push was asked for; the number as the host hears it. */
async function asked(login = "alice", factor = phone.factor, change: object = {}) {
  nextStep();
  const request = host.request(login, change);
  const { body } = await host.call("/api/v1/authn/logon", request);
  const poll = (id = factor) => host.call(`/api/v1/authn/factors/${id}/verify`, { stateToken: body.stateToken });
  const first = await poll();
  return {
    request,
    stateToken: body.stateToken as string,
    poll,
    first,
    number: first.body._embedded?.factor._embedded?.challenge.correctAnswer,
  };
}

test("S10: the logon shows a number of two digits, the phone user, host, service, address and time, and never the number", async () => {
  const { first, number, poll } = await asked();
  assert.equal(first.status, 200, JSON.stringify(first.body));
  assert.equal(first.body.status, "MFA_CHALLENGE");
  assert.equal(first.body.factorResult, "WAITING");
  assert.equal(first.body._links.next.name, "poll");
  assert.match(String(number), /^[1-9][0-9]$/);
  const request = await phone.one();
  const { time, ...shown } = request.shown;
  assert.deepEqual(shown, { user: "alice", host: "srv01", service: "sshd", address: { value: "203.0.113.7", origin: "socket" } });
  assert.equal(Date.parse(time), org.clock.now);
  assert.ok(!JSON.stringify({ ...request, shown: { ...shown } }).includes(`"${number}"`));
  assert.ok(!("number" in request));
  assert.equal((await poll()).body.factorResult, "WAITING");
  const answered = await phone.answer(request, "yes", { number: String(number) });
  assert.equal(answered.body.result, "approved", JSON.stringify(answered.body));
  const done = await poll();
  assert.equal(done.body.status, "SUCCESS");
  assert.ok(done.body.decision);
  assert.equal((await org.deps.store.read((tx) => tx.enrolments.byId(phone.factor)))?.lastUsed, org.clock.now);
  assert.deepEqual(await phone.open(), []);
});

test("S10, S1: another number ends the request and counts as a failure; a right one afterwards is too late", async () => {
  const { number, poll, request } = await asked();
  const open = await phone.one();
  const other = number === 42 ? "43" : "42";
  assert.equal((await phone.answer(open, "yes", { number: other })).body.result, "mismatch");
  assert.equal((await phone.answer(open, "yes", { number: String(number) })).body.result, "elsewhere");
  const told = await poll();
  assert.equal(told.body.status, "MFA_CHALLENGE");
  assert.equal(told.body.factorResult, "REJECTED");
  assert.equal(told.body.cause, "factor.number-mismatch");
  const factors = (await org.manage("GET", `/api/v1/users/${alice.id}/factors`)).body;
  assert.equal(factors.find(({ id }: { id: string }) => id === phone.factor).failures, 1);
  // The next call asks anew, with another request and another number.
  const again = await poll();
  assert.equal(again.body.factorResult, "WAITING");
  const next = await phone.one();
  assert.notEqual(next.challenge, open.challenge);
  const right = again.body._embedded.factor._embedded.challenge.correctAnswer;
  assert.equal((await phone.answer(next, "yes", { number: String(right) })).body.result, "approved");
  assert.equal((await poll()).body.status, "SUCCESS");
  assert.equal((await why(org, request.reference)).result, "allow");
});

test("a no on the phone is told to the host once, and the other factors stay open", async () => {
  const { poll, stateToken } = await asked();
  assert.equal((await phone.answer(await phone.one(), "no")).body.result, "denied");
  const told = await poll();
  assert.equal(told.body.factorResult, "REJECTED");
  assert.equal(told.body.cause, "factor.push-denied");
  assert.equal((await host.verify(stateToken, alice.factor, alice.code(org.clock.now))).body.status, "SUCCESS");
});

test("S9: after sixty seconds the request is dead: the host hears of it, and an answer is too late", async () => {
  const { poll, number } = await asked();
  const open = await phone.one();
  org.clock.now += 60_000;
  assert.deepEqual(await phone.open(), []);
  assert.equal((await phone.answer(open, "yes", { number: String(number) })).body.result, "expired");
  const told = await poll();
  assert.equal(told.body.factorResult, "TIMEOUT");
  assert.equal(told.body.cause, "factor.push-timeout");
});

test("S9: an answer is for its own logon: one that names another transaction is refused, and lets nobody in", async () => {
  const { number, poll } = await asked();
  const open = await phone.one();
  const bob = await person("bob");
  const bobs = await TestPhone.of(org, bob.id);
  assert.equal((await phone.answer({ ...open, transaction: "trx_00000000000000000000" }, "yes", { number: String(number) })).status, 403);
  // Somebody else's phone, even with the right number.
  assert.equal((await bobs.answer(open, "yes", { number: String(number) })).status, 403);
  assert.deepEqual(await bobs.open(), []);
  assert.equal((await poll()).body.factorResult, "WAITING");
});

test("what the phone signs is what it showed: an answer over another host is refused", async () => {
  const { number, poll } = await asked();
  const open = await phone.one();
  const forged = { ...open, shown: { ...open.shown, host: "srv99" } };
  const answer = await phone.answer(forged, "yes", { number: String(number) });
  assert.equal(answer.status, 403);
  assert.deepEqual(answer.body.evidence, { which: "shown" });
  assert.equal((await poll()).body.factorResult, "WAITING");
});

test("S4: a signed call works once, and only as what it was signed for", async () => {
  const { number } = await asked();
  const open = await phone.one();
  const look = phone.jws(phone.claims("phone-requests", {}));
  assert.equal((await phone.send("requests", look)).status, 200);
  assert.equal((await phone.send("requests", look)).status, 401);
  assert.equal((await phone.send("answer", phone.jws(phone.claims("phone-requests", {})))).status, 403);
  const signed = phone.jws(phone.answerClaims(open, "yes", { number: String(number) }));
  assert.equal((await phone.send("answer", signed)).body.result, "approved");
  const again = await phone.send("answer", signed);
  assert.equal(again.status, 401);
  assert.equal(again.body.cause, "client.replayed");
});

test("S20: another key, another algorithm, a key in the header, another audience and an old signature are refused", async () => {
  const { number } = await asked();
  const open = await phone.one();
  const claims = () => phone.answerClaims(open, "yes", { number: String(number) });
  const thief = new TestPhone(org);
  assert.equal((await phone.send("answer", thief.jws(claims()))).status, 401);
  assert.equal((await phone.send("answer", thief.jws(claims(), { jwk: thief.jwk }))).status, 401);
  assert.equal((await phone.send("answer", phone.jws(claims(), { alg: "none" }))).status, 401);
  assert.equal((await phone.send("answer", phone.jws(claims(), { typ: "JWT" }))).status, 401);
  assert.equal((await phone.send("answer", phone.jws({ ...claims(), aud: "https://other.example" }))).status, 403);
  const late = await phone.send("answer", phone.jws({ ...claims(), iat: Math.floor(org.clock.now / 1000) - 61 }));
  assert.equal(late.status, 401);
  assert.equal(late.body.evidence.orgTime, new Date(org.clock.now).toISOString());
  assert.equal((await phone.one()).challenge, open.challenge);
});

test("two phones of one person: each shows the request, the first answer counts, the other hears that it came too late", async () => {
  const carol = await person("carol");
  const [one, two] = [await TestPhone.of(org, carol.id, "one"), await TestPhone.of(org, carol.id, "two")];
  const { number, poll } = await asked("carol", one.factor);
  const [first, second] = [await one.one(), await two.one()];
  assert.equal((await two.answer(second, "yes", { number: String(number) })).body.result, "approved");
  assert.equal((await one.answer(first, "no")).body.result, "elsewhere");
  assert.equal((await poll(one.factor)).body.status, "SUCCESS");
});

test("a request whose logon went on by a code is told as ended", async () => {
  const { stateToken, number } = await asked();
  const open = await phone.one();
  assert.equal((await host.verify(stateToken, alice.factor, alice.code(org.clock.now))).body.status, "SUCCESS");
  assert.equal((await phone.answer(open, "yes", { number: String(number) })).body.result, "ended");
});

test("S3: without the password no push is sent and nothing is open on the phone", async () => {
  nextStep();
  const { body } = await host.call("/api/v1/authn/logon", host.request("alice", { password: "none" }));
  assert.equal(body.status, "UNAUTHENTICATED");
  const early = await host.call(`/api/v1/authn/factors/${phone.factor}/verify`, { stateToken: body.stateToken });
  assert.equal(early.status, 403);
  assert.deepEqual(await phone.open(), []);
  const failed = await org.app.inject({ method: "POST", url: "/api/v1/authn", payload: { username: "alice", password: "wrong password" } });
  assert.equal(failed.statusCode, 401);
  assert.deepEqual(await phone.open(), []);
  const page = await org.app.inject({ method: "POST", url: "/api/v1/authn", payload: { username: "alice", password: PASSWORD } });
  const pushed = await org.app.inject({
    method: "POST",
    url: `/api/v1/authn/factors/${phone.factor}/verify`,
    payload: { stateToken: page.json().stateToken },
  });
  assert.equal(pushed.json().factorResult, "WAITING");
  assert.deepEqual((await phone.one()).shown.host, null);
  await phone.answer(await phone.one(), "no");
});

test("S10: where nothing can be shown no push is offered, and none is sent when asked for all the same", async () => {
  nextStep();
  const { body } = await host.call("/api/v1/authn/logon", host.request("alice", { service: "xrdp", conversation: false }));
  assert.deepEqual(
    body._embedded.factors.map(({ kind }: { kind: string }) => kind),
    ["totp"],
  );
  const answer = await host.call(`/api/v1/authn/factors/${phone.factor}/verify`, { stateToken: body.stateToken });
  assert.equal(answer.status, 403);
  assert.deepEqual(await phone.open(), []);
});

test("S10: the sixth push to a user within ten minutes is refused as capped, and is sent again when the window has passed", async () => {
  const dave = await person("dave");
  const daves = await TestPhone.of(org, dave.id);
  nextStep();
  const push = async () => {
    const { body } = await host.call("/api/v1/authn/logon", host.request("dave"));
    return host.call(`/api/v1/authn/factors/${daves.factor}/verify`, { stateToken: body.stateToken });
  };
  for (let sent = 0; sent < 5; sent++) assert.equal((await push()).body.factorResult, "WAITING");
  const capped = await push();
  assert.equal(capped.status, 403);
  assert.equal(capped.body.cause, "factor.push-capped");
  assert.equal((await daves.open()).length, 5);
  org.clock.now += 10 * 60_000 + 1;
  assert.equal((await push()).body.factorResult, "WAITING");
});

test("S10: users who are one person have one cap, and what was stopped under one name is not asked under the other", async () => {
  const [one, other] = [await person("hal"), await person("hal.adm")];
  await org.deps.store.inTransaction((tx) => tx.users.update(other.id, { linkedTo: one.id }));
  const hals = await TestPhone.of(org, one.id);
  const push = async (login: string, value: string) => {
    const { body } = await host.call("/api/v1/authn/logon", host.request(login, { address: { value, origin: "socket" } }));
    return (await host.call(`/api/v1/authn/factors/${hals.factor}/verify`, { stateToken: body.stateToken })).body;
  };
  nextStep();
  assert.equal((await push("hal", "198.51.100.1")).factorResult, "WAITING");
  await hals.answer(await hals.one(), "not-me");
  assert.equal((await push("hal.adm", "198.51.100.1")).cause, "factor.push-stopped");
  for (let pushed = 1; pushed < 5; pushed++)
    assert.equal((await push(pushed % 2 ? "hal.adm" : "hal", "198.51.100.9")).factorResult, "WAITING");
  for (const login of ["hal", "hal.adm"]) assert.equal((await push(login, "198.51.100.9")).cause, "factor.push-capped");
  for (const { id } of await make(org, "GET", "/api/v1/push/stops"))
    await make(org, "DELETE", `/api/v1/push/stops/${id}?reason=hal%20asked`);
});

test("S10: not me stops pushes from that host and address, the third in an hour stops all; other factors stay; an administrator lifts", async () => {
  const erin = await person("erin");
  const erins = await TestPhone.of(org, erin.id);
  const push = async (address: string) => {
    const { body } = await host.call("/api/v1/authn/logon", host.request("erin", { address: { value: address, origin: "socket" } }));
    const answer = await host.call(`/api/v1/authn/factors/${erins.factor}/verify`, { stateToken: body.stateToken });
    return { answer, stateToken: body.stateToken as string };
  };
  nextStep();
  const first = await push("198.51.100.1");
  assert.equal((await erins.answer(await erins.one(), "not-me")).body.result, "reported");
  const told = await host.call(`/api/v1/authn/factors/${erins.factor}/verify`, { stateToken: first.stateToken });
  assert.equal(told.body.cause, "factor.push-reported");
  const stopped = await push("198.51.100.1");
  assert.equal(stopped.answer.status, 403);
  assert.equal(stopped.answer.body.cause, "factor.push-stopped");
  assert.equal((await host.verify(stopped.stateToken, erin.factor, erin.code(org.clock.now))).body.status, "SUCCESS");
  for (const address of ["198.51.100.2", "198.51.100.3"]) {
    org.clock.now += 5 * 60_000;
    assert.equal((await push(address)).answer.body.factorResult, "WAITING");
    await erins.answer(await erins.one(), "not-me");
  }
  assert.equal((await push("198.51.100.4")).answer.body.cause, "factor.push-stopped");
  const stops = await make(org, "GET", "/api/v1/push/stops");
  assert.deepEqual(stops.map(({ scope, login }: { scope: string; login: string }) => `${login} ${scope}`).toSorted(), [
    "erin all",
    "erin place",
    "erin place",
  ]);
  for (const { id } of stops) await make(org, "DELETE", `/api/v1/push/stops/${id}?reason=asked%20erin`);
  nextStep();
  assert.equal((await push("198.51.100.1")).answer.body.factorResult, "WAITING");
});

test("S28: a phone that asks for its owner: a yes without the owner's assertion, or with another's, is refused and takes no try", async () => {
  const frank = await person("frank");
  const franks = await TestPhone.of(org, frank.id);
  const begun = (await franks.call("verifier")).body.creation;
  const owner = new SoftAuthenticator(ORG_URL);
  const made = owner.create({ rp: { id: begun.rpId }, user: { id: begun.userHandle }, challenge: begun.challenge });
  const url = (text: string) => Buffer.from(text, "base64").toString("base64url");
  const id = owner.credentials[0]?.id.toString("base64url") ?? "";
  const attestation = { id, clientDataJSON: url(made.clientData), attestationObject: url(made.attestation) };
  assert.equal((await franks.call("verifier", { attestation })).body.verifier, true);
  assert.equal((await franks.call("verifier", { attestation })).status, 403, "its challenge is used up");
  const { number, poll } = await asked("frank", franks.factor);
  const [open] = (await franks.call("requests")).body.requests;
  const signed = (by: SoftAuthenticator, wrong = {}) => {
    const got = by.get({ rpId: open.verifier.rpId, challenge: open.verifier.challenge, allowCredentials: [] }, wrong);
    const { clientData = "", authenticatorData = "", signatureData = "" } = got;
    const own = by.credentials.at(-1)?.id.toString("base64url") ?? "";
    return { id: own, clientDataJSON: url(clientData), authenticatorData: url(authenticatorData), signature: url(signatureData) };
  };
  const thief = new SoftAuthenticator(ORG_URL);
  thief.create({ rp: { id: begun.rpId }, user: { id: begun.userHandle }, challenge: begun.challenge });
  const yes = { number: String(number) };
  for (const assertion of [
    undefined,
    signed(thief),
    { ...signed(thief), id },
    signed(owner, { uv: false }),
    signed(owner, { origin: "https://evil.example" }),
    signed(owner, { challenge: Buffer.alloc(32).toString("base64url") }),
    signed(owner, { counter: 0 }),
  ]) {
    const refused = await franks.answer(open, "yes", { ...yes, ...(assertion ? { assertion } : {}) });
    assert.equal(refused.status, 403, JSON.stringify(refused.body));
    assert.deepEqual(refused.body.evidence, { which: "verifier" });
  }
  assert.equal((await franks.answer(open, "yes", { ...yes, assertion: signed(owner) })).body.result, "approved");
  assert.equal((await poll()).body.status, "SUCCESS");
});

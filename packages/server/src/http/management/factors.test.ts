/** Tests of factors over HTTP: enrol, activate with a first code, reset; secrets shown once and sealed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Secret, TOTP } from "otpauth";
import { openOrg, type TestOrg } from "../org.fixture.ts";

const BODY = { factorType: "token:software:totp", provider: "GOOGLE" };

async function alice(org: TestOrg): Promise<string> {
  return (await org.call("admin", "POST", "/api/v1/users?activate=true", { profile: { login: "alice" } })).body.id;
}

function codeAt(secret: string, timestamp: number): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp });
}

const messageOf = (answer: { body: { errorCauses: { errorSummary: string }[] } }) => answer.body.errorCauses[0]?.errorSummary ?? "";

test("S7: the secret has 160 random bits, is shown once, and is sealed in the database", async (t) => {
  const org = await openOrg(t);
  const id = await alice(org);
  const made = await org.call("help-desk", "POST", `/api/v1/users/${id}/factors`, BODY);
  assert.equal(made.status, 200);
  assert.equal(made.body.status, "PENDING_ACTIVATION");
  assert.equal(made.headers["cache-control"], "no-store");
  const { sharedSecret, otpauth, encoding, timeStep } = made.body._embedded.activation;
  assert.equal(Secret.fromBase32(sharedSecret).bytes.length, 20);
  assert.deepEqual([encoding, timeStep], ["base32", 30]);
  assert.match(otpauth, /^otpauth:\/\/totp\/Sallyport%20mfa\.corp\.example:alice\?/);
  const row = (await org.store.read((tx) => tx.enrolments.ofUser(id)))[0];
  assert.match(row?.sealedSecret ?? "", /^v1\./);
  const bytes = Buffer.from(Secret.fromBase32(sharedSecret).bytes);
  const stored = JSON.stringify(row) + JSON.stringify(await org.events()) + JSON.stringify(org.logged());
  for (const form of [sharedSecret, bytes.toString("base64"), bytes.toString("base64url"), bytes.toString("hex")])
    assert.ok(!stored.includes(form));
  const list = await org.call("auditor", "GET", `/api/v1/users/${id}/factors`);
  assert.equal(list.body.length, 1);
  assert.ok(!list.text.includes(sharedSecret) && !list.text.includes("_embedded"));
  const other = await org.call("help-desk", "POST", `/api/v1/users/${id}/factors`, BODY);
  assert.notEqual(other.body._embedded.activation.sharedSecret, sharedSecret);
});

test("the first right code activates, once; a wrong one and one of another time do not and say why", async (t) => {
  const org = await openOrg(t);
  const id = await alice(org);
  const made = (await org.call("admin", "POST", `/api/v1/users/${id}/factors`, BODY)).body;
  const secret = made._embedded.activation.sharedSecret;
  const activate = (passCode: string) =>
    org.call("admin", "POST", `/api/v1/users/${id}/factors/${made.id}/lifecycle/activate`, { passCode });
  const right = codeAt(secret, org.clock.now);
  const wrong = await activate(right === "000000" ? "000001" : "000000");
  assert.equal(wrong.status, 403);
  assert.equal(wrong.body.errorCode, "E0000068");
  const old = await activate(codeAt(secret, org.clock.now - 150_000));
  assert.match(messageOf(old), /150 seconds ago: set the clock/);
  for (const malformed of ["12345", "abcdef", ""]) assert.equal((await activate(malformed)).status, 403);
  const done = await activate(`${right.slice(0, 3)} ${right.slice(3)}`);
  assert.equal(done.status, 200);
  assert.equal(done.body.status, "ACTIVE");
  assert.equal((await activate(right)).status, 400, "there is nothing left to activate");
  const burnt = await org.store.inTransaction((tx) => tx.enrolments.consumeStep(made.id, Math.floor(org.clock.now / 30_000)));
  assert.equal(burnt, false, "S4: the first code is used up");
  assert.deepEqual(
    (await org.events()).filter((e) => e.type.startsWith("factor.")).map((e) => e.type),
    ["factor.enrolled", "factor.activated"],
  );
});

test("first codes cannot be guessed for ever: after ten the pending enrolment is reset", async (t) => {
  const org = await openOrg(t);
  const id = await alice(org);
  const made = (await org.call("admin", "POST", `/api/v1/users/${id}/factors`, BODY)).body;
  const now = codeAt(made._embedded.activation.sharedSecret, org.clock.now);
  const url = `/api/v1/users/${id}/factors/${made.id}/lifecycle/activate`;
  for (let i = 0; i < 10; i++) assert.equal((await org.call("admin", "POST", url, { passCode: "xxxxxx" })).status, 403);
  assert.equal((await org.call("admin", "POST", url, { passCode: now })).status, 404);
});

test("a factor is enrolled at once with ?activate=true; a second one only after a reset", async (t) => {
  const org = await openOrg(t);
  const id = await alice(org);
  const made = await org.call("help-desk", "POST", `/api/v1/users/${id}/factors?activate=true`, BODY);
  assert.equal(made.body.status, "ACTIVE");
  const again = await org.call("help-desk", "POST", `/api/v1/users/${id}/factors`, BODY);
  assert.equal(again.status, 400);
  assert.match(messageOf(again), /already set up .*reset it first/);
  assert.equal((await org.call("help-desk", "DELETE", `/api/v1/users/${id}/factors/${made.body.id}`)).status, 204);
  assert.deepEqual((await org.call("auditor", "GET", `/api/v1/users/${id}/factors`)).body, []);
  assert.equal((await org.call("help-desk", "POST", `/api/v1/users/${id}/factors?activate=true`, BODY)).status, 200);
});

test("S1: a reset enrolment stays and counts, without its secret", async (t) => {
  const org = await openOrg(t);
  const id = await alice(org);
  const made = (await org.call("admin", "POST", `/api/v1/users/${id}/factors?activate=true`, BODY)).body;
  await org.call("admin", "DELETE", `/api/v1/users/${id}/factors/${made.id}`);
  const rows = await org.store.read((tx) => tx.enrolments.ofUser(id));
  assert.deepEqual(
    rows.map((row) => [row.id, row.status, row.sealedSecret]),
    [[made.id, "RESET", ""]],
  );
  const [event] = await org.events("factor.reset");
  assert.equal(event?.target?.id, id);
  assert.equal(event?.actor.type, "token");
  assert.equal((await org.call("admin", "DELETE", `/api/v1/users/${id}/factors/${made.id}`)).status, 404);
});

test("S18: nobody enrols, activates or resets a factor of somebody of a higher role, nor changes or stops them", async (t) => {
  const org = await openOrg(t);
  const id = await alice(org);
  const made = (await org.call("owner", "POST", `/api/v1/users/${id}/factors?activate=true`, BODY)).body;
  await org.store.inTransaction((tx) => tx.users.update(id, { role: "owner" }));
  const calls: [string, string, object?][] = [
    ["POST", `/api/v1/users/${id}/factors`, BODY],
    ["POST", `/api/v1/users/${id}/factors/${made.id}/lifecycle/activate`, { passCode: "123456" }],
    ["DELETE", `/api/v1/users/${id}/factors/${made.id}`],
    ["POST", `/api/v1/users/${id}`, { credentials: { password: { value: "seven green bicycles" } } }],
    ["POST", `/api/v1/users/${id}/lifecycle/suspend`],
    ["POST", `/api/v1/users/${id}/lifecycle/deactivate`],
    ["DELETE", `/api/v1/users/${id}`],
  ];
  const before = (await org.events()).filter((event) => !event.type.startsWith("token.")).length;
  for (const [method, url, body] of calls) {
    const answer = await org.call("admin", method, url, body);
    assert.equal(answer.status, 403, `${method} ${url}`);
    assert.match(messageOf(answer), /role owner, which is above admin/);
  }
  assert.equal((await org.events()).filter((event) => !event.type.startsWith("token.")).length, before, "nothing happened");
  assert.equal((await org.call("owner", "DELETE", `/api/v1/users/${id}/factors/${made.id}`)).status, 204, "an equal may");
});

test("a user who is gone enrols nothing; a factor of somebody else is not found", async (t) => {
  const org = await openOrg(t);
  const id = await alice(org);
  const made = (await org.call("admin", "POST", `/api/v1/users/${id}/factors`, BODY)).body;
  const bob = (await org.call("admin", "POST", "/api/v1/users?activate=true", { profile: { login: "bob" } })).body.id;
  assert.equal((await org.call("admin", "DELETE", `/api/v1/users/${bob}/factors/${made.id}`)).status, 404);
  assert.equal((await org.call("admin", "GET", `/api/v1/users/${bob}/factors/${made.id}`)).status, 404);
  await org.call("admin", "POST", `/api/v1/users/${bob}/lifecycle/deactivate`);
  assert.equal((await org.call("admin", "POST", `/api/v1/users/${bob}/factors`, BODY)).status, 400);
  assert.equal((await org.call("admin", "POST", "/api/v1/users/nobody/factors", BODY)).status, 404);
});

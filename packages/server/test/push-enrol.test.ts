/** A phone that is enrolled: by an administrator, or within a transaction, where it counts for nobody before that goes on. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openLogonOrg, PASSWORD } from "./logon-org.ts";
import { TestPhone } from "./phone.ts";
import { make, makePerson } from "./test-org.ts";

const { org, host, alice, person } = await openLogonOrg();
after(() => org.close());

const post = async (path: string, payload: object) => {
  const answer = await org.app.inject({ method: "POST", url: path, payload });
  return { status: answer.statusCode, body: answer.json() };
};
const begin = (id: string) => make(org, "POST", `/api/v1/users/${id}/factors`, { factorType: "push", provider: "OKTA" });
const changed = (code: string) => `${code.slice(0, -1)}${code.endsWith("0") ? "1" : "0"}`;

test("an activation code works once, for ten minutes, and only as it was shown", async () => {
  const made = await begin(alice.id);
  assert.equal(made.status, "PENDING_ACTIVATION");
  const { code, url, _links } = made._embedded.activation;
  assert.match(code, /^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
  assert.match(_links.qrcode.href, /^data:image\/gif;base64,/);
  assert.equal(url, "https://mfa.corp.example/phone");
  const phone = new TestPhone(org);
  for (const wrong of [changed(code), "", "0000-0000-0000-0000"]) {
    const refused = await phone.activate(wrong);
    assert.equal(refused.status, 403);
    assert.equal(refused.body.errorCode, "S0000011");
  }
  const activated = await phone.activate(code.toLowerCase(), { name: "my phone" });
  assert.deepEqual([activated.status, activated.body.user, activated.body.name], [200, "alice", "my phone"]);
  assert.equal((await phone.activate(code)).status, 200, "a retry by the same key, whose answer was lost");
  assert.equal((await new TestPhone(org).activate(code)).status, 403, "S4: another key");
  const late = (await begin(alice.id))._embedded.activation.code;
  org.clock.now += 10 * 60_000;
  assert.equal((await new TestPhone(org).activate(late)).status, 403);
});

test("a second code ends the first; a person may have several phones; a reset one counts no more", async () => {
  const bob = await person("bob");
  const first = (await begin(bob.id))._embedded.activation.code;
  const second = await begin(bob.id);
  assert.equal((await new TestPhone(org).activate(first)).status, 403);
  const rows = async () => (await org.deps.store.read((tx) => tx.enrolments.ofUser(bob.id))).filter(({ kind }) => kind === "push");
  assert.deepEqual(
    (await rows()).map(({ id, status }) => [id, status]),
    [[second.id, "PENDING_ACTIVATION"]],
    "begun anew, not reset: nothing of the first is left",
  );
  const phone = new TestPhone(org);
  assert.equal((await phone.activate(second._embedded.activation.code)).status, 200);
  const other = await TestPhone.of(org, bob.id, "other");
  const pushes = async () => (await make(org, "GET", `/api/v1/users/${bob.id}/factors`)).filter((one: any) => one.factorType === "push");
  assert.deepEqual(
    (await pushes()).map(({ status }: { status: string }) => status),
    ["ACTIVE", "ACTIVE"],
  );
  await make(org, "DELETE", `/api/v1/users/${bob.id}/factors/${other.factor}`);
  assert.equal((await other.call("requests")).status, 401);
  assert.equal((await phone.call("requests")).status, 200);
});

test("the key signs for itself: a code that is sent with somebody else's key, or a key that did not sign, activates nothing", async () => {
  const { code } = (await begin(alice.id))._embedded.activation;
  const [phone, thief] = [new TestPhone(org), new TestPhone(org)];
  assert.equal((await phone.activate(code, { key: thief.jwk })).status, 401);
  assert.equal((await phone.activate(code, { device: thief.device })).status, 401);
  assert.equal((await phone.activate(code)).status, 200);
});

test("S18: a phone that is enrolled in a transaction counts for nobody before the transaction goes on by it", async () => {
  const carol = await makePerson(org, "carol", PASSWORD);
  const options = { multiOptionalFactorEnroll: true };
  const { body: primary } = await post("/api/v1/authn", { username: "carol", password: PASSWORD, options });
  const { stateToken } = primary;
  const early = await post("/api/v1/authn/factors", { stateToken, factorType: "push", provider: "OKTA" });
  assert.equal(early.status, 403, "nothing is enrolled before a factor was proved");
  const proved = await post(`/api/v1/authn/factors/${carol.factor}/verify`, { stateToken, passCode: carol.code(org.clock.now) });
  assert.equal(proved.body.status, "MFA_ENROLL", JSON.stringify(proved.body));
  const begun = await post("/api/v1/authn/factors", { stateToken, factorType: "push", provider: "OKTA" });
  assert.equal(begun.body.status, "MFA_ENROLL_ACTIVATE", JSON.stringify(begun.body));
  const { id, _embedded } = begun.body._embedded.factor;
  const poll = () => post(`/api/v1/authn/factors/${id}/lifecycle/activate/poll`, { stateToken });
  assert.equal((await poll()).body.factorResult, "WAITING");
  const phone = new TestPhone(org);
  assert.equal((await phone.activate(_embedded.activation.code)).status, 200);
  const active = async () => (await make(org, "GET", `/api/v1/users/${carol.id}/factors`)).map((one: any) => one.factorType);
  assert.deepEqual(await active(), ["token:software:totp"]);
  const done = await poll();
  assert.ok(["SUCCESS", "MFA_ENROLL"].includes(done.body.status), JSON.stringify(done.body));
  assert.deepEqual((await active()).toSorted(), ["push", "token:software:totp"]);
});

test("S18: a phone whose transaction was cancelled before it went on is nobody's factor", async () => {
  const dora = await makePerson(org, "dora", PASSWORD);
  const { body } = await post("/api/v1/authn", { username: "dora", password: PASSWORD, options: { multiOptionalFactorEnroll: true } });
  const { stateToken } = body;
  await post(`/api/v1/authn/factors/${dora.factor}/verify`, { stateToken, passCode: dora.code(org.clock.now) });
  const begun = await post("/api/v1/authn/factors", { stateToken, factorType: "push", provider: "OKTA" });
  const phone = new TestPhone(org);
  assert.equal((await phone.activate(begun.body._embedded.factor._embedded.activation.code)).status, 200);
  await post("/api/v1/authn/cancel", { stateToken });
  assert.equal((await phone.call("requests")).status, 401);
  assert.equal((await make(org, "GET", `/api/v1/users/${dora.id}/factors`)).length, 1);
});

test("S18: a phone that is still being made answers no push to another phone", async () => {
  const fay = await makePerson(org, "fay", PASSWORD);
  const first = await TestPhone.of(org, fay.id);
  const options = { multiOptionalFactorEnroll: true };
  const { stateToken } = (await post("/api/v1/authn", { username: "fay", password: PASSWORD, options })).body;
  await post(`/api/v1/authn/factors/${fay.factor}/verify`, { stateToken, passCode: fay.code(org.clock.now) });
  const begun = await post("/api/v1/authn/factors", { stateToken, factorType: "push", provider: "OKTA" });
  const making = new TestPhone(org);
  assert.equal((await making.activate(begun.body._embedded.factor._embedded.activation.code)).status, 200);
  const other = (await post("/api/v1/authn", { username: "fay", password: PASSWORD })).body.stateToken;
  const asked = await post(`/api/v1/authn/factors/${first.factor}/verify`, { stateToken: other });
  const number = asked.body._embedded.factor._embedded.challenge.correctAnswer;
  assert.deepEqual(await making.open(), [], "it sees none");
  const request = await first.one();
  assert.equal((await making.answer(request, "yes", { number: String(number) })).status, 403);
  assert.equal((await first.answer(request, "yes", { number: String(number) })).body.result, "approved");
});

test("S4, S30: a call with a time of its own choosing leaves nothing behind that stays for years", async () => {
  const phone = new TestPhone(org);
  const iat = Math.floor(org.clock.now / 1000) + 100 * 365 * 86_400;
  const claims = phone.claims("phone-activate", { code: "0000-0000-0000-0000", key: phone.jwk, iat });
  const answer = await phone.send("activate", phone.jws(claims));
  assert.deepEqual([answer.status, answer.body.cause], [401, "clock.host"]);
  const unknown = await org.deps.store.inTransaction((tx) => tx.hosts.consumeJti(`phone:${phone.device}`, String(claims["jti"]), tx.now));
  assert.ok(unknown, "nothing was written for a key that nobody enrolled");
});

test("S16: who proved a password hears of a phone, and neither its name nor its key", async () => {
  const erin = await person("erin");
  const phone = await TestPhone.of(org, erin.id, "Erin's red telephone");
  const { body } = await host.call("/api/v1/authn/logon", host.request("erin"));
  const text = JSON.stringify(body);
  assert.ok(text.includes(phone.factor));
  assert.ok(!text.includes("red telephone") && !text.includes(phone.device));
});

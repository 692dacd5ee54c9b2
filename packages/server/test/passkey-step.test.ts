/** The step with a passkey: what a right answer does, and every answer that must not count (S28). */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { after, beforeEach, test } from "node:test";
import { SoftAuthenticator, type Wrong } from "../../../e2e/machine/soft-authenticator.ts";
import { openLogonOrg, PASSWORD } from "./logon-org.ts";
import { enrolPasskey, lastEvent, page, step } from "./passkey-org.ts";
import { make, ORG_URL } from "./test-org.ts";

const { org, host, alice, nextStep } = await openLogonOrg();
after(() => org.close());
const key = await enrolPasskey(org, alice.id);
beforeEach(() => void nextStep());

const enrolment = async (id = key.id) => org.deps.store.read((tx) => tx.enrolments.byId(id));

/** A logon and the challenge: the state token, and what `navigator.credentials.get` is given. */
async function ask(factor = key.id, opened?: { stateToken: string }) {
  const { stateToken } = opened ?? (await host.call("/api/v1/authn/logon", host.request("alice"))).body;
  const call = opened ? (path: string, body: object) => step(org, path, body) : (path: string, body: object) => host.call(path, body);
  const { status, body } = await call(`/api/v1/authn/factors/${factor}/verify`, { stateToken });
  assert.equal(status, 200, JSON.stringify(body));
  const challenge = body._embedded.challenge ?? body._embedded.factor._embedded.challenge;
  return { stateToken, body, challenge, verify: (more: object) => call(`/api/v1/authn/factors/${factor}/verify`, { stateToken, ...more }) };
}

test("a challenge has 256 bits and names the key, the relying party and its minute; the right answer lets in", async () => {
  const { body, challenge, verify } = await ask();
  assert.equal(body.status, "MFA_CHALLENGE");
  assert.equal(body.factorResult, "CHALLENGE");
  assert.equal(body.challengeType, "FACTOR");
  assert.equal(Buffer.from(challenge.challenge, "base64url").length, 32);
  assert.equal(challenge.rpId, "mfa.corp.example");
  assert.equal(challenge.timeout, 60_000);
  assert.equal(challenge.allowCredentials[0].id, body._embedded.factor.profile.credentialId);
  const answer = await verify(key.device.get(challenge));
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.equal(answer.body.status, "SUCCESS");
  assert.equal((await enrolment())?.counter, key.device.credentials[0]?.counter);
  assert.equal((await enrolment())?.lastUsed, org.clock.now);
});

const wrongs: [string, Wrong, string][] = [
  ["another origin", { origin: "https://mfa.corp.example.evil.example" }, "factor.passkey-origin"],
  ["the right origin on another port", { origin: "https://mfa.corp.example:8443" }, "factor.passkey-origin"],
  ["a frame of another page", { crossOrigin: true }, "factor.passkey-origin"],
  ["another relying party", { rpId: "corp.example" }, "factor.passkey-origin"],
  ["a challenge of nobody", { challenge: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }, "factor.code-used"],
  ["the answer of an enrolment", { type: "webauthn.create" }, "factor.code-malformed"],
  ["nobody present", { up: false }, "factor.not-allowed"],
  ["another key's signature", { key: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey }, "factor.passkey-unknown"],
];
for (const [what, wrong, cause] of wrongs) {
  test(`S28: ${what} is refused as ${cause}, counts as a try, and uses the challenge up`, async () => {
    const failures = (await enrolment())?.failures ?? 0;
    const { challenge, verify } = await ask();
    const answer = await verify(key.device.get(challenge, wrong));
    assert.equal(answer.status, 403);
    assert.deepEqual([answer.body.errorCode, answer.body.cause], ["E0000068", cause]);
    assert.equal((await enrolment())?.failures, failures + 1);
    assert.equal(await lastCause(), cause);
    const second = await verify(key.device.get(challenge));
    assert.equal(second.status, 403, "the challenge was used up by the wrong answer");
    await right();
  });
}

/** Clears what the wrong answers counted. */
async function right() {
  const { challenge, verify } = await ask();
  assert.equal((await verify(key.device.get(challenge))).body.status, "SUCCESS");
  assert.equal((await enrolment())?.failures, 0);
}

const lastCause = async () => (await lastEvent(org, "factor.failed"))?.cause;

test("S16: a page learns no more than that the answer was wrong, and may ask again", async () => {
  const opened = await page(org, "alice", PASSWORD);
  const first = await ask(key.id, opened);
  const answer = await first.verify(key.device.get(first.challenge, { origin: "https://evil.example" }));
  assert.deepEqual(
    [answer.status, answer.body.errorCode, answer.body.cause, answer.body.evidence],
    [403, "E0000068", undefined, undefined],
  );
  const second = await ask(key.id, opened);
  assert.equal((await second.verify(key.device.get(second.challenge))).body.status, "SUCCESS");
});

test("S9: a challenge is answered within its minute, or not at all", async () => {
  const { challenge, verify } = await ask();
  org.clock.now += 60_000;
  assert.equal((await verify(key.device.get(challenge))).status, 403);
  assert.equal(await lastCause(), "factor.code-expired");
  await right();
});

test("S4: a challenge takes one answer: what was right is refused the second time, in its own transaction and in another", async () => {
  const { challenge, verify } = await ask();
  const answer = key.device.get(challenge);
  assert.equal((await verify(answer)).body.status, "SUCCESS");
  assert.equal((await verify(answer)).status, 403);
  const other = await ask();
  assert.equal((await other.verify(answer)).status, 403);
  assert.equal(await lastCause(), "factor.code-used");
  await right();
});

test("S4: of five equal answers at once one lets in", async () => {
  const { challenge, verify } = await ask();
  const answer = key.device.get(challenge);
  const answers = await Promise.all(Array.from({ length: 5 }, () => verify(answer)));
  assert.equal(answers.filter(({ body }) => body.status === "SUCCESS").length, 1);
  await right();
});

test("an answer with nothing asked is out of order and counts nothing", async () => {
  const { stateToken } = (await host.call("/api/v1/authn/logon", host.request("alice"))).body;
  const answer = await host.call(`/api/v1/authn/factors/${key.id}/verify`, {
    stateToken,
    ...key.device.get({ challenge: "AAAA", allowCredentials: [] }),
  });
  assert.equal(answer.body.errorCode, "E0000079");
  assert.equal((await enrolment())?.failures, 0);
});

test("S28: presence alone is enough after a password", async () => {
  const { challenge, verify } = await ask();
  assert.equal((await verify(key.device.get(challenge, { uv: false }))).body.status, "SUCCESS");
});

test("another person's passkey is refused, named or not, although it is enrolled here", async () => {
  const bob = await make(org, "POST", "/api/v1/users?activate=true", { profile: { login: "bob" } });
  const his = await enrolPasskey(org, bob.id);
  for (const named of [false, true]) {
    const { challenge, verify } = await ask();
    assert.equal((await verify(his.device.get(challenge, {}, named))).status, 403);
    assert.equal(await lastCause(), "factor.passkey-unknown");
  }
  await right();
});

test("an RSA key and one that counts nothing work, again and again", async () => {
  for (const device of [new SoftAuthenticator(ORG_URL, { rsa: true }), new SoftAuthenticator(ORG_URL, { countless: true })]) {
    const other = await enrolPasskey(org, alice.id, device);
    for (let round = 0; round < 2; round++) {
      const { challenge, verify } = await ask(other.id);
      assert.equal((await verify(device.get(challenge, {}, true))).body.status, "SUCCESS");
    }
    await org.manage("DELETE", `/api/v1/users/${alice.id}/factors/${other.id}`);
  }
});

test("several keys are asked for at once: the public client's shape, and whichever answers is the one that counted", async () => {
  const second = await enrolPasskey(org, alice.id);
  const opened = await page(org, "alice", PASSWORD);
  assert.deepEqual(opened._embedded.factorTypes, [
    {
      factorType: "webauthn",
      _links: { next: { name: "verify", href: `${ORG_URL}/api/v1/authn/factors/webauthn/verify`, hints: { allow: ["POST"] } } },
    },
  ]);
  const { body, challenge, verify } = await ask("webauthn");
  assert.equal(body.challengeType, "FACTOR_TYPE");
  assert.equal(body._links.next.href, `${ORG_URL}/api/v1/authn/factors/webauthn/verify`);
  assert.deepEqual(
    body._embedded.factors.map(({ id, factorType, profile }: any) => [id, factorType, profile.credentialId]),
    await Promise.all([key.id, second.id].map(async (id) => [id, "webauthn", (await enrolment(id))?.handle])),
  );
  const before = await enrolment();
  // The public clients do not say which of them answered.
  assert.equal((await verify(second.device.get(challenge))).body.status, "SUCCESS");
  assert.equal((await enrolment(second.id))?.counter, 2);
  assert.deepEqual([(await enrolment())?.counter, (await enrolment())?.failures], [before?.counter, 0]);
  const one = await ask(second.id);
  assert.equal((await one.verify(key.device.get(one.challenge))).status, 403, "one key was asked for, another answered");
  await org.manage("DELETE", `/api/v1/users/${alice.id}/factors/${second.id}`);
});

test("S28: a counter that went back is refused, reported, and locks the key; the other factors stay", async () => {
  const copied = await enrolPasskey(org, alice.id);
  const first = await ask(copied.id);
  assert.equal((await first.verify(copied.device.get(first.challenge, { counter: 50 }))).body.status, "SUCCESS");
  for (const counter of [50, 49, 0]) {
    await org.deps.store.inTransaction((tx) => tx.enrolments.update(copied.id, { status: "ACTIVE" }));
    const { challenge, verify } = await ask(copied.id);
    const answer = await verify(copied.device.get(challenge, { counter }));
    assert.equal(answer.status, 403);
    assert.equal((await enrolment(copied.id))?.status, "LOCKED");
    const event = await lastEvent(org, "factor.counter-back");
    assert.equal(event?.cause, "factor.passkey-counter");
    assert.deepEqual(event?.data, { factor: copied.id, kind: "passkey", counterKept: 50, counterFound: counter });
  }
  await right();
});

test("a key that was removed while its signature was looked at lets nobody in", async () => {
  const gone = await enrolPasskey(org, alice.id);
  const { challenge, verify } = await ask(gone.id);
  await org.manage("DELETE", `/api/v1/users/${alice.id}/factors/${gone.id}`);
  assert.equal((await verify(gone.device.get(challenge))).status, 403);
});

/** Sign-in to the org's pages by a passkey alone: who gets in, for how long a challenge is good, and what is refused alike. */
import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { SoftAuthenticator, type Wrong } from "../../../e2e/machine/soft-authenticator.ts";
import { redeemSessionToken } from "../src/flows/authn/session-token.ts";
import { openLogonOrg } from "./logon-org.ts";
import { enrolPasskey, lastEvent, step } from "./passkey-org.ts";
import { ORG_URL } from "./test-org.ts";

const { org, alice, nextStep } = await openLogonOrg();
after(() => org.close());
const key = await enrolPasskey(org, alice.id);
beforeEach(() => void nextStep());

const begin = async () => (await step(org, "/api/v1/authn/passkey", {})).body.publicKey;
const verify = (proof: object) => step(org, "/api/v1/authn/passkey/verify", proof);

test("whoever has the passkey and is verified by it is signed in, with a session token for the browser that began", async () => {
  const publicKey = await begin();
  assert.deepEqual(publicKey.allowCredentials, []);
  assert.equal(publicKey.userVerification, "required");
  const answer = await org.app.inject({
    method: "POST",
    url: "/api/v1/authn/passkey/verify",
    headers: { origin: ORG_URL },
    payload: key.device.get(publicKey, {}, true),
  });
  const body = answer.json();
  assert.equal(body.status, "SUCCESS", answer.body);
  assert.equal(body._embedded.user.profile.login, "alice");
  assert.equal(body.decision, undefined);
  const cookie = /^__Host-sallyport-browser=([^;]+)/.exec(String(answer.headers["set-cookie"]))?.[1];
  const redeemed = await org.deps.store.inTransaction((tx) => redeemSessionToken(tx, org.deps.keys, body.sessionToken, cookie));
  assert.ok(redeemed.kind === "redeemed");
  assert.deepEqual([redeemed.user.id, redeemed.amr, redeemed.stepUp], [alice.id, ["mfa", "hwk"], undefined]);
});

const wrongs: [string, Wrong, string][] = [
  ["presence without verification", { uv: false }, "factor.not-allowed"],
  ["another origin", { origin: "https://evil.example" }, "factor.passkey-origin"],
  ["a challenge that the org never made", { challenge: Buffer.alloc(54, 7).toString("base64url") }, "factor.code-used"],
  ["a text that is no challenge", { challenge: "AAAA" }, "factor.code-used"],
  ["a counter that went back", { counter: 0 }, "factor.passkey-counter"],
];
for (const [what, wrong, cause] of wrongs) {
  test(`S16, S28: ${what} is refused like everything else; the log says ${cause}`, async () => {
    const answer = await verify(key.device.get(await begin(), wrong, true));
    assert.deepEqual([answer.status, answer.body.errorCode, answer.body.cause], [401, "E0000004", undefined]);
    assert.equal((await lastEvent(org, "user.primary-failed"))?.cause, cause);
    await org.deps.store.inTransaction((tx) => tx.enrolments.update(key.id, { status: "ACTIVE" }));
  });
}

test("S4, S9: a challenge signs in once, and only within its minute", async () => {
  const proof = key.device.get(await begin(), {}, true);
  const answers = await Promise.all(Array.from({ length: 5 }, () => verify(proof)));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1, JSON.stringify(answers.map(({ body }) => body)));
  assert.ok(answers.every(({ status }) => status === 200 || status === 401));
  const late = key.device.get(await begin(), {}, true);
  org.clock.now += 60_000;
  assert.equal((await verify(late)).status, 401);
  assert.equal((await lastEvent(org, "user.primary-failed"))?.cause, "factor.code-expired");
});

test("an unknown key, another person's handle, and a person who is suspended are one answer", async () => {
  const stranger = new SoftAuthenticator(ORG_URL);
  stranger.create({ rp: { id: "mfa.corp.example" }, user: { id: "AAAA" }, challenge: "AAAA" });
  assert.equal((await verify(stranger.get(await begin(), {}, true))).status, 401);
  const other = { ...key.device.get(await begin(), {}, true), userHandle: Buffer.from("usr_somebodyelse").toString("base64") };
  assert.equal((await verify(other)).status, 401);
  await org.manage("POST", `/api/v1/users/${alice.id}/lifecycle/suspend`);
  assert.equal((await verify(key.device.get(await begin(), {}, true))).status, 401);
  assert.equal((await lastEvent(org, "user.primary-failed"))?.cause, "user.refused");
  await org.manage("POST", `/api/v1/users/${alice.id}/lifecycle/unsuspend`);
  assert.equal((await verify(key.device.get(await begin(), {}, true))).status, 200);
});

test("nothing is written for whoever only asks for a challenge", async () => {
  const head = () => org.deps.store.read((tx) => tx.log.head());
  const before = await head();
  for (let round = 0; round < 3; round++) await begin();
  assert.deepEqual(await head(), before);
});

/** Okta's SDK enrols an authenticator app with a real code, lists it and takes it away, and the org's own command sees the same. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { codeOf } from "../machine/org.ts";
import { all, okta, refusal, SdkOrg } from "./sdk.ts";

const sdk = new SdkOrg("sdk-factors");
const TOTP = { factorType: "token:software:totp", provider: "GOOGLE" };
let factors: any;
let userId: string;
before(async () => {
  await sdk.start();
  const client = await sdk.client("help-desk");
  factors = client.userFactorApi;
  ({ id: userId } = await sdk.say("user", "add", "alice"));
});
after(() => sdk.org.stop());

const known = () => sdk.say("factor", "list", "alice");

test("the kinds of factor that a user may enrol are listed, with how each stands", async () => {
  const supported = await all(factors.listSupportedFactors({ userId }));
  assert.deepEqual(
    supported.slice(0, 3).map(({ factorType, provider, status }) => [factorType, provider, status]),
    [
      ["token:software:totp", "GOOGLE", "NOT_SETUP"],
      ["push", "OKTA", "NOT_SETUP"],
      ["webauthn", "FIDO", "NOT_SETUP"],
    ],
  );
});

test("TOTP is enrolled, activated by the code of an independent authenticator, fetched and taken away", async () => {
  assert.deepEqual(await all(factors.listFactors({ userId })), []);
  const pending = await factors.enrollFactor({ userId, body: TOTP });
  assert.ok(pending instanceof okta.UserFactorTokenSoftwareTOTP && pending.created instanceof Date);
  assert.equal(pending.status, "PENDING_ACTIVATION");
  const { sharedSecret, timeStep, encoding } = pending._embedded.activation;
  assert.deepEqual([timeStep, encoding], [30, "base32"]);
  const factorId = pending.id;
  const wrong = await refusal(factors.activateFactor({ userId, factorId, body: { passCode: "12345" } }));
  assert.deepEqual([wrong.status, wrong.errorCode], [403, "E0000068"]);
  const passCode = codeOf({ id: userId, login: "alice", password: "", secret: sharedSecret, factor: factorId });
  const active = await factors.activateFactor({ userId, factorId, body: { passCode } });
  assert.equal(active.status, "ACTIVE");
  const shown = await factors.getFactor({ userId, factorId });
  assert.deepEqual([shown.id, shown.status, shown._embedded], [factorId, "ACTIVE", undefined]);
  assert.deepEqual(
    (await all(factors.listFactors({ userId }))).map(({ id }) => id),
    [factorId],
  );
  assert.deepEqual(
    (await known()).map((one: any) => [one.id, one.status]),
    [[factorId, "ACTIVE"]],
  );
  assert.equal((await all(factors.listSupportedFactors({ userId })))[0].status, "ACTIVE");
  const again = await refusal(factors.enrollFactor({ userId, body: TOTP }));
  assert.match(again.causes[0] ?? "", /^factorType: a factor of this type is already set up/);
  await factors.unenrollFactor({ userId, factorId });
  assert.equal((await refusal(factors.getFactor({ userId, factorId }))).errorCode, "E0000007");
  assert.deepEqual(await known(), []);
});

test("a factor may be active at once; one of another kind is refused by the field", async () => {
  const made = await factors.enrollFactor({ userId, body: TOTP, activate: true });
  assert.equal(made.status, "ACTIVE");
  const question = await refusal(
    factors.enrollFactor({ userId, body: { factorType: "question", provider: "OKTA", profile: { question: "disliked_food" } } }),
  );
  assert.deepEqual([question.status, question.errorCode], [400, "E0000001"]);
  assert.ok(question.causes.some((cause) => cause.startsWith("factorType: ")));
});

/** Okta's SDK enrols and shows phones and passkeys, and unlocks whoever typed too many wrong passwords. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { LOCAL_URL, LocalOrg } from "../machine/local-org.ts";
import { SoftAuthenticator } from "../machine/soft-authenticator.ts";
import { StoryPhone } from "./phone.ts";
import { all, okta, refusal } from "./sdk.ts";

const org = new LocalOrg("factor-kinds");
let factors: any;
let users: any;
before(async () => {
  await org.start();
  const { token } = await org.say("token", "create", "sdk", "--role", "admin");
  ({ userFactorApi: factors, userApi: users } = new okta.Client({ orgUrl: LOCAL_URL, token, cacheMiddleware: null }));
});
after(() => org.stop());

const listed = (userId: string): Promise<any[]> => all(factors.listFactors({ userId }));

test("a phone is enrolled by the SDK, active once it has the code, and nothing more after it was taken away", async () => {
  const ann = await org.newcomer();
  const userId = ann.id;
  const pending = await factors.enrollFactor({ userId, body: { factorType: "push", provider: "OKTA" } });
  assert.ok(pending instanceof okta.UserFactorPush);
  assert.equal(pending.status, "PENDING_ACTIVATION");
  const phone = new StoryPhone(org);
  await phone.activate(pending._embedded.activation.code);
  const [active, ...more] = await listed(userId);
  assert.deepEqual([active.id, active.factorType, active.status, more], [pending.id, "push", "ACTIVE", []]);
  await org.primary(ann);
  await factors.unenrollFactor({ userId, factorId: active.id });
  assert.deepEqual(await listed(userId), []);
  await assert.rejects(phone.request(), /requests: 401/);
});

test("a passkey is shown as one, and taken away", async () => {
  const bob = await org.newcomer();
  const userId = bob.id;
  await org.openWindow(bob);
  const { stateToken } = await org.primary(bob);
  const begun = await org.post("/api/v1/authn/factors", { stateToken, factorType: "webauthn", provider: "FIDO" });
  const { id, _embedded } = begun.body._embedded.factor;
  const made = new SoftAuthenticator(LOCAL_URL).create(_embedded.activation);
  const done = await org.post(`/api/v1/authn/factors/${id}/lifecycle/activate`, { stateToken, ...made });
  assert.equal(done.body.status, "SUCCESS");
  const [shown] = await listed(userId);
  assert.ok(shown instanceof okta.UserFactorWebAuthn);
  assert.deepEqual([shown.id, shown.status, typeof shown.profile.credentialId], [id, "ACTIVE", "string"]);
  const supported = await all(factors.listSupportedFactors({ userId }));
  assert.equal(supported.find(({ factorType }) => factorType === "webauthn").status, "ACTIVE");
  await factors.unenrollFactor({ userId, factorId: id });
  assert.equal((await refusal(factors.getFactor({ userId, factorId: id }))).errorCode, "E0000007");
});

test("whoever is locked out by wrong passwords is shown so, and unlocked", async () => {
  const cleo = await org.someone();
  await org.failPasswords(cleo, 100);
  assert.equal((await users.getUser({ userId: cleo.id })).status, "LOCKED_OUT");
  const told = await org.post("/api/v1/authn", { username: cleo.login, password: cleo.password });
  assert.deepEqual([told.status, told.body.status], [200, "LOCKED_OUT"]);
  const wrong = await org.post("/api/v1/authn", { username: cleo.login, password: "wrong" });
  assert.deepEqual([wrong.status, wrong.body.errorCode], [401, "E0000004"]);
  await users.unlockUser({ userId: cleo.id });
  assert.equal((await users.getUser({ userId: cleo.id })).status, "ACTIVE");
  assert.equal((await org.primary(cleo)).status, "MFA_REQUIRED");
});

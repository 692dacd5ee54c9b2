/** Okta's auth-js signs people in by password and code: every step and every way out that needs no other factor. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { factorOf, newClient, refusedCall, signIn } from "./auth-js.ts";
import { LocalOrg } from "./local-org.ts";

const org = new LocalOrg("auth-js");
const TOTP = "token:software:totp";
let client: any;
before(async () => {
  await org.start();
  client = newClient();
});
after(() => org.stop());

test("password and code are SUCCESS; a wrong one of either is the documented error", async () => {
  const ann = await org.someone();
  const wrong = await refusedCall(client.signInWithCredentials({ username: ann.login, password: "wrong" }));
  assert.deepEqual(wrong, { status: 401, errorCode: "E0000004", causes: [] });
  const asked = await signIn(client, ann);
  assert.deepEqual([asked.status, asked.user.profile.login], ["MFA_REQUIRED", ann.login]);
  const factor = factorOf(asked, TOTP);
  assert.deepEqual([factor.id, factor.provider], [ann.factor, "GOOGLE"]);
  const refused = await refusedCall(factor.verify({ passCode: org.wrongCode(ann) }));
  assert.deepEqual(refused, {
    status: 403,
    errorCode: "E0000068",
    causes: ["Your passcode doesn't match our records. Please try again."],
  });
  const done = await factor.verify({ passCode: org.code(ann) });
  assert.deepEqual([done.status, done.user.id], ["SUCCESS", ann.id]);
  const used = await refusedCall(factorOf(await signIn(client, ann), TOTP).verify({ passCode: org.code(ann) }));
  assert.equal(used.errorCode, "E0000068");
});

test("a transaction is resumed and looked at by its token, also by another client", async () => {
  const bob = await org.someone();
  const { stateToken } = await org.primary(bob);
  const looked = await client.tx.introspect({ stateToken });
  assert.deepEqual([looked.status, looked.user.id], ["MFA_REQUIRED", bob.id]);
  const resumed = await newClient().tx.resume({ stateToken });
  const done = await factorOf(resumed, TOTP).verify({ passCode: org.code(bob) });
  assert.equal(done.status, "SUCCESS");
});

test("what was cancelled is 401 E0000011 for every step", async () => {
  const cleo = await org.someone();
  const asked = await signIn(client, cleo);
  const { stateToken } = asked.data;
  await asked.cancel();
  for (const step of [
    () => client.tx.introspect({ stateToken }),
    () => client.tx.resume({ stateToken }),
    () => factorOf(asked, TOTP).verify({ passCode: org.code(cleo) }),
  ]) {
    assert.deepEqual(await refusedCall(step()), { status: 401, errorCode: "E0000011", causes: [] });
  }
});

test("a transaction ends by itself, five minutes after its last step", async () => {
  const dan = await org.someone();
  const asked = await signIn(client, dan);
  org.setClock(org.clock + 4 * 60);
  await refusedCall(factorOf(asked, TOTP).verify({ passCode: org.wrongCode(dan) }));
  org.setClock(org.clock + 4 * 60);
  assert.equal((await client.tx.introspect({ stateToken: asked.data.stateToken })).status, "MFA_REQUIRED");
  org.setClock(org.clock + 5 * 60 + 1);
  assert.equal((await refusedCall(client.tx.introspect({ stateToken: asked.data.stateToken }))).errorCode, "E0000011");
});

test("without a session there is none, and asking for it is no fault", async () => {
  assert.equal(await client.session.exists(), false);
});

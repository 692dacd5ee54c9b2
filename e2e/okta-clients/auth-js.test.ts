/** Okta's auth-js signs people in by password and code: every step and every way out, with other factors and without. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { MailServer } from "../delivery/mail-server.ts";
import { LocalOrg, PageHost } from "../machine/local-org.ts";
import { factorOf, newClient, refusedCall, signIn } from "./auth-js.ts";
import { mailedCode } from "./mailed-code.ts";
import { StoryPhone } from "./phone.ts";

const org = new LocalOrg("auth-js");
const TOTP = "token:software:totp";
/** What whoever signs in reads, and types on the phone. */
const numberOf = (transaction: any): number => transaction.data._embedded.factor._embedded.challenge.correctAnswer;
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
  const passCode = org.code(ann);
  const done = await factor.verify({ passCode });
  assert.deepEqual([done.status, done.user.id], ["SUCCESS", ann.id]);
  const used = await refusedCall(factorOf(await signIn(client, ann), TOTP).verify({ passCode }));
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

// Before the org's clock is set: a machine's signature goes by the time.
test("a code by mail is asked for without a code in the request, sent again, and taken once", async () => {
  const mail = await new MailServer({ port: 2525, address: "127.0.0.1" }).listen();
  try {
    await org.call("PUT", "/api/v1/org/mail", { server: "smtp://127.0.0.1:2525", from: "mfa@corp.example" });
    const host = await new PageHost(org).enrol("mail servers", [{ name: "by mail", then: "factor", factors: ["email"] }]);
    const jan = await org.newcomer();
    await host.assign(jan);
    await org.call("POST", `/api/v1/users/${jan.id}/factors?activate=true`, { factorType: "email", provider: "OKTA" });
    const { body } = await host.ask(jan);
    const asked = await factorOf(await client.tx.resume({ stateToken: body.stateToken }), "email").verify();
    assert.deepEqual([asked.status, typeof asked.poll], ["MFA_CHALLENGE", "undefined"]);
    const first = await mailedCode(mail, jan.login);
    const before = mail.got.length;
    const anew = await asked.resend("email");
    const second = await mailedCode(mail, jan.login, before);
    assert.equal((await refusedCall(anew.verify({ passCode: first }))).errorCode, "E0000068");
    assert.equal((await anew.verify({ passCode: second })).status, "SUCCESS");
    const again = await refusedCall(anew.verify({ passCode: second }));
    assert.ok(again.status === 401 || again.status === 403, JSON.stringify(again));
    assert.ok((await host.look(body.stateToken)).body.decision);
  } finally {
    await mail.close();
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

test("who proved a factor may enrol another one, or leave it", async () => {
  const eve = await org.someone();
  const offered = await factorOf(await signIn(client, eve, { multiOptionalFactorEnroll: true }), TOTP).verify({ passCode: org.code(eve) });
  assert.equal(offered.status, "MFA_ENROLL");
  assert.ok(offered.factors.some((one: any) => one.factorType === "webauthn" && one.status === "NOT_SETUP"));
  const done = await offered.skip();
  assert.equal(done.status, "SUCCESS");
  assert.ok(done.sessionToken);
});

test("a newcomer enrols TOTP: back and anew, a wrong first code, the right one", async () => {
  const fay = await org.newcomer();
  await org.openWindow(fay);
  const offered = await signIn(client, fay);
  assert.equal(offered.status, "MFA_ENROLL");
  const begun = await factorOf(offered, TOTP).enroll();
  assert.equal(begun.status, "MFA_ENROLL_ACTIVATE");
  const back = await begun.prev();
  assert.equal(back.status, "MFA_ENROLL");
  const again = await factorOf(back, TOTP).enroll();
  const { sharedSecret, timeStep, encoding, keyLength, qrcode } = again.factor.activation;
  assert.deepEqual([timeStep, encoding, keyLength, qrcode.type], [30, "base32", sharedSecret.length, "image/svg+xml"]);
  const enrolled = { ...fay, secret: sharedSecret };
  const wrong = await refusedCall(again.activate({ passCode: org.wrongCode(enrolled) }));
  assert.deepEqual([wrong.status, wrong.errorCode], [403, "E0000068"]);
  const done = await again.activate({ passCode: org.code(enrolled) });
  assert.deepEqual([done.status, done.user.id], ["SUCCESS", fay.id]);
});

test("a push is sent, polled with its number, sent again, and approved; a no and a late one are told apart", async () => {
  const gus = await org.newcomer();
  const phone = await StoryPhone.of(org, gus);
  const sent = await factorOf(await signIn(client, gus), "push").verify({ autoPush: false });
  assert.deepEqual([sent.status, sent.factorResult], ["MFA_CHALLENGE", "WAITING"]);
  const first = await phone.request();
  const anew = await sent.resend("push");
  assert.equal(await phone.answer(first, "yes", numberOf(sent)), "ended");
  const numbers = new Set<number>();
  const approved = anew.poll({
    delay: 100,
    transactionCallBack: (seen: any) => {
      if (seen.status === "MFA_CHALLENGE") numbers.add(numberOf({ data: seen }));
    },
  });
  assert.equal(await phone.answer(await phone.request(), "yes", numberOf(anew)), "approved");
  assert.equal((await approved).status, "SUCCESS");
  assert.deepEqual([...numbers], [numberOf(anew)]);

  const asked = await factorOf(await signIn(client, gus), "push").verify({ autoPush: false });
  assert.equal(await phone.answer(await phone.request(), "no"), "denied");
  const refused = await asked.poll({ delay: 100 });
  assert.deepEqual([refused.status, refused.factorResult, typeof refused.verify], ["MFA_CHALLENGE", "REJECTED", "function"]);
  const late = await refused.verify({ autoPush: false });
  assert.equal(late.factorResult, "WAITING");
  org.setClock(org.clock + 61);
  assert.equal((await late.poll({ delay: 100 })).factorResult, "TIMEOUT");
});

test("from a push the way leads back to the other factors", async () => {
  const hal = await org.someone();
  const phone = await StoryPhone.of(org, hal);
  const sent = await factorOf(await signIn(client, hal), "push").verify({ autoPush: false });
  const request = await phone.request();
  const back = await sent.prev();
  assert.equal(back.status, "MFA_REQUIRED");
  assert.equal(await phone.answer(request, "yes", numberOf(sent)), "ended");
  assert.equal((await factorOf(back, TOTP).verify({ passCode: org.code(hal) })).status, "SUCCESS");
});

test("what a step does not know is refused by its name, and changes nothing", async () => {
  const ida = await org.someone();
  const { stateToken } = await org.primary(ida);
  const verify = `/api/v1/authn/factors/${ida.factor}/verify`;
  const odd = await org.post(`${verify}?rememberMe=true`, { stateToken, passCode: org.code(ida) });
  assert.deepEqual([odd.status, odd.body.errorCauses], [400, [{ errorSummary: "rememberMe: unknown query parameter" }]]);
  const known = await org.post(`${verify}?rememberDevice=false&autoPush=false`, { stateToken, passCode: org.code(ida) });
  assert.equal(known.body.status, "SUCCESS");
});

test("an expired password is changed: the wrong old one and an unfit new one are the documented error, then the factor as ever", async () => {
  const kim = await org.someone();
  await org.say("user", "expire-password", kim.login);
  const NEW = "sleepy violins orbit marble";
  const asked = await signIn(client, kim);
  assert.deepEqual([asked.status, asked.factors, typeof asked.changePassword], ["PASSWORD_EXPIRED", undefined, "function"]);
  const wrong = await refusedCall(asked.changePassword({ oldPassword: "wrong", newPassword: NEW }));
  assert.deepEqual(wrong, { status: 403, errorCode: "E0000014", causes: ["oldPassword: The credentials provided were incorrect."] });
  const unfit = await refusedCall(asked.changePassword({ oldPassword: kim.password, newPassword: "short" }));
  assert.deepEqual([unfit.status, unfit.errorCode], [403, "E0000014"]);
  assert.match(unfit.causes[0] ?? "", /^newPassword: .*at least 8/);
  const changed = await asked.changePassword({ oldPassword: kim.password, newPassword: NEW });
  assert.equal(changed.status, "MFA_REQUIRED");
  const done = await factorOf(changed, TOTP).verify({ passCode: org.code(kim) });
  assert.deepEqual([done.status, done.user.id], ["SUCCESS", kim.id]);
  assert.equal((await refusedCall(signIn(client, kim))).errorCode, "E0000004");
  assert.equal((await signIn(client, { ...kim, password: NEW })).status, "MFA_REQUIRED");
});

/** The sign-in widget and the codes of an authenticator app: right, wrong, too often wrong, too late. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { LocalOrg } from "../machine/local-org.ts";
import { Widget } from "./widget.ts";

const org = new LocalOrg("widget-totp");
let widget: Widget;
before(async () => {
  await org.start();
  widget = await Widget.open();
});
afterEach(() => widget.quiet());
after(async () => {
  await widget?.close();
  await org.stop();
});

const verify = (factor: string) => `POST /api/v1/authn/factors/${factor}/verify`;
const INTROSPECT = "POST /api/v1/authn/introspect";

test("a state token of primary authentication opens the app's code, and the right one is SUCCESS", async () => {
  const ann = await org.someone();
  const { stateToken } = await org.primary(ann);
  await widget.show({ stateToken });
  await widget.form("mfa-verify-totp").waitFor();
  await widget.shoot("totp-asked");
  await widget.type(org.code(ann));
  await widget.submit();
  const { status, user } = await widget.outcome();
  assert.deepEqual([status, user.id, user.profile.login], ["SUCCESS", ann.id, ann.login]);
  assert.deepEqual(widget.calls(), [INTROSPECT, verify(ann.factor)]);
  assert.deepEqual((await org.events(ann)).slice(-2), ["user.primary-verified", "factor.verified"]);
});

test("a wrong code is said on the form, which takes the right one afterwards", async () => {
  const bob = await org.someone();
  const { stateToken } = await org.primary(bob);
  await widget.show({ stateToken });
  await widget.type(org.wrongCode(bob));
  assert.equal((await widget.submitted()).got.errorCode, "E0000068");
  assert.match(await widget.complaint(), /passcode doesn't match our records|Invalid Passcode/i);
  await widget.shoot("totp-wrong");
  await widget.type(org.code(bob));
  await widget.submit();
  assert.equal((await widget.outcome()).status, "SUCCESS");
});

test("the fifth wrong code of a logon ends it: the right one does no more, nor in the next one before the wait is over", async () => {
  const cleo = await org.someone();
  const { stateToken } = await org.primary(cleo);
  await widget.show({ stateToken });
  let before = 0;
  for (let i = 0; i < 5; i++) {
    await widget.type(org.wrongCode(cleo));
    before = Date.now();
    await widget.submitted();
    await widget.complaint();
  }
  await widget.type(org.code(cleo));
  const { status, got } = await widget.submitted();
  assert.deepEqual([status, got.errorCode], [401, "E0000011"]);
  await widget.sees("Unable to authenticate at this time.");
  await widget.shoot("totp-ended");
  const again = await org.primary(cleo);
  await widget.show({ stateToken: again.stateToken });
  await widget.type(org.code(cleo));
  await widget.submitted();
  const said = await widget.complaint();
  const seconds = Number(/^Too many wrong passcodes\. Wait (\d+) seconds/.exec(said)?.[1]);
  // What is left of half a minute since the fifth: the widget is loaded anew in between.
  assert.ok(seconds <= 30 && seconds >= Math.floor(30 - (Date.now() - before) / 1000), said);
  await widget.shoot("totp-wait");
});

test("the wrong code that locks the app is said so; the next logon with the right password is LOCKED_OUT", async () => {
  const dan = await org.someone();
  await org.fail(dan, 99);
  const { stateToken } = await org.primary(dan);
  await widget.show({ stateToken });
  await widget.type(org.wrongCode(dan));
  assert.equal((await widget.submitted()).got.errorCode, "E0000069");
  assert.match(await widget.complaint(), /locked/i);
  await widget.shoot("totp-locked");
  const again = await org.post("/api/v1/authn/introspect", { stateToken });
  assert.deepEqual([again.status, again.body.status], [200, "LOCKED_OUT"]);
  await widget.show({ stateToken });
  await widget.sees(/account is locked/i);
  await widget.shoot("locked-out");
  const { body } = await org.post("/api/v1/authn", { username: dan.login, password: dan.password });
  assert.equal(body.status, "LOCKED_OUT");
});

test("a token whose time is over ends the page; one that runs out before the code is typed, the step", async () => {
  const eve = await org.someone();
  const { stateToken } = await org.primary(eve);
  await widget.show({ stateToken });
  org.setClock(org.clock + 5 * 60 + 1);
  await widget.type(org.code(eve));
  const { status, got } = await widget.submitted();
  assert.deepEqual([status, got.errorCode], [401, "E0000011"]);
  await widget.shoot("totp-expired");
  await widget.show({ stateToken });
  await widget.sees("Unable to authenticate at this time.");
  await widget.shoot("expired");
  assert.equal(await widget.outcomeNow(), undefined);
});

test("a page that is reloaded goes on where it was", async () => {
  const fay = await org.someone();
  const { stateToken } = await org.primary(fay);
  await widget.show({ stateToken });
  await widget.type(org.wrongCode(fay));
  await widget.submitted();
  await widget.reload();
  await widget.form("mfa-verify-totp").waitFor();
  await widget.type(org.code(fay));
  await widget.submit();
  assert.equal((await widget.outcome()).status, "SUCCESS");
});

test("who has recovery codes as well sees the app's form, and the code of either goes into its field", async () => {
  const gus = await org.someone();
  const made = await org.call("POST", `/api/v1/users/${gus.id}/factors`, { factorType: "recovery_codes", provider: "SALLYPORT" });
  const { stateToken } = await org.primary(gus);
  await widget.show({ stateToken });
  await widget.form("mfa-verify-totp").waitFor();
  await widget.shoot("totp-and-recovery");
  await widget.type(made._embedded.activation.codes[0]);
  await widget.submit();
  assert.equal((await widget.outcome()).status, "SUCCESS");
});

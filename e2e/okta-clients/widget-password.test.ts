/** The sign-in widget's own password form, its way out, its language, and what it says when it asks too often. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { LocalOrg } from "../machine/local-org.ts";
import { Widget } from "./widget.ts";

const org = new LocalOrg("widget-password");
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

async function enter(login: string, password: string): Promise<void> {
  await widget.page.locator('input[name="username"]').fill(login);
  await widget.page.locator('input[name="password"]').fill(password);
}

test("name and password lead to the factor; a wrong password and a name that nobody has are one answer", async () => {
  const ann = await org.someone();
  await widget.show();
  await widget.shoot("password");
  const answers: unknown[] = [];
  for (const [login, password] of [
    [ann.login, "wrong"],
    ["nobody@corp.example", ann.password],
  ] as const) {
    await enter(login, password);
    const { status, got } = await widget.submitted();
    assert.equal(await widget.complaint(), "Unable to sign in");
    answers.push([status, { ...got, errorId: "" }]);
  }
  await widget.shoot("password-wrong");
  assert.deepEqual(answers[0], answers[1]);
  assert.equal((answers[0] as [number, any])[1].errorCode, "E0000004");
  await enter(ann.login, ann.password);
  const { sent } = await widget.submitted();
  assert.deepEqual(sent.options, { warnBeforePasswordExpired: true, multiOptionalFactorEnroll: true });
  await widget.form("mfa-verify-totp").waitFor();
  await widget.type(org.code(ann));
  await widget.submit();
  // The widget asks by itself for a chance to enrol more.
  await widget.form("enroll-choices").waitFor();
  await widget.shoot("password-more");
  await widget.submit(".enroll-choices");
  assert.equal((await widget.outcome()).status, "SUCCESS");
});

test("the widget's own form changes an expired password, says what is wrong with it, and goes on to the factor", async () => {
  const flo = await org.someone();
  await org.say("user", "expire-password", flo.login);
  const NEW = "sleepy violins orbit marble";
  org.setClock(org.clock + 61);
  await widget.show();
  await enter(flo.login, flo.password);
  await widget.submitted();
  const field = (name: string) => widget.page.locator(`input[name="${name}"]`);
  await field("oldPassword").waitFor();
  await widget.shoot("password-expired");
  const choose = async (old: string, chosen: string) => {
    await field("oldPassword").fill(old);
    await field("newPassword").fill(chosen);
    await field("confirmPassword").fill(chosen);
    return widget.submitted();
  };
  const wrong = await choose("wrong horse", NEW);
  assert.deepEqual([wrong.call, wrong.status, wrong.got.errorCode], ["POST /api/v1/authn/credentials/change_password", 403, "E0000014"]);
  // It reads the field before the colon, and says it there.
  await widget.sees(/credentials provided were incorrect/);
  await widget.shoot("password-expired-wrong");
  const unfit = await choose(flo.password, "password123");
  assert.equal(unfit.got.errorCode, "E0000014");
  await widget.sees(/most used/);
  assert.equal((await choose(flo.password, NEW)).got.status, "MFA_REQUIRED");
  await widget.form("mfa-verify-totp").waitFor();
  await widget.type(org.code(flo));
  await widget.submit();
  await widget.form("enroll-choices").waitFor();
  assert.equal((await org.primary({ ...flo, password: NEW })).status, "MFA_REQUIRED");
});

test("the link back to the sign-in ends the logon, and its token is none any more", async () => {
  const bob = await org.someone();
  const { stateToken } = await org.primary(bob);
  await widget.show({ stateToken, features: { mfaOnlyFlow: false } });
  await widget.page.locator('[data-se="signout-link"]').click();
  await widget.page.locator('input[name="password"]').waitFor();
  assert.equal(widget.calls().at(-1), "POST /api/v1/authn/cancel");
  const gone = await org.post("/api/v1/authn/introspect", { stateToken });
  assert.deepEqual([gone.status, gone.body.errorCode], [401, "E0000011"]);
  assert.equal((await org.events(bob)).at(-1), "user.primary-verified");
});

test("the widget speaks German, also about a wrong code, with its own files from the same origin", async () => {
  const cleo = await org.someone();
  const { stateToken } = await org.primary(cleo);
  await widget.show({ stateToken, language: "de" });
  await widget.sees("Code eingeben");
  await widget.type(org.wrongCode(cleo));
  await widget.submitted();
  assert.equal(await widget.complaint(), "Dieser Code stimmt nicht. Bitte versuchen Sie es noch einmal.");
  await widget.shoot("german");
  await widget.type(org.code(cleo));
  await widget.submit();
  assert.equal((await widget.outcome()).status, "SUCCESS");
});

test("more than 20 passwords in a minute are too many: the widget says so, and the headers when it is over", async () => {
  const dan = await org.someone();
  // A minute of its own: the one of the stories before could end between the last password here and the widget's.
  org.setClock(org.clock + 61);
  const tooMany = async () => (await org.post("/api/v1/authn", { username: dan.login, password: "wrong" })).status === 429;
  for (let i = 0; i < 25 && !(await tooMany()); i++);
  await widget.show();
  await enter(dan.login, dan.password);
  const { status, got } = await widget.submitted();
  assert.deepEqual([status, got.errorCode], [429, "E0000047"]);
  assert.match(await widget.complaint(), /maximum number of requests/);
  await widget.shoot("too-many");
  org.setClock(org.clock + 61);
  await enter(dan.login, dan.password);
  await widget.submitted();
  await widget.form("mfa-verify-totp").waitFor();
});

test("whoever typed too many wrong passwords hears it with the right one, and nobody else does", async () => {
  const eve = await org.someone();
  await org.failPasswords(eve, 100);
  await widget.show();
  await enter(eve.login, "wrong");
  await widget.submitted();
  assert.equal(await widget.complaint(), "Unable to sign in");
  org.setClock(org.clock + 3601);
  await enter(eve.login, eve.password);
  await widget.submitted();
  await widget.sees(/account is locked/i);
  await widget.shoot("password-locked");
});

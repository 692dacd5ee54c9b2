/** The sign-in widget and a code by mail: sent by a real mail server, typed wrong, typed right, sent again, and too late. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { MailServer } from "../delivery/mail-server.ts";
import { claimsOf, LocalOrg, PageHost, type Someone } from "../machine/local-org.ts";
import { until } from "../machine/processes.ts";
import { mailedCode } from "./mailed-code.ts";
import { Widget } from "./widget.ts";

const org = new LocalOrg("widget-mail");
const mail = new MailServer({ port: 2525, address: "127.0.0.1" });
let host: PageHost;
let widget: Widget;
before(async () => {
  await mail.listen();
  await org.start();
  await org.call("PUT", "/api/v1/org/mail", { server: "smtp://127.0.0.1:2525", from: "mfa@corp.example" });
  // A mailed code counts only where a rule names it.
  host = await new PageHost(org).enrol("mail servers", [{ name: "by mail", then: "factor", factors: ["email", "totp"] }]);
  widget = await Widget.open();
});
afterEach(() => widget.quiet());
after(async () => {
  await widget?.close();
  await org.stop();
  await mail.close();
});

/** Somebody who may log on to the machine by a code that goes to their address. */
async function withMail(): Promise<Someone> {
  const one = await org.newcomer();
  await host.assign(one);
  await org.call("POST", `/api/v1/users/${one.id}/factors?activate=true`, { factorType: "email", provider: "OKTA" });
  return one;
}

/** Asks by the widget's button; answers the code of the letter, which may be faster than the answer by which the form is drawn anew. */
async function askForCode({ login }: Someone): Promise<string> {
  const before = mail.got.length;
  await widget.submit();
  const code = await mailedCode(mail, login, before);
  await widget.called("verify");
  return code;
}

test("the code of the letter lets in to the machine; a wrong one before it does not", async () => {
  const ann = await withMail();
  const { body } = await host.ask(ann);
  assert.equal(body.status, "MFA_REQUIRED");
  assert.doesNotMatch(JSON.stringify(body._embedded.factors), /@/, "no address before the factor was asked for");
  await widget.show({ stateToken: body.stateToken });
  await widget.sees(/verification code to •••/);
  await widget.shoot("mail-asked");
  const code = await askForCode(ann);
  await widget.shoot("mail-sent");
  await widget.type(code.replace(/.$/, (last) => String((Number(last) + 1) % 10)));
  await widget.submitted();
  assert.match(await widget.complaint(), /doesn't match our records/);
  await widget.type(code);
  await widget.submit();
  assert.equal((await widget.outcome()).status, "SUCCESS");
  assert.deepEqual(claimsOf((await host.look(body.stateToken)).body.decision).amr, ["pwd", "email"]);
});

test("a letter that is sent again takes the place of the first: its code is worth nothing, the new one lets in", async () => {
  const bob = await withMail();
  const { body } = await host.ask(bob);
  await widget.show({ stateToken: body.stateToken });
  const first = await askForCode(bob);
  const before = mail.got.length;
  // The widget offers it after half a minute.
  await widget.page.getByText("Send again").click();
  const second = await mailedCode(mail, bob.login, before);
  await widget.called("verify/resend");
  await widget.type(first);
  await widget.submitted();
  await widget.complaint();
  await widget.type(second);
  await widget.submit();
  assert.equal((await widget.outcome()).status, "SUCCESS");
});

test("a code of another logon is refused", async () => {
  const cleo = await withMail();
  const other = await host.ask(cleo);
  await widget.show({ stateToken: other.body.stateToken });
  const foreign = await askForCode(cleo);
  const { body } = await host.ask(cleo);
  await widget.show({ stateToken: body.stateToken });
  await askForCode(cleo);
  await widget.type(foreign);
  assert.equal((await widget.submitted()).got.errorCode, "E0000068");
});

test("a page that is reloaded while the letter is on its way asks for another one", async () => {
  const dan = await withMail();
  const { body } = await host.ask(dan);
  await widget.show({ stateToken: body.stateToken });
  await askForCode(dan);
  await widget.reload();
  await widget.called("previous");
  const code = await askForCode(dan);
  await widget.type(code);
  await widget.submit();
  assert.equal((await widget.outcome()).status, "SUCCESS");
});

test("a newcomer confirms their address by a code, which is sent again on the way", async () => {
  const eve = await org.newcomer();
  await host.assign(eve);
  await org.openWindow(eve);
  const { body } = await host.ask(eve);
  await widget.show({ stateToken: body.stateToken });
  await widget.page.locator(".enroll-factor-row", { hasText: "Email" }).locator("a, button").first().click();
  let before = mail.got.length;
  await widget.submit(".enroll-email");
  const first = await mailedCode(mail, eve.login, before);
  await widget.shoot("enrol-mail");
  before = mail.got.length;
  await widget.page.getByText("Send again").click();
  const second = await mailedCode(mail, eve.login, before);
  assert.notEqual(first, second);
  const { got } = await widget.called("resend");
  assert.equal(got._embedded.factor.profile.email, "p***@c***.example");
  // The form is drawn anew; while the old one slides away there are two.
  const fields = widget.page.locator('.enroll-activate-email input[name="passCode"]');
  await until("one form", async () => (await fields.count()) === 1 && (await fields.isEditable()));
  await fields.fill(second);
  await widget.submit(".enroll-activate-email");
  assert.equal((await widget.outcome()).status, "SUCCESS");
  assert.ok((await host.look(body.stateToken)).body.decision);
});

// Last: a machine's signature goes by the time, and the org's clock is set.
test("a code whose time is over is refused on the form, as a wrong one is; the one that is sent again lets in", async () => {
  const fay = await withMail();
  const { body } = await host.ask(fay);
  await widget.show({ stateToken: body.stateToken });
  const late = await askForCode(fay);
  org.setClock(org.clock + 3 * 60);
  await widget.type(late.replace(/.$/, (last) => String((Number(last) + 1) % 10)));
  await widget.submitted();
  await widget.complaint();
  // The code dies five minutes after it was sent; the logon, five minutes after its last step.
  org.setClock(org.clock + 2 * 60 + 1);
  await widget.type(late);
  const { status, got } = await widget.submitted();
  assert.deepEqual([status, got.errorCode], [403, "E0000068"]);
  assert.match(await widget.complaint(), /doesn't match our records/);
  await widget.shoot("mail-late");
  const before = mail.got.length;
  await widget.page.getByText("Send again").click();
  const anew = await mailedCode(mail, fay.login, before);
  await widget.called("verify/resend");
  await widget.type(anew);
  await widget.submit();
  assert.equal((await widget.outcome()).status, "SUCCESS");
  assert.equal((await org.events(fay)).filter((type) => type === "factor.verified").length, 1);
});

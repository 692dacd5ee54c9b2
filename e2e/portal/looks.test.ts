/** Each page as people see it: in both languages and themes, on a phone and on a desk; axe finds nothing, and there is a picture to judge. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addAuthenticator } from "../machine/browser.ts";
import { LocalOrg } from "../machine/local-org.ts";
import { codeOf } from "../machine/org.ts";
import { Portal } from "./portal.ts";

const org = new LocalOrg("portal-looks");
let portal: Portal;
before(async () => {
  await org.start();
  portal = await Portal.open();
});
after(async () => {
  await portal?.close();
  await org.stop();
});

test("sign-in, from the password to the end", async () => {
  const one = await org.someone();
  await org.say("factor", "enrol", one.login, "recovery");
  await portal.go("/signin");
  await portal.at("Sign in");
  await portal.looks("sign-in");
  await portal.password(one, "wrong horse battery staple");
  await portal.says(/Name or password is not right/);
  await portal.looks("sign-in-wrong");
  await portal.password(one);
  await portal.at("Code from your app");
  await portal.looks("code");
  await portal.fill("Code", org.wrongCode(one));
  await portal.press("Continue");
  await portal.says(/That code was not accepted/);
  await portal.looks("code-wrong");
  await portal.press("Use another way");
  await portal.at("How do you want to confirm?");
  assert.equal(await portal.page.getByRole("alert").textContent(), "", "what was wrong with the code before says nothing here");
  await portal.looks("choice");
  await portal.press(/^Recovery code/);
  await portal.at("Recovery code");
  await portal.looks("recovery");
  org.setClock(11 * 60);
  await portal.fill("Code", "0000-0000-0000-0000");
  await portal.press("Continue");
  await portal.at("That took too long");
  await portal.looks("expired");
  org.setClock(0);
  assert.deepEqual(portal.faults, []);
});

test("the account, with what is asked and what is shown once", async () => {
  const one = await org.someone();
  await portal.signIn(one);
  await portal.looks("me");
  await portal.press(`Rename: Authenticator app`);
  await portal.looks("me-rename");
  await portal.press("Cancel");
  await portal.press("Make codes");
  await portal.says(/shown this one time/);
  await portal.looks("me-recovery-codes");
  await portal.press("I have kept them");
  await portal.press("Sign out everywhere");
  await portal.looks("me-sure");
  await portal.press("Cancel");
  await portal.press("Add a factor");
  await portal.at("Add a second factor");
  await portal.looks("me-add");
  await portal.press(/^Passkey/);
  await portal.at("Add a passkey");
  await portal.looks("me-passkey");
  await addAuthenticator(portal.page);
  await portal.fill("Name", "Blue key");
  await portal.press("Make passkey");
  await portal.at("Your account");
  await portal.says("Blue key");
  await portal.looks("me-two-factors");
  assert.deepEqual(portal.faults, []);
});

test("a first factor with a ticket", async () => {
  const one = await org.newcomer();
  const { ticket } = await org.call("POST", `/api/v1/users/${one.id}/tickets`, {});
  await portal.page.context().clearCookies();
  await portal.password(one);
  await portal.at("Your enrolment ticket");
  await portal.looks("ticket");
  await portal.fill("Ticket", ticket);
  await portal.press("Continue");
  await portal.at("Add a second factor");
  await portal.looks("enrol-choice");
  await portal.press(/^Authenticator app/);
  await portal.at("Set up your authenticator app");
  await portal.looks("enrol-totp");
  const first = await portal.page.locator("code.secret").textContent();
  await portal.page.reload();
  await portal.says(/The set-up was interrupted/);
  assert.equal(await portal.page.locator("code.secret").count(), 0, "a secret is shown once");
  await portal.looks("enrol-interrupted");
  await portal.press("Start again");
  await portal.says("Choose what you want to use from now on");
  await portal.press(/^Authenticator app/);
  await portal.at("Set up your authenticator app");
  assert.notEqual(await portal.page.locator("code.secret").textContent(), first, "another one is made");
  const secret = ((await portal.page.locator("code.secret").textContent()) ?? "").replaceAll(" ", "");
  await portal.fill("Code that the app shows now", codeOf({ ...one, secret }));
  await portal.press("Finish");
  await portal.at("Your account");
  assert.deepEqual(portal.faults, []);
});

test("an approval by a link that is over", async () => {
  await portal.go("/approve/0123456789ABCDEFGHJKMNPQRS");
  await portal.at("Approve a logon");
  await portal.looks("approve");
  await portal.press("Use passkey");
  await portal.at("This link is over");
  await portal.looks("approve-gone");
  assert.deepEqual(portal.faults, []);
});

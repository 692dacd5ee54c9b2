/** Sign-in at the org's own pages: right, wrong, back, reloaded, in a second tab, too late, locked out; and for a machine. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { claimsOf, LOCAL_URL, LocalOrg, PageHost } from "../machine/local-org.ts";
import { codeOf } from "../machine/org.ts";
import { until } from "../machine/processes.ts";
import { Portal } from "./portal.ts";

const org = new LocalOrg("portal-sign-in");
let portal: Portal;
before(async () => {
  await org.start();
  portal = await Portal.open();
});
after(async () => {
  await portal?.close();
  await org.stop();
});

async function cookies() {
  return portal.browser.context.cookies(LOCAL_URL);
}

test("a password and a code sign in, by a cookie that no script reads; signing out ends it", async () => {
  const one = await org.someone();
  await portal.signIn(one);
  await portal.says(`Signed in as ${one.login}`);
  const session = (await cookies()).find(({ name }) => name === "__Host-sallyport");
  assert.ok(session, "the browser took a __Host- cookie from http://localhost");
  assert.deepEqual([session.httpOnly, session.secure, session.sameSite, session.path], [true, true, "Lax", "/"]);
  assert.ok(session.value.length >= 43);
  assert.equal(await portal.page.evaluate("document.cookie.includes('sallyport')"), false);
  const kept = { headers: { cookie: `__Host-sallyport=${session.value}` } };
  assert.equal((await fetch(`${LOCAL_URL}/api/v1/sessions/me`, kept)).status, 200);
  await portal.go("/");
  await portal.at("Your account");
  await portal.page.route("**/api/v1/sessions/me", (route) => route.abort());
  await portal.press("Sign out");
  await portal.says(/The server cannot be reached/);
  await portal.at("Your account");
  await portal.page.unroute("**/api/v1/sessions/me");
  await portal.press("Sign out");
  await portal.at("Sign in");
  assert.equal((await fetch(`${LOCAL_URL}/api/v1/sessions/me`, kept)).status, 404, "a kept cookie is worth nothing");
  await portal.go("/me");
  await portal.at("Sign in");
  assert.deepEqual(portal.faults, []);
});

test("a wrong password and an unknown name read the same; a wrong code stays on the page, selected, and a right one follows", async () => {
  const one = await org.someone();
  await portal.password(one, "wrong horse battery staple");
  await portal.says(/Name or password is not right/);
  const said = await portal.page.getByRole("alert").textContent();
  await portal.password({ ...one, login: "nobody@corp.example" });
  await portal.says(/Name or password is not right/);
  assert.equal(await portal.page.getByRole("alert").textContent(), said);
  await portal.password(one);
  await portal.at("Code from your app");
  // It gets the focus in the frame after the one that shows it.
  await portal.page.locator("#code:focus").waitFor();
  const wrong = org.wrongCode(one);
  await portal.fill("Code", wrong);
  await portal.page.keyboard.press("Enter");
  await portal.says(/That code was not accepted/);
  const chosen =
    "(({ id, value, selectionStart, selectionEnd }) => id + value?.slice(selectionStart, selectionEnd))(document.activeElement)";
  await until("the wrong code is selected", async () => (await portal.page.evaluate(chosen)) === `code${wrong}`);
  await portal.page.keyboard.type(codeOf(one));
  await portal.page.keyboard.press("Enter");
  await portal.at("Your account");
  assert.deepEqual(portal.faults, []);
});

test("a reload goes on where it was, back leads to the choice, another tab begins anew, and the browser's language counts", async () => {
  const one = await org.someone();
  const [code] = (await org.say("factor", "enrol", one.login, "recovery"))._embedded.activation.codes;
  await portal.password(one);
  await portal.at("Code from your app");
  await portal.page.reload();
  await portal.at("Code from your app");
  const tab = await portal.tab();
  await tab.go("/signin");
  await tab.at("Sign in");
  await tab.page.close();
  await portal.press("Use another way");
  await portal.at("How do you want to confirm?");
  await portal.press(/^Recovery code/);
  await portal.at("Recovery code");
  // By the page's own history, which follows its last entry in order; the driver's may know of it a moment later.
  await portal.page.evaluate("history.back()");
  await portal.at("How do you want to confirm?");
  await portal.press(/^Recovery code/);
  await portal.press("Deutsch");
  await portal.at("Wiederherstellungscode");
  await portal.fill("Code", String(code));
  await portal.press("Weiter");
  await portal.at("Ihr Konto");
  await portal.press("English");
  await portal.at("Your account");
  const german = await Portal.open({ locale: "de-AT" });
  try {
    await german.go("/signin");
    await german.at("Anmelden");
    assert.deepEqual(german.faults, []);
  } finally {
    await german.close();
  }
  assert.deepEqual(portal.faults, []);
});

test("after several wrong codes the wait is said in words; at the cap the person is told that they are locked out", async () => {
  const one = await org.someone();
  const guess = async (times: number) => {
    const { stateToken } = await org.primary(one);
    for (let tries = 0; tries < times; tries++)
      await org.post(`/api/v1/authn/factors/${one.factor}/verify`, { stateToken, passCode: org.wrongCode(one) });
  };
  await portal.password(one);
  await portal.at("Code from your app");
  // While the page waits for the code: the wait has hardly begun when it is said, however long the page took to come.
  await guess(5);
  await portal.fill("Code", codeOf(one));
  await portal.press("Continue");
  await portal.says(/There were too many tries\. Wait (30|2\d) seconds/);
  // As many waits as it takes, by the org's clock alone.
  let ahead = 0;
  for (let failures = 5; failures < 100; failures++) {
    ahead += 3601;
    org.setClock(ahead);
    await guess(1);
  }
  await portal.password(one);
  await portal.at("You are locked out");
  org.setClock(0);
  assert.deepEqual(portal.faults, []);
});

test("a machine's logon is driven at the page, which gets nothing of it: the machine alone fetches the yes", async () => {
  const host = await new PageHost(org).enrol("srv-portal");
  const one = await org.someone();
  await host.assign(one);
  const asked = await host.ask(one);
  await portal.page.context().clearCookies();
  await portal.go(`/signin#t=${asked.body.stateToken}`);
  await portal.at("Code from your app");
  assert.equal(new URL(portal.page.url()).hash, "", "the token does not stay in the address");
  // Whoever has the password may have sent them here: they see which logon it is.
  const shown = await portal.page.getByRole("complementary").innerText();
  for (const part of [/only if you are at this logon yourself/, /srv-portal/, new RegExp(one.login)]) assert.match(shown, part);
  await portal.looks("machine");
  await portal.accessible("a machine's logon");
  await portal.fill("Code", codeOf(one));
  await portal.press("Continue");
  await portal.says(/Go back to the machine/);
  assert.equal(
    (await cookies()).some(({ name }) => name === "__Host-sallyport"),
    false,
    "nobody is signed in by that",
  );
  const done = await host.look(asked.body.stateToken);
  assert.equal(claimsOf(done.body.decision).result, "allow");
  assert.deepEqual(portal.faults, []);
});

test("a password that has to be changed is changed on the page: what is wrong is said, a reload goes on, and the factor makes it count", async () => {
  const one = await org.someone();
  await org.say("user", "expire-password", one.login);
  const NEW = "sleepy violins orbit marble";
  const choose = async (old: string, chosen: string, again = chosen) => {
    await portal.at("Choose a new password");
    await portal.fill("Present password", old);
    await portal.fill("New password", chosen);
    await portal.fill("New password again", again);
    await portal.press("Continue");
  };
  await portal.password(one);
  await portal.at("Choose a new password");
  await portal.looks("password-expired");
  await choose(one.password, NEW, "another one");
  await portal.says("The two passwords are not the same.");
  await choose("wrong horse battery staple", NEW);
  await portal.says("The present password is not right.");
  await choose(one.password, "password123");
  await portal.says(/This password cannot be used/);
  await portal.accessible("an unfit new password");
  await portal.page.reload();
  await choose(one.password, NEW);
  await portal.at("Code from your app");
  await portal.fill("Code", org.code(one));
  await portal.press("Continue");
  await portal.at("Your account");
  await portal.press("Sign out");
  await portal.at("Sign in");
  await portal.password(one);
  await portal.says(/Name or password is not right/);
  await portal.password(one, NEW);
  await portal.at("Code from your app");
  assert.deepEqual(portal.faults, []);
});

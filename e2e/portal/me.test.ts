/** A person's own pages: factors added, named, used and removed; logons in plain words; browsers; and proof again where it is needed. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addAuthenticator } from "../machine/browser.ts";
import { LOCAL_URL, LocalOrg, PageHost } from "../machine/local-org.ts";
import { codeOf } from "../machine/org.ts";
import { Portal } from "./portal.ts";

const org = new LocalOrg("portal-me");
let portal: Portal;
before(async () => {
  await org.start();
  portal = await Portal.open();
});
after(async () => {
  await portal?.close();
  await org.stop();
});

test("a passkey is added, named, signs in alone and as a second factor, and is removed again", async () => {
  const one = await org.someone();
  await addAuthenticator(portal.page);
  await portal.signIn(one);
  await portal.press("Add a factor");
  await portal.at("Add a second factor");
  await portal.press(/^Passkey/);
  await portal.at("Add a passkey");
  await portal.press("Back");
  await portal.at("Add a second factor");
  await portal.press(/^Passkey/);
  await portal.at("Add a passkey");
  await portal.fill("Name", "Blue key");
  await portal.press("Make passkey");
  await portal.at("Your account");
  await portal.press("Rename: Blue key");
  await portal.fill("New name", "Red key");
  await portal.press("Save");
  await portal.says("Red key");
  await portal.press("Sign out");
  await portal.at("Sign in");

  await portal.press("Sign in with a passkey");
  await portal.at("Your account");
  await portal.says(`Signed in as ${one.login}`);
  await portal.press("Sign out");
  await portal.at("Sign in");

  await portal.password(one);
  await portal.at("How do you want to confirm?");
  await portal.press(/^Passkey/);
  await portal.at("Your account");

  await portal.press("Remove: Red key");
  await portal.press("Yes, remove");
  await portal.says("This is the last factor that lets you in.");
  assert.equal(await portal.page.getByText("Red key").count(), 0);
  await portal.press("Sign out");
  await portal.at("Sign in");
  await portal.press("Sign in with a passkey");
  await portal.says(/This passkey was not accepted/);
  const events = await org.events(one);
  for (const type of ["factor.activated", "factor.renamed", "factor.reset"]) assert.ok(events.includes(type), `${type} in ${events}`);
  assert.deepEqual(portal.faults, []);
});

test("S18: after five minutes a factor is proved again before anything changes; new recovery codes are shown once", async () => {
  const one = await org.someone();
  await portal.page.context().clearCookies();
  await portal.signIn(one);
  org.setClock(6 * 60);
  await portal.page.reload();
  await portal.at("Your account");
  await portal.press("Make codes");
  await portal.at("Confirm that it is you");
  await portal.fill("User name", one.login);
  await portal.fill("Password", one.password);
  await portal.press("Continue");
  await portal.at("Code from your app");
  await portal.fill("Code", codeOf(one, new Date(Date.now() + 6 * 60_000)));
  await portal.press("Continue");
  await portal.at("Your account");
  await portal.press("Make codes");
  await portal.says(/shown this one time/);
  const codes = await portal.page.locator(".codes li").allTextContents();
  assert.equal(codes.length, 10);
  await portal.browser.context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: LOCAL_URL });
  await portal.press("Copy");
  await portal.says("Copied.");
  assert.equal(await portal.page.evaluate("navigator.clipboard.readText()"), codes.join("\n"));
  await portal.page.emulateMedia({ media: "print" });
  assert.deepEqual(await portal.page.locator("h2:visible").allTextContents(), ["Recovery codes"], "on paper there is nothing else");
  assert.deepEqual([await portal.page.locator(".codes li:visible").count(), await portal.page.locator("button:visible").count()], [10, 0]);
  await portal.page.emulateMedia({ media: "screen" });
  await portal.press("I have kept them");
  await portal.says("10 codes left");
  await portal.page.reload();
  await portal.says("10 codes left");
  assert.equal(await portal.page.getByText(codes[0] ?? "").count(), 0);
  org.setClock(0);
  assert.deepEqual(portal.faults, []);
});

test("logons are told in plain words with their reference, and one that was not theirs is reported", async () => {
  const host = await new PageHost(org).enrol("srv-own");
  const one = await org.someone();
  await host.assign(one);
  const asked = await host.ask(one);
  const wrong = await org.post(`/api/v1/authn/factors/${one.factor}/verify`, {
    stateToken: asked.body.stateToken,
    passCode: org.wrongCode(one),
  });
  assert.equal(wrong.status, 403);
  await org.post("/api/v1/authn/cancel", { stateToken: asked.body.stateToken });
  await portal.page.context().clearCookies();
  await portal.signIn(one);
  await portal.says(`Reference: ${asked.reference}`);
  await portal.says("the code or key was not right");
  await portal.press(/^This was not me/);
  await portal.press("Yes, tell them");
  await portal.says(/Your administrators were told/);
  await portal.says("You said that this was not you. Change your password.");
  const [said] = await org.call("GET", `/api/v1/logs?filter=${encodeURIComponent('eventType eq "logon.disowned"')}`);
  assert.equal(said.actor.id, one.id);
  assert.deepEqual(portal.faults, []);
});

test("a browser elsewhere is signed out from here, and everywhere at once", async () => {
  const one = await org.someone();
  await portal.page.context().clearCookies();
  await portal.signIn(one);
  const other = await Portal.open({ width: 360 });
  try {
    org.setClock(60);
    await other.signIn(one, new Date(Date.now() + 60_000));
    await other.page.reload();
    await portal.page.reload();
    await portal.press(/^Sign out there/);
    await portal.page.getByRole("button", { name: /^Sign out there/ }).waitFor({ state: "detached" });
    await other.page.reload();
    await other.at("Sign in");
    await portal.press("Sign out everywhere");
    await portal.press("Yes, everywhere");
    await portal.at("Sign in");
    const cookies = await portal.browser.context.cookies(LOCAL_URL);
    assert.equal(
      cookies.some(({ name }) => name === "__Host-sallyport"),
      false,
    );
    assert.deepEqual([...portal.faults, ...other.faults], []);
  } finally {
    org.setClock(0);
    await other.close();
  }
});

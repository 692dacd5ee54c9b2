/** Sign-in at the org's own pages with a password and an authenticator app: right, wrong, back, reloaded, in a second tab, too late. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { LOCAL_URL, LocalOrg } from "../okta-clients/local-org.ts";
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
  await portal.press("Sign out");
  await portal.at("Sign in");
  assert.equal((await fetch(`${LOCAL_URL}/api/v1/sessions/me`, kept)).status, 404, "a kept cookie is worth nothing");
  assert.deepEqual(portal.faults, []);
});

/** The sign-in widget and passkeys, with authenticators that Chromium plugs in: made, used, one of several, and one that is not there. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { type Authenticator, addAuthenticator } from "../machine/browser.ts";
import { claimsOf, LocalOrg, PageHost, type Someone } from "../machine/local-org.ts";
import { Widget } from "./widget.ts";

const org = new LocalOrg("widget-passkey");
let widget: Widget;
before(async () => {
  await org.start();
});
beforeEach(async () => {
  widget = await Widget.open();
});
afterEach(async () => {
  widget.quiet();
  await widget.close();
});
after(() => org.stop());

const remove = ({ cdp, id }: Authenticator) => cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: id });
const setPresence = ({ cdp, id }: Authenticator, enabled: boolean) =>
  cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId: id, enabled });
const factorsOf = ({ id }: Someone): Promise<any[]> => org.call("GET", `/api/v1/users/${id}/factors`);

/** From the list of factors to the key; the browser asks the authenticator at once. */
async function makePasskey(): Promise<void> {
  await widget.form("enroll-choices").waitFor();
  await widget.page.locator(".enroll-factor-row", { hasText: "Biometric" }).locator("a, button").first().click();
  await widget.submit(".enroll-webauthn");
}

/** A newcomer who has made a passkey with this authenticator. */
async function withPasskey(): Promise<Someone> {
  const one = await org.newcomer();
  await org.openWindow(one);
  const { stateToken } = await org.primary(one);
  await widget.show({ stateToken });
  await makePasskey();
  assert.equal((await widget.outcome()).status, "SUCCESS");
  return one;
}

test("a newcomer makes a passkey, and the next logon asks for it and takes it", async () => {
  await addAuthenticator(widget.page);
  const ann = await withPasskey();
  const [made, ...more] = await factorsOf(ann);
  assert.deepEqual(more, []);
  assert.deepEqual([made.factorType, made.status], ["webauthn", "ACTIVE"]);
  const { stateToken } = await org.primary(ann);
  await widget.show({ stateToken });
  assert.equal((await widget.outcome()).status, "SUCCESS");
  const answered = await widget.lastCall();
  const asked = widget.exchanges.at(-2);
  assert.deepEqual([asked?.got.status, asked?.got.factorResult, asked?.got.challengeType], ["MFA_CHALLENGE", "CHALLENGE", "FACTOR"]);
  assert.deepEqual(Object.keys(answered.sent).sort(), ["authenticatorData", "clientData", "signatureData", "stateToken"]);
});

test("at a machine's logon the passkey is what the decision says", async () => {
  await addAuthenticator(widget.page);
  const bob = await withPasskey();
  const host = await new PageHost(org).enrol("passkey servers");
  await host.assign(bob);
  const { body } = await host.ask(bob);
  await widget.show({ stateToken: body.stateToken });
  assert.equal((await widget.outcome()).status, "SUCCESS");
  assert.deepEqual(claimsOf((await host.look(body.stateToken)).body.decision).amr, ["pwd", "hwk"]);
});

test("of several keys the one that is plugged in will do", async () => {
  const first = await addAuthenticator(widget.page);
  const cleo = await withPasskey();
  const { stateToken } = await org.primary(cleo, { multiOptionalFactorEnroll: true });
  await widget.show({ stateToken });
  await widget.form("enroll-choices").waitFor();
  await widget.shoot("passkey-choices");
  await remove(first);
  const second = await addAuthenticator(widget.page, { transport: "internal" });
  await makePasskey();
  await widget.called("activate");
  await widget.form("enroll-choices").waitFor();
  await widget.submit();
  assert.equal((await widget.outcome()).status, "SUCCESS");
  assert.equal((await factorsOf(cleo)).filter(({ factorType }) => factorType === "webauthn").length, 2);
  const next = await org.primary(cleo);
  await widget.show({ stateToken: next.stateToken });
  assert.equal((await widget.outcome()).status, "SUCCESS");
  assert.match(widget.calls().at(-1) ?? "", /\/factors\/webauthn\/verify$/);
  await remove(second);
});

test("a page that is reloaded while the key is awaited asks anew, and nothing counts as a failure", async () => {
  const key = await addAuthenticator(widget.page);
  const dan = await withPasskey();
  const [before] = await factorsOf(dan);
  await setPresence(key, false);
  const { stateToken } = await org.primary(dan);
  await widget.show({ stateToken });
  await widget.called("verify");
  await widget.shoot("passkey-asked");
  // Between leaving and coming back, since a request that the key ignored once stays ignored.
  await widget.reload(() => setPresence(key, true));
  assert.equal((await widget.outcome()).status, "SUCCESS");
  assert.ok(widget.calls().includes("POST /api/v1/authn/previous"));
  assert.equal((await factorsOf(dan))[0].failures, before.failures);
});

test("a key of somebody else is refused by the browser, said on the form, and the right one is taken afterwards", async () => {
  const own = await addAuthenticator(widget.page);
  const eve = await withPasskey();
  const { credentials } = await own.cdp.send("WebAuthn.getCredentials", { authenticatorId: own.id });
  await remove(own);
  const foreign = await addAuthenticator(widget.page);
  const { stateToken } = await org.primary(eve);
  await widget.show({ stateToken });
  await widget.complaint();
  await widget.shoot("passkey-foreign");
  await remove(foreign);
  const again = await addAuthenticator(widget.page);
  for (const credential of credentials) await again.cdp.send("WebAuthn.addCredential", { authenticatorId: again.id, credential });
  await widget.submit();
  assert.equal((await widget.outcome()).status, "SUCCESS");
});

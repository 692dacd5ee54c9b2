/** The sign-in widget and a first factor: through a window that an administrator opened, by a code that a phone could scan. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { LocalOrg, PageHost, type Someone } from "../machine/local-org.ts";
import { Widget } from "./widget.ts";

const org = new LocalOrg("widget-enrol");
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

/** From the list of factors to the picture that a phone scans. */
async function startTotp(): Promise<void> {
  await widget.form("enroll-choices").waitFor();
  await widget.page.locator(".enroll-factor-row", { hasText: "Google Authenticator" }).locator("a, button").first().click();
  await widget.page.locator("label", { hasText: "iPhone" }).click();
  await widget.page.getByRole("link", { name: "Next" }).click();
  await widget.page.locator("img.qrcode-image").waitFor();
}

const factorsOf = ({ id }: Someone) => org.call("GET", `/api/v1/users/${id}/factors`);

test("a newcomer whom an administrator confirmed scans the picture, types its code, and is in; the next logon asks for it", async () => {
  const ann = await org.newcomer();
  await org.openWindow(ann);
  const { status, stateToken } = await org.primary(ann);
  assert.equal(status, "MFA_ENROLL");
  await widget.show({ stateToken });
  await widget.form("enroll-choices").waitFor();
  await widget.shoot("enrol-choices");
  await startTotp();
  const picture = await widget.scan();
  await widget.shoot("enrol-totp");
  assert.deepEqual([picture.protocol, picture.host], ["otpauth:", "totp"]);
  const { sharedSecret } = (await widget.lastCall()).got._embedded.factor._embedded.activation ?? {};
  assert.equal(picture.searchParams.get("secret"), sharedSecret);
  const enrolled = { ...ann, secret: sharedSecret };
  await widget.page.getByRole("button", { name: "Next" }).click();
  await widget.type(org.wrongCode(enrolled));
  await widget.submitted();
  assert.match(await widget.complaint(), /doesn't match our records/);
  await widget.shoot("enrol-totp-wrong");
  await widget.type(org.code(enrolled));
  await widget.submit();
  assert.equal((await widget.outcome()).status, "SUCCESS");
  const [factor] = await factorsOf(ann);
  assert.deepEqual([factor.factorType, factor.status], ["token:software:totp", "ACTIVE"]);
  const next = await org.primary(ann);
  assert.deepEqual([next.status, next._embedded.factors[0].id], ["MFA_REQUIRED", factor.id]);
});

test("a page that is reloaded in the middle of it shows no secret again; it is begun anew, and the old one is worth nothing", async () => {
  const bob = await org.newcomer();
  await org.openWindow(bob);
  const { stateToken } = await org.primary(bob);
  await widget.show({ stateToken });
  await startTotp();
  const old = (await widget.scan()).searchParams.get("secret") ?? "";
  await widget.reload();
  // The secret was shown once: whoever came by the state token must not read it as well, and share the app unseen.
  await widget.page.locator(".barcode-totp").waitFor();
  await widget.shoot("enrol-reloaded");
  assert.equal((await widget.lastCall()).got._embedded.factor._embedded, undefined);
  await widget.page.getByText("Back to factor list").click();
  await startTotp();
  const fresh = (await widget.scan()).searchParams.get("secret") ?? "";
  assert.notEqual(fresh, old);
  assert.ok(widget.calls().includes("POST /api/v1/authn/previous"));
  await widget.page.getByRole("button", { name: "Next" }).click();
  await widget.type(org.code({ ...bob, secret: old }));
  await widget.submitted();
  await widget.complaint();
  await widget.type(org.code({ ...bob, secret: fresh }));
  await widget.submit();
  assert.equal((await widget.outcome()).status, "SUCCESS");
  assert.equal((await factorsOf(bob)).length, 1);
});

test("without a window a newcomer is answered like a wrong password", async () => {
  const cleo = await org.newcomer();
  const { status, body } = await org.post("/api/v1/authn", { username: cleo.login, password: cleo.password });
  assert.deepEqual([status, body.errorCode], [401, "E0000004"]);
});

test("at a machine's logon the first factor lets in as well, once it is confirmed", async () => {
  const host = await new PageHost(org).enrol("servers");
  const dan = await org.newcomer();
  await host.assign(dan);
  await org.openWindow(dan);
  const { body } = await host.ask(dan);
  assert.equal(body.status, "MFA_ENROLL");
  await widget.show({ stateToken: body.stateToken });
  await startTotp();
  const secret = (await widget.scan()).searchParams.get("secret") ?? "";
  assert.equal((await host.look(body.stateToken)).body.decision, undefined);
  await widget.page.getByRole("button", { name: "Next" }).click();
  await widget.type(org.code({ ...dan, secret }));
  await widget.submit();
  assert.equal((await widget.outcome()).status, "SUCCESS");
  assert.ok((await host.look(body.stateToken)).body.decision);
});

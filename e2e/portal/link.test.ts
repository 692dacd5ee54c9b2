/** A logon at a machine without a browser, approved by its link: proved with a passkey, shown with a warning, and a code to type back. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addAuthenticator } from "../machine/browser.ts";
import { claimsOf, LocalOrg, PageHost, type Someone } from "../machine/local-org.ts";
import { Portal } from "./portal.ts";

const org = new LocalOrg("portal-link");
let portal: Portal;
let machine: PageHost;
let one: Someone;
before(async () => {
  await org.start();
  portal = await Portal.open();
  machine = await new PageHost(org).enrol("srv-link");
  one = await org.someone();
  await machine.assign(one);
  await addAuthenticator(portal.page);
  await portal.signIn(one);
  await portal.press("Add a factor");
  await portal.press(/^Passkey/);
  await portal.press("Make passkey");
  await portal.at("Your account");
});
after(async () => {
  await portal?.close();
  await org.stop();
});

async function linked(): Promise<{ stateToken: string; reference: string; path: string; factor: string }> {
  const asked = await machine.ask(one, "agent");
  const { stateToken } = asked.body;
  const link = await machine.call("/api/v1/authn/link", { stateToken });
  assert.equal(link.status, 200, JSON.stringify(link.body));
  return { stateToken, reference: asked.reference, path: new URL(link.body.url).pathname, factor: link.body.factor };
}

test("the person sees the logon only after their passkey, and the code that they get lets the machine in", async () => {
  const { stateToken, reference, path, factor } = await linked();
  await portal.go(path);
  await portal.at("Approve a logon");
  assert.equal(await portal.page.getByText("srv-link").count(), 0, "nothing of the logon before the proof");
  await portal.press("Use passkey");
  await portal.at("Is this logon yours?");
  for (const text of [one.login, "srv-link", "sshd", "203.0.113.7", `Reference: ${reference}`]) await portal.says(text);
  await portal.looks("approve-logon");
  await portal.press("Yes, it is mine");
  await portal.at("Type this code at the machine");
  await portal.looks("approve-code");
  const code = (await portal.page.locator(".number").textContent()) ?? "";
  const done = await machine.call(`/api/v1/authn/factors/${factor}/verify`, { stateToken, passCode: code });
  assert.equal(claimsOf(done.body.decision).result, "allow");
  assert.deepEqual(portal.faults, []);
});

test("not me ends the logon, and the link with it", async () => {
  const { stateToken, path } = await linked();
  await portal.go(path);
  await portal.press("Use passkey");
  await portal.at("Is this logon yours?");
  await portal.press(/^Not me/);
  await portal.at("Thank you for telling us");
  assert.notEqual((await machine.look(stateToken)).status, 200);
  await portal.go(path);
  await portal.press("Use passkey");
  await portal.at("This link is over");
  assert.deepEqual(portal.faults, []);
});

/** The phone at the org's own pages: set up there, asked at a sign-in with the number large, declined, and too late. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { LocalOrg, type Someone } from "../machine/local-org.ts";
import { Approver } from "../phone/approver.ts";
import { Portal } from "./portal.ts";

const org = new LocalOrg("portal-phone");
let portal: Portal;
let phone: Approver;
let one: Someone;
before(async () => {
  await org.start();
  portal = await Portal.open();
  one = await org.someone();
});
after(async () => {
  await portal?.close();
  await phone?.close();
  await org.stop();
});

async function askPhone(): Promise<string> {
  await portal.page.context().clearCookies();
  await portal.password(one);
  const choice = portal.page.getByRole("heading", { level: 1, name: "How do you want to confirm?" });
  const other = portal.page.getByRole("button", { name: "Use another way" });
  // What was used last comes first: the app of a person who has not used a phone yet, or the choice.
  await choice.or(other).first().waitFor();
  if (!(await choice.isVisible())) await other.click();
  await portal.at("How do you want to confirm?");
  await portal.press(/^Phone/);
  await portal.at("Look at your phone");
  return (await portal.page.locator(".number").textContent()) ?? "";
}

test("a phone is added on the person's own pages, by the address and the code that are shown there", async () => {
  await portal.signIn(one);
  await portal.press("Add a factor");
  await portal.at("Add a second factor");
  await portal.press(/^Phone Answer/);
  await portal.at("Add your phone");
  await portal.looks("me-phone");
  const code = await portal.page.locator("code.secret").nth(1).textContent();
  phone = await Approver.open();
  await phone.activate(String(code), "my phone");
  await portal.at("Your account");
  await portal.says("Phone");
  assert.deepEqual(portal.faults, []);
});

test("a sign-in shows the number that is typed on the phone; the right one signs in", async () => {
  const number = await askPhone();
  assert.match(number, /^[0-9]{2,3}$/);
  await phone.approve(number);
  await phone.ended("Approved");
  await portal.at("Your account");
  assert.deepEqual(portal.faults, []);
});

test("no on the phone is said on the page, which offers to ask again or to take another way", async () => {
  await askPhone();
  await phone.at("Is this you?");
  await phone.press("No");
  await portal.says("The request was declined on the phone.");
  await portal.looks("push-declined");
  await portal.press("Send a new request");
  await portal.says("Waiting for your phone …");
  // Here, where nobody has to answer within the minute any more.
  await portal.looks("push");
  await portal.press("Use another way");
  await portal.at("How do you want to confirm?");
  assert.deepEqual(portal.faults, []);
});

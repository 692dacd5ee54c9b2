/** The phone approver, from the activation code to the answer: what a person sees and does on it, and what the machine hears. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { LocalOrg, PageHost, type Someone } from "../machine/local-org.ts";
import { Approver, askPhone, newPhone, otherThan } from "./approver.ts";

const org = await new LocalOrg("phone").start();
after(() => org.stop());
const machine = await new PageHost(org).enrol("srv01");

interface Holder {
  one: Someone;
  factor: string;
  phone: Approver;
}

async function holder(): Promise<Holder> {
  const one = await org.someone();
  await machine.assign(one);
  const { factor, code } = await newPhone(org, one);
  const phone = await Approver.open();
  await phone.activate(code);
  return { one, factor, phone };
}

const alice = await holder();
after(() => alice.phone.close());

test("a phone is activated by the code that was typed, once; a wrong one is told as wrong; the key cannot be taken out", async () => {
  const one = await org.someone();
  const { code } = await newPhone(org, one);
  const phone = await Approver.open();
  await phone.at("Activate this phone");
  await phone.looks("activate");
  await phone.fill("Activation code", "0000-0000");
  await phone.press("Activate");
  await phone.says("The code has 16 letters and digits.");
  await phone.fill("Activation code", code.startsWith("0") ? `1${code.slice(1)}` : `0${code.slice(1)}`);
  await phone.press("Activate");
  await phone.says("This code is wrong, was used, or is older than ten minutes.");
  await phone.activate(code.toLowerCase().replaceAll("-", " "), "my phone");
  await phone.says("my phone");
  const extractable = await phone.page.evaluate(`new Promise((resolve) => {
    const open = indexedDB.open("sallyport-phone");
    open.onsuccess = () => { const all = open.result.transaction("accounts").objectStore("accounts").getAll(); all.onsuccess = () => resolve(all.result.map(({ key }) => key.extractable)); };
  })`);
  assert.deepEqual(extractable, [false]);
  const second = await Approver.open({ path: `/phone#${code}` });
  await second.press("Activate");
  await second.says("This code is wrong, was used, or is older than ten minutes.");
  assert.ok(!second.page.url().includes("#"), "the code is out of the address");
  await Promise.all([phone.close(), second.close()]);
});

test("a browser that keeps no keys says so before the code is spent", async () => {
  const { code } = await newPhone(org, await org.someone());
  const phone = await Approver.open();
  // As a private window of some browsers has it.
  await phone.page.evaluate(`IDBObjectStore.prototype.put = () => { throw new DOMException("private", "DataCloneError"); }; 0`);
  await phone.fill("Activation code", code);
  await phone.press("Activate");
  await phone.says(/This browser cannot keep keys/);
  await phone.page.reload();
  await phone.activate(code);
  await phone.close();
});

test("S10: a request shows who, where, from where and when; the right number lets the machine in", async () => {
  const { one, factor, phone } = alice;
  const asked = await askPhone(machine, one, factor);
  await phone.at("Is this you?");
  for (const text of [one.login, "srv01", "sshd", "203.0.113.7"]) await phone.says(text);
  assert.ok(!(await phone.page.getByText(String(asked.number), { exact: true }).isVisible()), "the number is not on the phone");
  await phone.press("Approve");
  await phone.says("Type the 2 digits that the logon shows.");
  await phone.approve(asked.number);
  await phone.at("Approved");
  await phone.looks("approved");
  await phone.press("Done");
  assert.equal((await asked.poll()).status, "SUCCESS");
  await phone.looks("nothing");
});

test("S10: another number ends the request, and the machine hears why", async () => {
  const { one, factor, phone } = alice;
  const asked = await askPhone(machine, one, factor);
  await phone.approve(otherThan(asked.number));
  await phone.ended("Another number");
  assert.equal((await asked.poll()).cause, "factor.number-mismatch");
});

test("no is told to the machine, and the request is gone after a reload, which keeps the account", async () => {
  const { one, factor, phone } = alice;
  const asked = await askPhone(machine, one, factor);
  await phone.at("Is this you?");
  await phone.page.reload();
  await phone.at("Is this you?");
  await phone.press("No");
  await phone.at("Declined");
  assert.equal((await asked.poll()).cause, "factor.push-denied");
  await phone.page.reload();
  await phone.at("Nothing waits for you");
});

test("S9: a request that nobody answers is told as expired on the phone, and the machine hears of the time-out", async () => {
  const { one, factor, phone } = await holder();
  const asked = await askPhone(machine, one, factor);
  await phone.at("Is this you?");
  await phone.press("Approve");
  await phone.says("Type the 2 digits that the logon shows.");
  // Here, where nobody has to answer within the minute any more.
  await phone.looks("request");
  org.setClock(org.clock + 61);
  await phone.ended("Expired");
  const told = await asked.poll();
  assert.equal(told.factorResult, "TIMEOUT");
  assert.equal(told.cause, "factor.push-timeout");
  await phone.close();
});

test("two phones show one request; the second to answer hears that it was answered elsewhere", async () => {
  const { one, factor, phone } = await holder();
  const second = await Approver.open();
  await second.activate((await newPhone(org, one)).code, "second");
  const asked = await askPhone(machine, one, factor);
  await Promise.all([phone.at("Is this you?"), second.at("Is this you?")]);
  // The first phone loses its sight of the org for a moment: what it shows is old.
  await phone.page.route("**/api/v1/phone/requests", (route) => route.abort());
  // Before the other one answers: a look that was on its way would still see the end of it.
  await phone.says("The org cannot be reached. Trying again …");
  await second.approve(asked.number);
  await second.ended("Approved");
  await phone.approve(asked.number);
  await phone.ended("Answered elsewhere");
  await phone.page.unroute("**/api/v1/phone/requests");
  assert.equal((await asked.poll()).status, "SUCCESS");
  await Promise.all([phone.close(), second.close()]);
});

test("a request whose logon went on by a code goes from the phone, and says so", async () => {
  const { one, factor, phone } = await holder();
  const asked = await askPhone(machine, one, factor);
  await phone.at("Is this you?");
  const verified = await machine.call(`/api/v1/authn/factors/${one.factor}/verify`, {
    stateToken: asked.stateToken,
    passCode: org.code(one),
  });
  assert.equal(verified.body.status, "SUCCESS");
  await phone.ended("Over");
  await phone.close();
});

test("S10: not me asks once more, then stops pushes from there: the next one is refused by its cause, and an administrator lifts it", async () => {
  const { one, factor, phone } = await holder();
  const asked = await askPhone(machine, one, factor);
  await phone.at("Is this you?");
  await phone.press("Not me");
  await phone.at("Report this logon?");
  await phone.looks("report");
  await phone.press("Report");
  await phone.at("Reported");
  await phone.says("After “not me” some requests, or all, are stopped.");
  await phone.looks("reported");
  await phone.press("Done");
  assert.equal((await asked.poll()).cause, "factor.push-reported");
  const again = await machine.ask(one, "agent");
  const refused = await machine.call(`/api/v1/authn/factors/${factor}/verify`, { stateToken: again.body.stateToken });
  assert.equal(refused.status, 403);
  assert.equal(refused.body.cause, "factor.push-stopped");
  const [stop] = (await org.say("push", "stops")).filter(({ login }: { login: string }) => login === one.login);
  await org.say("push", "lift", stop.id, "--reason", "it was a slip");
  const lifted = await askPhone(machine, one, factor);
  await phone.approve(lifted.number);
  await phone.ended("Approved");
  assert.equal((await lifted.poll()).status, "SUCCESS");
  await phone.close();
});

test("two accounts on one phone: each request says whose it is; a removed account answers no more", async () => {
  const { one, factor, phone } = await holder();
  const other = await org.someone();
  await machine.assign(other);
  await phone.press("Add an account");
  const made = await newPhone(org, other);
  await phone.activate(made.code);
  const [first, second] = [await askPhone(machine, one, factor), await askPhone(machine, other, made.factor)];
  for (const { login } of [one, other]) await phone.page.locator("form.request", { hasText: login }).waitFor();
  const card = phone.page.locator("form.request", { hasText: other.login });
  await card.getByLabel("Number shown at the logon").fill(String(second.number));
  await card.getByRole("button", { name: "Approve" }).click();
  await phone.ended("Approved");
  assert.equal((await second.poll()).status, "SUCCESS");
  assert.equal((await first.poll()).factorResult, "WAITING");
  await phone.approve(first.number);
  await phone.ended("Approved");
  await phone.press(`Remove ${other.login}`);
  await phone.at(`Remove ${other.login} from this phone?`);
  await phone.looks("remove");
  await phone.press("Remove");
  await askPhone(machine, other, made.factor);
  await phone.page.waitForResponse("**/api/v1/phone/requests");
  await phone.at("Nothing waits for you");
  await phone.close();
});

test("a phone whose factor was reset says that it counts no more", async () => {
  const { one, factor, phone } = await holder();
  await org.call("DELETE", `/api/v1/users/${one.id}/factors/${factor}`);
  await phone.says("This phone does not count for this account any more. Activate it anew.");
  await phone.close();
});

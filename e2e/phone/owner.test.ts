/** The phone asks for its owner at each yes, and is woken up by a push that says nothing. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { addAuthenticator } from "../machine/browser.ts";
import { LOCAL_URL, LocalOrg, PageHost } from "../machine/local-org.ts";
import { Approver, askPhone, newPhone } from "./approver.ts";

const org = await new LocalOrg("owner").start();
after(() => org.stop());
const machine = await new PageHost(org).enrol("srv01");

test("S28: a phone that can verify its owner does so at each yes; without the owner nothing is approved, and no needs nobody", async () => {
  const one = await org.someone();
  await machine.assign(one);
  const { factor, code } = await newPhone(org, one);
  const phone = await Approver.open();
  const { cdp, id: authenticatorId } = await addAuthenticator(phone.page, { transport: "internal" });
  await phone.activate(code);
  await phone.says(/asks for you at each yes/);
  const first = await askPhone(machine, one, factor);
  await phone.approve(first.number);
  await phone.ended("Approved");
  assert.equal((await first.poll()).status, "SUCCESS");
  const second = await askPhone(machine, one, factor);
  await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  await phone.approve(second.number);
  await phone.says("The phone did not verify you. Nothing was approved.");
  assert.equal((await second.poll()).factorResult, "WAITING");
  await phone.press("No");
  await phone.ended("Declined");
  assert.equal((await second.poll()).cause, "factor.push-denied");
  const [shown] = (await org.call("GET", `/api/v1/users/${one.id}/factors`)).filter(({ id }: { id: string }) => id === factor);
  assert.equal(shown.verifier, true);
  await phone.close();
});

test("a push wakes the phone up: the notification names no logon, and the open page looks at once", async () => {
  const one = await org.someone();
  await machine.assign(one);
  const { factor, code } = await newPhone(org, one);
  const phone = await Approver.open();
  await phone.browser.context.grantPermissions(["notifications"], { origin: LOCAL_URL });
  await phone.activate(code);
  const { page } = phone;
  const cdp = await page.context().newCDPSession(page);
  const registered = new Promise<string>((resolve) =>
    cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const own = registrations.find(({ scopeURL }) => scopeURL === `${LOCAL_URL}/phone`);
      if (own) resolve(own.registrationId);
    }),
  );
  await cdp.send("ServiceWorker.enable");
  await page.evaluate("navigator.serviceWorker.ready.then(() => true)");
  await page.evaluate(
    `globalThis.woken = new Promise((resolve) => navigator.serviceWorker.addEventListener("message", ({ data }) => resolve(data))); 0`,
  );
  const registrationId = await registered;
  await cdp.send("ServiceWorker.deliverPushMessage", { origin: LOCAL_URL, registrationId, data: JSON.stringify({ look: true }) });
  assert.deepEqual(await page.evaluate("globalThis.woken"), { look: true });
  const shown: any = await page.evaluate(`(async () => {
    const registration = await navigator.serviceWorker.ready;
    for (;;) {
      const [one] = await registration.getNotifications();
      if (one) return { title: one.title, body: one.body };
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })()`);
  assert.deepEqual(shown, { title: "A logon waits for you", body: "Open to see which one." });
  const asked = await askPhone(machine, one, factor);
  await phone.approve(asked.number);
  await phone.ended("Approved");
  await phone.close();
});

test("the page can be installed: a manifest with icons of its own, and a worker for its scope", async () => {
  const phone = await Approver.open();
  const cdp = await phone.page.context().newCDPSession(phone.page);
  const { errors, url } = await cdp.send("Page.getAppManifest");
  assert.deepEqual(errors, []);
  assert.equal(url, `${LOCAL_URL}/phone/phone.webmanifest`);
  const { installabilityErrors } = await cdp.send("Page.getInstallabilityErrors");
  assert.deepEqual(
    installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito"),
    [],
  );
  await phone.close();
});

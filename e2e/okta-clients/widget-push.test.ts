/** The sign-in widget and a push to the phone: the number that it shows, a yes, a no, no answer at all, and a phone that is enrolled there. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { claimsOf, LocalOrg, PageHost, type Someone } from "../machine/local-org.ts";
import { StoryPhone } from "./phone.ts";
import { Widget } from "./widget.ts";

const org = new LocalOrg("widget-push");
let host: PageHost;
let widget: Widget;
before(async () => {
  await org.start();
  host = await new PageHost(org).enrol("servers");
  widget = await Widget.open();
});
afterEach(() => widget.quiet());
after(async () => {
  await widget?.close();
  await org.stop();
});

async function withPhone(): Promise<Someone & { phone: StoryPhone }> {
  const one = await org.newcomer();
  await host.assign(one);
  return { ...one, phone: await StoryPhone.of(org, one) };
}

/** Sends a push by the widget's button, and waits for the number that the page shows. */
async function sendPush(): Promise<number> {
  await widget.submit("form.mfa-verify-push");
  return Number(
    await widget.page
      .locator('[data-se="challenge-number"]', { hasText: /^\d{2,}$/ })
      .last()
      .innerText(),
  );
}

test("the number that the page shows is typed on the phone, and that is SUCCESS", async () => {
  const ann = await withPhone();
  const { stateToken } = await org.primary(ann);
  await widget.show({ stateToken });
  await widget.shoot("push-asked");
  const number = await sendPush();
  await widget.shoot("push-number");
  const request = await ann.phone.request();
  assert.equal(request.shown.user, ann.login);
  assert.equal(await ann.phone.answer(request, "yes", number), "approved");
  assert.equal((await widget.outcome()).status, "SUCCESS");
});

test("at a machine's logon the phone shows the machine, and the decision says how it was proved", async () => {
  const bob = await withPhone();
  const { body } = await host.ask(bob);
  await widget.show({ stateToken: body.stateToken });
  const number = await sendPush();
  const request = await bob.phone.request();
  assert.deepEqual([request.shown.host, request.shown.service, request.shown.address?.value], ["servers", "sshd", "203.0.113.7"]);
  assert.equal(await bob.phone.answer(request, "yes", number), "approved");
  assert.equal((await widget.outcome()).status, "SUCCESS");
  assert.deepEqual(claimsOf((await host.look(body.stateToken)).body.decision).amr, ["pwd", "push"]);
});

test("a no is said on the page, and another push may be sent, which is taken", async () => {
  const cleo = await withPhone();
  const { stateToken } = await org.primary(cleo);
  await widget.show({ stateToken });
  await sendPush();
  assert.equal(await cleo.phone.answer(await cleo.phone.request(), "no"), "denied");
  await widget.sees("You have chosen to reject this login.");
  await widget.shoot("push-rejected");
  const number = await sendPush();
  assert.equal(await cleo.phone.answer(await cleo.phone.request(), "yes", number), "approved");
  assert.equal((await widget.outcome()).status, "SUCCESS");
});

test("another number than the page's ends the request as a no", async () => {
  const dan = await withPhone();
  const { stateToken } = await org.primary(dan);
  await widget.show({ stateToken });
  const number = await sendPush();
  assert.equal(await dan.phone.answer(await dan.phone.request(), "yes", number === 10 ? 11 : 10), "mismatch");
  await widget.sees("You have chosen to reject this login.");
  assert.equal(await widget.outcomeNow(), undefined);
});

test("no answer within its minute is said, and the phone's later yes opens nothing", async () => {
  const eve = await withPhone();
  const { stateToken } = await org.primary(eve);
  await widget.show({ stateToken });
  const number = await sendPush();
  const request = await eve.phone.request();
  org.setClock(org.clock + 61);
  await widget.sees("Your push notification has expired.");
  await widget.shoot("push-timeout");
  assert.equal(await eve.phone.answer(request, "yes", number), "expired");
  assert.equal(await widget.outcomeNow(), undefined);
});

test("a page that is reloaded while the phone is awaited sends anew; the push before is worth nothing", async () => {
  const fay = await withPhone();
  const { stateToken } = await org.primary(fay);
  await widget.show({ stateToken });
  const first = await sendPush();
  const request = await fay.phone.request();
  await widget.reload();
  await widget.called("previous");
  await widget.form("mfa-verify-push").waitFor();
  assert.equal(await fay.phone.answer(request, "yes", first), "ended");
  const number = await sendPush();
  assert.equal(await fay.phone.answer(await fay.phone.request(), "yes", number), "approved");
  assert.equal((await widget.outcome()).status, "SUCCESS");
});

test("not me stops what is sent from there: the page is told to use something else", async () => {
  const gus = await withPhone();
  const { stateToken } = await org.primary(gus);
  await widget.show({ stateToken });
  await sendPush();
  assert.equal(await gus.phone.answer(await gus.phone.request(), "not-me"), "reported");
  await widget.sees("You have chosen to reject this login.");
  await widget.submit("form.mfa-verify-push");
  await widget.sees("This cannot be asked for now. Please use another factor.");
  await widget.shoot("push-stopped");
  assert.equal(widget.exchanges.at(-1)?.status, 403);
  assert.ok((await org.say("push", "stops")).some((stop: any) => stop.login === gus.login));
});

test("a newcomer enrols a phone by the picture on the page, which notices it", async () => {
  const hal = await org.newcomer();
  await org.openWindow(hal);
  const { stateToken } = await org.primary(hal);
  await widget.show({ stateToken });
  await widget.page.locator(".enroll-factor-row", { hasText: "Okta Verify" }).locator("a, button").first().click();
  await widget.page.locator("label", { hasText: "iPhone" }).click();
  await widget.page.getByRole("link", { name: "Next" }).click();
  const picture = await widget.scan();
  await widget.shoot("enrol-push");
  assert.equal(`${picture.origin}${picture.pathname}`, "http://localhost:8080/phone");
  await new StoryPhone(org).activate(decodeURIComponent(picture.hash.slice(1)));
  assert.equal((await widget.outcome()).status, "SUCCESS");
  const [factor] = await org.call("GET", `/api/v1/users/${hal.id}/factors`);
  assert.deepEqual([factor.factorType, factor.status], ["push", "ACTIVE"]);
});

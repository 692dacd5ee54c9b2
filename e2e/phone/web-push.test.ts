/** A wake-up on its way to the phone: through a real TLS push service, encrypted, without a word of the logon; and where it must not go. */
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { after, test } from "node:test";
import { LocalOrg, PageHost, type Someone } from "../machine/local-org.ts";
import { until } from "../machine/processes.ts";
import { askPhone, newPhone } from "./approver.ts";
import { PushService, type Subscription, vapidClaims } from "./push-service.ts";
import { ScriptedPhone } from "./scripted-phone.ts";

const service = await new PushService().start();
// As an administrator adds an authority of their own to Node.
process.env["NODE_EXTRA_CA_CERTS"] = service.ca;
const org = await new LocalOrg("web-push").start();
after(async () => {
  await org.stop();
  await service.stop();
});
const machine = await new PageHost(org).enrol("srv01");

interface Woken {
  one: Someone;
  factor: string;
  phone: ScriptedPhone;
  subscription: Subscription;
}

/** Until the org's log says so. */
async function logged(text: string): Promise<void> {
  await until(
    text,
    async () => JSON.stringify(await org.call("GET", "/api/v1/logs?limit=20&sortOrder=DESCENDING")).includes(text) || undefined,
  );
}

async function woken(path: string): Promise<Woken> {
  const one = await org.someone();
  await machine.assign(one);
  const { factor, code } = await newPhone(org, one);
  const phone = await new ScriptedPhone(org).activate(code);
  const subscription = service.subscribe(path);
  const { status, body } = await phone.call("subscribe", { subscription: subscription.toJSON() });
  assert.equal(status, 200, JSON.stringify(body));
  return { one, factor, phone, subscription };
}

test("S34: a push service that nobody allowed is refused; an administrator adds its host", async () => {
  const { code } = await newPhone(org, await org.someone());
  const phone = await new ScriptedPhone(org).activate(code);
  const subscription = service.subscribe("/first").toJSON();
  const refused = await phone.call("subscribe", { subscription });
  assert.equal(refused.status, 400);
  assert.match(JSON.stringify(refused.body), /push service localhost is not allowed here/);
  const plain = { ...subscription, endpoint: subscription.endpoint.replace("https:", "http:") };
  assert.notEqual((await phone.call("subscribe", { subscription: plain })).status, 200);
  await org.say("push", "hosts", "add", "localhost");
  assert.equal((await phone.call("subscribe", { subscription })).body.subscribed, true);
});

test("a push wakes the phone: signed by the org's key, short-lived, and its content is the same for every logon", async () => {
  const { one, factor, subscription } = await woken("/wake");
  await askPhone(machine, one, factor);
  const pushed = await service.got("/wake");
  assert.equal(subscription.open(pushed.body), JSON.stringify({ look: true }));
  assert.equal(pushed.headers["content-encoding"], "aes128gcm");
  assert.ok(Number(pushed.headers["ttl"]) <= 60);
  assert.equal(pushed.headers["urgency"], "high");
  const { key, claims } = vapidClaims(pushed);
  assert.equal(key, (await (await fetch("http://localhost:8080/api/v1/phone")).json()).vapidKey);
  assert.equal(claims.aud, service.url);
  assert.ok(!JSON.stringify({ claims, headers: pushed.headers }).includes(one.login));
});

test("a subscription that has ended is forgotten: the time-out says that the request reached no phone, and later ones go unpushed", async () => {
  service.status = 410;
  const { one, factor, phone } = await woken("/gone");
  const asked = await askPhone(machine, one, factor);
  await service.got("/gone");
  const shown = () => org.call("GET", `/api/v1/users/${one.id}/factors/${factor}`);
  await until("a subscription that is forgotten", async () => ((await shown()).woken ? undefined : true));
  org.setClock(org.clock + 61);
  const told = await asked.poll();
  assert.equal(told.factorResult, "TIMEOUT");
  assert.equal(told.cause, "factor.push-undelivered");
  assert.equal((await phone.call("requests")).body.subscribed, false);
  service.status = 201;
});

test("S34: a push service that redirects is not followed", async () => {
  service.status = 307;
  service.headers = { location: `${service.url}/elsewhere` };
  const { one, factor } = await woken("/redirect");
  await askPhone(machine, one, factor);
  await service.got("/redirect");
  await logged("the push service answered 307");
  assert.ok(!service.pushed.some(({ path }) => path === "/elsewhere"));
  service.status = 201;
  service.headers = {};
});

test("S34: a known push service whose name leads to a private address is not connected to", async () => {
  const { one, factor, phone } = await woken("/private");
  appendFileSync("/etc/hosts", "127.0.0.1 fcm.googleapis.com\n");
  const known = { ...service.subscribe("/private").toJSON(), endpoint: "https://fcm.googleapis.com/fcm/send/abc" };
  assert.equal((await phone.call("subscribe", { subscription: known })).status, 200);
  await askPhone(machine, one, factor);
  await logged("fcm.googleapis.com leads to a private address");
});

test("S34: a host that an administrator took away gets nothing any more", async () => {
  const { one, factor } = await woken("/taken");
  await org.say("push", "hosts", "remove", "localhost");
  const asked = await askPhone(machine, one, factor);
  await logged("localhost is not allowed");
  assert.ok(!service.pushed.some(({ path }) => path === "/taken"));
  assert.equal((await asked.poll()).factorResult, "WAITING");
});

/** A step-up driven by Okta's clients: the target that they show, the factor, and the way back by the link that the documentation calls `original`. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { LOCAL_URL, LocalOrg, type Someone } from "../machine/local-org.ts";
import { factorOf, newClient, refusedCall } from "./auth-js.ts";
import { SignedIn } from "./signed-in.ts";
import { Widget } from "./widget.ts";

const TOTP = "token:software:totp";
const LONG_AGO = 6 * 60;
const org = new LocalOrg("step-up");
let app = "";
let widget: Widget;
before(async () => {
  await org.start();
  app = (await org.call("POST", "/api/v1/apps", { label: "Corporate VPN" })).id;
  widget = await Widget.open();
});
afterEach(() => widget.quiet());
after(async () => {
  await widget?.close();
  await org.stop();
});

async function assigned(): Promise<Someone> {
  const one = await org.someone();
  await org.call("POST", `/api/v1/apps/${app}/users`, { id: one.id });
  return one;
}

test("auth-js with the browser's cookies: target, wrong and right code, SUCCESS with `original`, and the session is fresh", async () => {
  const ann = await assigned();
  const signed = await SignedIn.of(org, ann);
  org.setClock(org.clock + LONG_AGO);
  assert.equal((await signed.call("GET", "/api/v1/me")).body.freshUntil, null);
  const { stateToken } = (await signed.stepUp(app)).body;
  const client = newClient({ cookie: signed.cookie });
  const asked = await client.tx.resume({ stateToken });
  assert.deepEqual([asked.status, asked.data.type], ["MFA_REQUIRED", "SESSION_STEP_UP"]);
  assert.deepEqual([asked.target.type, asked.target.label], ["APP", "Corporate VPN"]);
  const wrong = await refusedCall(factorOf(asked, TOTP).verify({ passCode: org.wrongCode(ann) }));
  assert.equal(wrong.errorCode, "E0000068");
  const done = await factorOf(asked, TOTP).verify({ passCode: org.code(ann) });
  assert.deepEqual([done.status, done.data.type, done.sessionToken], ["SUCCESS", "SESSION_STEP_UP", undefined]);
  assert.equal(typeof done.original, "function");
  const back = await signed.call("GET", done.data._links.next.href.replace(LOCAL_URL, ""));
  assert.deepEqual([back.status, back.headers.get("location")], [302, "/me"]);
  assert.ok((await signed.call("GET", "/api/v1/me")).body.freshUntil);
  assert.ok((await org.events(ann)).includes("session.stepped-up"));
});

test("auth-js without the cookies of the browser that began gets nowhere (S36)", async () => {
  const bob = await assigned();
  const signed = await SignedIn.of(org, bob);
  org.setClock(org.clock + LONG_AGO);
  const { stateToken } = (await signed.stepUp(app)).body;
  assert.deepEqual(await refusedCall(newClient().tx.resume({ stateToken })), { status: 401, errorCode: "E0000011", causes: [] });
});

/** As one of the org's own pages calls it. */
function ownCall(path: string, body: object): Promise<any> {
  const call = async ([url, sent]: [string, object]) => {
    const headers = { "content-type": "application/json", "x-sallyport": "portal" };
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(sent) });
    return answer.status === 204 ? undefined : answer.json();
  };
  return widget.page.evaluate(call, [path, body] as [string, object]);
}

test("the widget, in the browser that is signed in: it tells the page where to go on, and there the session is fresh", async () => {
  const cleo = await assigned();
  const { page } = widget;
  await page.goto(`${LOCAL_URL}/signin`);
  const { stateToken: first } = await ownCall("/api/v1/authn", { username: cleo.login, password: cleo.password });
  const proof = { stateToken: first, passCode: org.code(cleo) };
  const { sessionToken } = await ownCall(`/api/v1/authn/factors/${cleo.factor}/verify`, proof);
  await ownCall("/api/v1/sessions", { sessionToken });
  org.setClock(org.clock + LONG_AGO);
  const { stateToken } = await ownCall("/api/v1/sessions/me/step-up", { app });
  await widget.show({ stateToken });
  await widget.form("mfa-verify-totp").waitFor();
  await widget.shoot("step-up");
  await widget.type(org.code(cleo));
  await widget.submit();
  const { status, type, stepUp, sessionToken: none } = await widget.outcome();
  assert.deepEqual([status, type, none], ["SUCCESS", "SESSION_STEP_UP", undefined]);
  await page.goto(stepUp ?? "");
  assert.equal(page.url(), `${LOCAL_URL}/me`);
  const me = await page.evaluate(async () => (await fetch("/api/v1/me")).json());
  assert.equal(me.user.login, cleo.login);
  assert.ok(me.freshUntil);
});

/** A machine's logon, driven by the sign-in widget: the page proves the factor, and the machine alone fetches the decision. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { claimsOf, LocalOrg, PageHost, type Someone } from "../machine/local-org.ts";
import { Widget } from "./widget.ts";

const org = new LocalOrg("widget-host");
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

/** Somebody who may log on to the machine. */
async function assigned(): Promise<Someone> {
  const one = await org.someone();
  await host.assign(one);
  return one;
}

const record = async (reference: string) => (await org.call("GET", `/api/v1/logons/${reference}`))[0];

test("the page's right code lets in: the page gets nothing of it, and the machine its signed decision", async () => {
  const ann = await assigned();
  const { body, reference } = await host.ask(ann);
  assert.equal(body.status, "MFA_REQUIRED");
  const { stateToken } = body;
  assert.equal((await host.look(stateToken)).body.decision, undefined);
  await widget.show({ stateToken });
  await widget.type(org.code(ann));
  await widget.submit();
  const { status, sessionToken } = await widget.outcome();
  assert.deepEqual([status, sessionToken], ["SUCCESS", undefined]);
  const { got } = await widget.lastCall();
  assert.deepEqual([got.decision, got.sessionToken, got.stateToken], [undefined, undefined, undefined]);
  const looked = await host.look(stateToken);
  assert.equal(looked.body.status, "SUCCESS");
  const claims = claimsOf(looked.body.decision);
  assert.deepEqual([claims.reference, claims.user.id, claims.result, claims.amr], [reference, ann.id, "allow", ["pwd", "otp"]]);
  assert.equal((await record(reference)).result, "allow");
});

test("what the page gets wrong, the machine hears by its cause; and nothing that the page sends makes a decision", async () => {
  const bob = await assigned();
  const { body, reference } = await host.ask(bob);
  await widget.show({ stateToken: body.stateToken });
  for (let i = 0; i < 5; i++) {
    await widget.type(org.wrongCode(bob));
    await widget.submitted();
    await widget.complaint();
  }
  const looked = await host.look(body.stateToken);
  assert.equal(looked.body.decision, undefined);
  assert.deepEqual([looked.status, looked.body.cause], [403, "factor.code-wrong"]);
  assert.deepEqual([(await record(reference)).result, (await record(reference)).cause], ["deny", "factor.code-wrong"]);
});

test("the widget's way out ends the machine's logon", async () => {
  const cleo = await assigned();
  const { body, reference } = await host.ask(cleo);
  await widget.show({ stateToken: body.stateToken, features: { mfaOnlyFlow: false } });
  await widget.page.locator('[data-se="signout-link"]').click();
  await widget.page.locator('input[name="password"]').waitFor();
  assert.equal((await record(reference)).cause, "logon.cancelled");
  assert.equal((await host.look(body.stateToken)).body.cause, "logon.cancelled");
});

test("a logon that the machine drives itself is not there for a page", async () => {
  const dan = await assigned();
  const { body } = await host.ask(dan, "agent");
  await widget.show({ stateToken: body.stateToken });
  await widget.sees("Unable to authenticate at this time.");
  const tried = await org.post(`/api/v1/authn/factors/${dan.factor}/verify`, { stateToken: body.stateToken, passCode: org.code(dan) });
  assert.deepEqual([tried.status, tried.body.errorCode], [401, "E0000011"]);
  assert.equal((await host.look(body.stateToken)).body.status, "MFA_REQUIRED");
});

/** Codes by text message and by call, through auth-js and the sign-in widget: asked for, typed wrong and right, sent again, enrolled. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { claimsOf, LocalOrg, PageHost, type Someone } from "../machine/local-org.ts";
import { factorOf, newClient, refusedCall } from "./auth-js.ts";
import { SmsHook } from "./sms-hook.ts";
import { Widget } from "./widget.ts";

const org = new LocalOrg("sent-codes");
const client = newClient();
let hook: SmsHook;
let host: PageHost;
let widget: Widget;
before(async () => {
  await org.start();
  hook = await SmsHook.of(org);
  // They count only where a rule names them.
  host = await new PageHost(org).enrol("by phone", [{ name: "by phone", then: "factor", factors: ["sms", "call"] }]);
  widget = await Widget.open();
});
afterEach(() => widget.quiet());
after(async () => {
  await widget?.close();
  await org.stop();
  await hook?.close();
});

let numbers = 0;
const newNumber = () => `+4930123450${String(++numbers).padStart(2, "0")}`;
const other = (code: string) => code.replace(/.$/, (last) => String((Number(last) + 1) % 10));

/** Somebody who may log on to the machine by a code that goes to their number. */
async function withNumber(kind: "sms" | "call"): Promise<Someone & { number: string }> {
  const [one, number] = [await org.newcomer(), newNumber()];
  await host.assign(one);
  const factor = { factorType: kind, provider: "OKTA", profile: { phoneNumber: number } };
  await org.call("POST", `/api/v1/users/${one.id}/factors?activate=true`, factor);
  return { ...one, number };
}

for (const [kind, amr] of [
  ["sms", "sms"],
  ["call", "tel"],
] as const) {
  test(`auth-js: a code by ${kind} is asked for, refused when it is wrong or older than the next one, and lets in once`, async () => {
    const ann = await withNumber(kind);
    const { body } = await host.ask(ann);
    const listed = await client.tx.resume({ stateToken: body.stateToken });
    assert.doesNotMatch(JSON.stringify(listed.data), new RegExp(ann.number.slice(-6)), "no number before the factor was asked for");
    const asked = await factorOf(listed, kind).verify();
    assert.deepEqual([asked.status, typeof asked.poll], ["MFA_CHALLENGE", "undefined"]);
    assert.equal(asked.factor.profile.phoneNumber, `+*** ${ann.number.slice(-2)}`);
    const first = await hook.code(kind, ann.number);
    const wrong = await refusedCall(asked.verify({ passCode: other(first) }));
    assert.deepEqual([wrong.status, wrong.errorCode], [403, "E0000068"]);
    const before = hook.got.length;
    const anew = await asked.resend(kind);
    const second = await hook.code(kind, ann.number, before);
    if (second !== first) assert.equal((await refusedCall(anew.verify({ passCode: first }))).errorCode, "E0000068");
    assert.equal((await anew.verify({ passCode: second })).status, "SUCCESS");
    const again = await refusedCall(anew.verify({ passCode: second }));
    assert.ok(again.status === 401 || again.status === 403, JSON.stringify(again));
    assert.deepEqual(claimsOf((await host.look(body.stateToken)).body.decision).amr, ["pwd", amr]);
  });

  test(`auth-js: a newcomer enrols a number for codes by ${kind}, sent again on the way to the number that was typed`, async () => {
    const [eve, number] = [await org.newcomer(), newNumber()];
    await host.assign(eve);
    await org.openWindow(eve);
    const { body } = await host.ask(eve);
    const offered = await client.tx.resume({ stateToken: body.stateToken });
    const begun = await factorOf(offered, kind).enroll({ profile: { phoneNumber: number } });
    assert.equal(begun.status, "MFA_ENROLL_ACTIVATE");
    await hook.code(kind, number);
    const before = hook.got.length;
    const anew = await begun.resend(kind);
    const code = await hook.code(kind, number, before);
    assert.equal((await refusedCall(anew.activate({ passCode: other(code) }))).errorCode, "E0000068");
    assert.equal((await anew.activate({ passCode: code })).status, "SUCCESS");
    assert.deepEqual(claimsOf((await host.look(body.stateToken)).body.decision).amr, ["pwd", amr]);
  });

  test(`the widget: a code by ${kind} is sent by its button; a wrong one is said on the form, the right one lets in`, async () => {
    const bob = await withNumber(kind);
    const { body } = await host.ask(bob);
    await widget.show({ stateToken: body.stateToken });
    await widget.sees(/•••/);
    await widget.shoot(`${kind}-asked`);
    await widget.page.locator(`.${kind}-request-button`).click();
    const code = await hook.code(kind, bob.number);
    // The message may be faster than the answer by which the form is drawn anew: its field is emptied, and then has the focus.
    await widget.called("verify");
    await widget.page.locator('input[name="answer"]:focus').waitFor();
    await widget.type(other(code));
    await widget.submitted();
    assert.match(await widget.complaint(), /doesn't match our records/);
    await widget.type(code);
    await widget.submit();
    assert.equal((await widget.outcome()).status, "SUCCESS");
    assert.deepEqual(claimsOf((await host.look(body.stateToken)).body.decision).amr, ["pwd", amr]);
  });
}

/** The sign-in widget and the codes of an authenticator app: right, wrong, too often wrong. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { codeOf } from "../machine/org.ts";
import { LocalOrg } from "./local-org.ts";
import { Widget } from "./widget.ts";

const org = new LocalOrg("widget-totp");
let widget: Widget;
before(async () => {
  await org.start();
  widget = await Widget.open();
});
after(async () => {
  await widget?.close();
  await org.stop();
  assert.deepEqual(widget.faults, []);
});

test("a state token of primary authentication opens the app's code, and the right one is SUCCESS", async () => {
  const ann = await org.someone();
  const { stateToken } = await org.primary(ann);
  await widget.show({ stateToken });
  await widget.form("mfa-verify-totp").waitFor();
  await widget.shoot("totp-asked");
  await widget.type(codeOf(ann));
  await widget.submit();
  const { status, user } = await widget.outcome();
  assert.deepEqual([status, user.id, user.profile.login], ["SUCCESS", ann.id, ann.login]);
  assert.deepEqual(widget.calls(), ["POST /api/v1/authn/introspect", `POST /api/v1/authn/factors/${ann.factor}/verify`]);
});

/** Each way in which Windows refuses a credential has its own cause. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { causeOf } from "@sallyport/contracts";
import { causeOfStatus } from "./windows-status.ts";

test("the sub-status names the cause where there is one, else the status, else the password", () => {
  assert.equal(causeOfStatus("0xC000006E", "0xC0000072"), "user.account-disabled");
  assert.equal(causeOfStatus("0xC000015B", "0x00000000"), "host.not-rdp-user");
  assert.equal(causeOfStatus("0x00000775", undefined), "user.locked");
  assert.equal(causeOfStatus("0xC0FFEE00", undefined), "user.password");
  assert.equal(causeOfStatus(undefined, undefined), "user.password");
});

test("the numbers that the causes' own texts give lead to them", () => {
  for (const status of ["0xC000006F", "0xC0000070", "0xC0000071", "0xC0000072"])
    assert.match(causeOf(causeOfStatus("0xC000006E", status)).administrator, new RegExp(status));
});

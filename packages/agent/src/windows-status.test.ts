/** Each way in which Windows refuses a credential has its own cause. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { causeOf, WINDOWS_STATUS_CAUSES } from "@sallyport/contracts";
import { causeOfStatus } from "./windows-status.ts";

test("the sub-status names the cause where there is one, else the status, else the password", () => {
  assert.equal(causeOfStatus("0xC000006E", "0xC0000072"), "user.account-disabled");
  assert.equal(causeOfStatus("0xC000015B", "0x00000000"), "host.not-rdp-user");
  assert.equal(causeOfStatus("0x00000775", undefined), "user.locked");
  assert.equal(causeOfStatus("0xC0FFEE00", undefined), "user.password");
  assert.equal(causeOfStatus(undefined, undefined), "user.password");
});

test("what is no wrong password is never called one: a domain that cannot be asked, a clock, a right", () => {
  for (const [number, cause] of [
    ["0x0000051F", "org.directory"],
    ["0x000006FD", "org.directory"],
    ["0xC0000133", "clock.host"],
    ["0x00000569", "host.not-rdp-user"],
    ["0x00000701", "user.account-disabled"],
    ["0x00000525", "user.no-local-account"],
    ["0xC0000413", "user.workstation"],
  ] as const)
    assert.equal(causeOfStatus(number, undefined), cause, number);
});

test("both of Windows' numbers for one reason lead to one cause (winerror.h, ntstatus.h)", () => {
  const PAIRS = [
    [0xc0000064, 1317],
    [0xc000006a, 1323],
    [0xc000006d, 1326],
    [0xc000006f, 1328],
    [0xc0000070, 1329],
    [0xc0000071, 1330],
    [0xc0000072, 1331],
    [0xc000015b, 1385],
    [0xc0000133, 1398],
    [0xc0000193, 1793],
    [0xc0000224, 1907],
    [0xc0000234, 1909],
    [0xc000005e, 1311],
    [0xc00000df, 1355],
    [0xc000018a, 1786],
    [0xc000018b, 1787],
    [0xc000018c, 1788],
    [0xc000018d, 1789],
    [0xc0000192, 1792],
    [0xc0000413, 1935],
  ];
  const text = (number = 0) => `0x${number.toString(16).toUpperCase().padStart(8, "0")}`;
  const known = (number: string) => WINDOWS_STATUS_CAUSES[number] ?? assert.fail(number);
  for (const [status, error] of PAIRS) assert.equal(known(text(status)), known(text(error)), text(status));
  assert.equal(
    Object.keys(WINDOWS_STATUS_CAUSES).length,
    2 * PAIRS.length + 1,
    "and ERROR_INVALID_PASSWORD, which has no status of its own",
  );
});

test("the numbers that the causes' own texts give lead to them", () => {
  for (const status of ["0xC000006F", "0xC0000070", "0xC0000071", "0xC0000072"])
    assert.match(causeOf(causeOfStatus("0xC000006E", status)).administrator, new RegExp(status));
});

/** Codes and secrets as their standards make them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { base32, codeAt } from "./totp.ts";

test("codes are those of RFC 6238, and secrets those of RFC 4648", () => {
  const secret = Buffer.from("12345678901234567890");
  const expected = { 59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037" };
  for (const [seconds, code] of Object.entries(expected)) assert.equal(codeAt(secret, Math.floor(Number(seconds) / 30)), code);
  assert.equal(base32(secret), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  assert.equal(base32(Buffer.from("foobar")), "MZXW6YTBOI");
});

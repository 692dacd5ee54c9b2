/** Codes that are sent out: shape, life, and what is shown of an address. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { languageOf, maskMail, maskNumber, readSentCode, sentCodeExpiry, writeSentCode } from "./sent-code.ts";

test("S8: a code has six digits, also a small one, and is read with the blanks that came along", () => {
  assert.deepEqual([writeSentCode(0), writeSentCode(42), writeSentCode(999_999)], ["000000", "000042", "999999"]);
  assert.equal(readSentCode(" 123 456\n"), "123456");
  for (const typed of ["", "12345", "1234567", "12345a", "１２３４５６", "-12345", "1e5555"])
    assert.equal(readSentCode(typed), undefined, typed);
});

test("S9: a code lives five minutes, and never longer than its transaction", () => {
  assert.equal(sentCodeExpiry(1000), 301_000);
  assert.equal(sentCodeExpiry(1000, 500), 301_000);
  assert.equal(sentCodeExpiry(9 * 60_000, 0), 600_000);
});

test("S16: what is shown of an address tells neither its length nor its domain", () => {
  assert.equal(maskMail("alice@example.test"), "a***@e***.test");
  assert.equal(maskMail("alicia.longname@extremely-long.example.test"), "a***@e***.test");
  assert.equal(maskMail("ä@b"), "ä***@b***");
  assert.equal(maskNumber("+493012345667"), "+*** 67");
});

test("the language goes by the profile's locale in any spelling", () => {
  assert.deepEqual(["de", "de_DE", "DE-AT", "den", "en-US", "fr", undefined, ""].map(languageOf), [
    "de",
    "de",
    "de",
    "en",
    "en",
    "en",
    "en",
    "en",
  ]);
});

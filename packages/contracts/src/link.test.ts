/** The token of a link and the code that is typed back: their shapes, and what a typing hand may do to them. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { readLinkCode, readLinkToken, readLongCode, writeLinkCode, writeLinkToken } from "./index.ts";

test("a code survives case, blanks, hyphens and look-alikes, and is nothing else that can be typed", () => {
  for (let round = 0; round < 200; round++) {
    const code = writeLinkCode(randomBytes(6));
    assert.match(code, /^[0-9A-HJKMNP-TV-Z]{3}(-[0-9A-HJKMNP-TV-Z]{3}){2}$/);
    const plain = code.replaceAll("-", "");
    assert.equal(readLinkCode(` ${code.toLowerCase().replaceAll("0", "o").replaceAll("1", "l")} `), plain);
    assert.equal(readLongCode(code), undefined);
  }
  for (const other of ["123456", "12345678", "ABCD-EFGH", "ABC-DEF-GH", "ABC-DEF-GHJK", "ABC-DEF-GHU", ""])
    assert.equal(readLinkCode(other), undefined, other);
});

test("S12: a token has 128 bits and more cannot be read out of another length", () => {
  const token = writeLinkToken(randomBytes(16));
  assert.equal(token.length, 26);
  assert.equal(readLinkToken(token.toLowerCase()), token);
  assert.equal(readLinkToken(token.slice(1)), undefined);
  assert.equal(new Set(Array.from({ length: 100 }, () => writeLinkToken(randomBytes(16)))).size, 100);
  assert.throws(() => writeLinkToken(randomBytes(15)), RangeError);
});

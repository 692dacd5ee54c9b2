/** Long codes as they are written and typed: what is forgiven, and what is no code at all. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { CROCKFORD } from "./crockford.ts";
import { LONG_CODE_BYTES, readLongCode, writeLongCode } from "./long-code.ts";

const bytes = fc.uint8Array({ minLength: LONG_CODE_BYTES, maxLength: LONG_CODE_BYTES });

test("a code is five groups of four, and is read as it was written, in either case, with or without hyphens", () => {
  fc.assert(
    fc.property(bytes, (random) => {
      const code = writeLongCode(random);
      assert.match(code, /^([0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z]{4}$/);
      const plain = code.replaceAll("-", "");
      const meant = { selector: plain.slice(0, 4), secret: plain.slice(4) };
      for (const typed of [code, plain, code.toLowerCase(), plain.toLowerCase(), ` ${code.replaceAll("-", " ")} `])
        assert.deepEqual(readLongCode(typed), meant, typed);
    }),
  );
});

test("S11: the part that proves it has 80 bits, every one of them from the random bytes", () => {
  const flipped = new Set<string>();
  const base = new Uint8Array(LONG_CODE_BYTES);
  for (let bit = 20; bit < 100; bit++) {
    const one = base.slice();
    one[bit >> 3] = 128 >> (bit & 7);
    flipped.add(readLongCode(writeLongCode(one))?.secret ?? "");
  }
  assert.equal(flipped.size, 80);
});

test("one other character is another code, wherever it stands", () => {
  fc.assert(
    fc.property(bytes, fc.nat(19), fc.integer({ min: 1, max: 31 }), (random, at, by) => {
      const code = writeLongCode(random).replaceAll("-", "");
      const other = CROCKFORD[(CROCKFORD.indexOf(code[at] ?? "") + by) % 32];
      const typo = `${code.slice(0, at)}${other}${code.slice(at + 1)}`;
      assert.notDeepEqual(readLongCode(typo), readLongCode(code));
    }),
  );
});

test("look-alikes are meant; letters of other scripts, other lengths and digits of an app are no long code", () => {
  assert.deepEqual(readLongCode("OIL0-0000-0000-0000-0000"), readLongCode("0110-0000-0000-0000-0000"));
  for (const none of [
    "",
    "123456",
    "12345678",
    "0".repeat(19),
    "0".repeat(21),
    "U".repeat(20),
    "ſ".repeat(20),
    "０".repeat(20),
    "0".repeat(19).concat("_"),
  ])
    assert.equal(readLongCode(none), undefined, none);
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 64 }), (text) => {
      assert.ok(readLongCode(text) === undefined || text.replace(/[\t\n\r -]/g, "").length === 20);
    }),
  );
});

test("too few random bytes are a fault and not a shorter code", () => {
  assert.throws(() => writeLongCode(randomBytes(12)), RangeError);
});

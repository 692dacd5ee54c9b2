/** A reference is short, unmistakable when read aloud, and forgiving when typed back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { REFERENCE_PATTERN, readReference, writeReference } from "./reference.ts";

test("every five bytes give another reference that reads back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 5, maxLength: 5 }), (bytes) => {
      const text = writeReference(bytes);
      assert.match(text, REFERENCE_PATTERN);
      assert.equal(readReference(text.toLowerCase().replace("-", " ")), text);
    }),
  );
  assert.equal(writeReference(Uint8Array.of(255, 255, 255, 255, 255)), "ZZZZ-ZZZZ");
  assert.equal(writeReference(Uint8Array.of(0, 0, 0, 0, 1)), "0000-0001");
});

test("O, I and L are read as what they look like; anything else is none", () => {
  assert.equal(readReference("koIl 0000"), "K011-0000");
  assert.equal(readReference("K7QF-3M2"), undefined);
  assert.equal(readReference("K7QF-3M2U"), undefined);
});

/** Names that look alike share a skeleton; names that do not, do not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { foldName } from "./fold-name.ts";
import { skeletonOf } from "./look-alikes.ts";

for (const [one, other] of [
  ["alice", "аlice"],
  ["paypal", "раураl"],
  ["alice", "a1ice"],
  ["bob", "b0b"],
  ["modern", "rnodern"],
  ["josé", "jоsé"],
  ["corp\\carol", "corp\\саrоl"],
] as const)
  test(`${one} and ${other} look alike`, () => {
    assert.notEqual(foldName(one), foldName(other), "folding must not have done it already");
    assert.equal(skeletonOf(foldName(one) ?? ""), skeletonOf(foldName(other) ?? ""));
  });

for (const [one, other] of [
  ["alice", "alicia"],
  ["jose", "josé"],
  ["anna", "hanna"],
] as const)
  test(`${one} and ${other} do not look alike`, () => assert.notEqual(skeletonOf(one), skeletonOf(other)));

test("a skeleton's skeleton is itself", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 20 }), (text) => {
      const once = skeletonOf(foldName(text) ?? "");
      assert.equal(skeletonOf(once), once);
    }),
  );
});

test("the short way for ASCII comes to the same as the long one", () => {
  const ascii = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)).join("");
  // A character that is not ASCII and stands for itself sends the rest the long way.
  assert.equal(skeletonOf(`${ascii}語`), `${skeletonOf(ascii)}語`);
});

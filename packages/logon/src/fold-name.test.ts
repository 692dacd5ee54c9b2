/** What a user name may hold (RFC 8265), and in which one form names are compared. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { foldName, whyNoName } from "./fold-name.ts";

for (const [typed, folded] of [
  [" Alice ", "alice"],
  ["ＡＬＩＣＥ", "alice"],
  ["e\u0301va", "éva"],
  ["ﬁona", "fiona"],
  ["CORP\\Anna Lena", "corp\\anna lena"],
  ["svc$", "svc$"],
  ["דנה", "דנה"],
  ["CORP\\דנה2", "corp\\דנה2"],
  ["דנה@corp.example", "דנה@corp.example"],
] as const)
  test(`${JSON.stringify(typed)} is compared as ${folded}`, () => assert.equal(foldName(typed), folded));

for (const [why, bad] of [
  ["a control", "a\u0000b"],
  ["a bidi mark", "a\u202eb"],
  ["a joiner", "a\u200db"],
  ["a variation selector", "a\ufe0fb"],
  ["a filler that shows nothing", "a\u3164b"],
  ["an unassigned character", "a\u0378b"],
  ["a noncharacter", "a\ufdd0b"],
  ["old Hangul", "\u1113"],
  ["two sets of Arabic digits", "\u0661\u06f1"],
  ["letters of both directions in one part", "דנהalice"],
  ["a digit before letters from the right", "2דנה"],
  ["nothing", " "],
  ["more than 256", "x".repeat(257)],
] as const)
  test(`no name holds ${why}`, () => assert.equal(foldName(bad), undefined));

test("folding twice changes nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (text) => {
      const once = foldName(text);
      if (once !== undefined) assert.equal(foldName(once), once);
    }),
    { numRuns: 2000 },
  );
});

for (const [typed, why] of [
  ["ali\u200bce", /^character 4 is “zero-width space”, which no user name may hold/],
  ["  a\u202eb", /^character 4 is “invisible character U\+202E”/],
  ["a\u0000b", /^character 2 is “NUL”/],
  ["  ", /^the name is empty/],
  ["ﬁ".repeat(200), /^the name has more than 256 characters/],
  ["דנהalice", /^the name mixes letters or digits/],
  ["alice", undefined],
] as const)
  test(`${JSON.stringify(typed).slice(0, 30)}: ${why?.source.slice(1, 40) ?? "is a name, and nothing is said"}`, () => {
    const said = whyNoName(typed);
    if (why) assert.match(said ?? "", why);
    else assert.equal(said, undefined);
  });

test("something is said of every text that is no name", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 12 }), (text) =>
      assert.equal(whyNoName(text) === undefined, foldName(text) !== undefined),
    ),
  );
});

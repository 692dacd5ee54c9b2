/** A settings file with a mistake is refused with the place of the mistake. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import * as z from "zod";
import { nearest } from "./nearest.ts";
import { describeComplaint, readStrictJson } from "./strict-json.ts";

const schema = z.strictObject({
  org: z.string(),
  retries: z.int().min(1).max(5).optional(),
  timeouts: z.strictObject({ connectMs: z.int(), answerMs: z.int().optional() }).optional(),
  rules: z.array(z.strictObject({ name: z.string(), then: z.enum(["allow", "deny"]) })).optional(),
  either: z.union([z.strictObject({ file: z.string() }), z.strictObject({ link: z.strictObject({ target: z.string() }) })]).optional(),
});
const complaints = (text: string) => {
  const read = readStrictJson(text, schema, { file: "agent.json" });
  return read.ok ? [] : read.complaints;
};

describe("a strict JSON file", () => {
  it("is read when it fits the schema", () => {
    assert.deepEqual(readStrictJson('{"org":"o","retries":3}', schema, { file: "f" }), { ok: true, value: { org: "o", retries: 3 } });
  });

  it("names an unknown key with line, column and the nearest known key", () => {
    assert.deepEqual(complaints('{\n  "org": "o",\n  "timeouts": {\n    "conectMs": 5\n  }\n}'), [
      { line: 3, column: 15, path: "timeouts.connectMs", message: "is missing" },
      { line: 4, column: 5, path: "timeouts.conectMs", message: "unknown key “conectMs”; did you mean “connectMs”?" },
    ]);
  });

  it("lists the known keys when none is near", () => {
    assert.match(complaints('{"org":"o","zebra":1}')[0]?.message ?? "", /known are org, retries, timeouts, rules, either/);
  });

  it("names a wrong type and a value out of range by path and place", () => {
    assert.deepEqual(
      complaints('{\n"org": 5,\n"retries": 9, "rules": [{"name":"a","then":"permit"}]}').map((c) => [c.line, c.column, c.path]),
      [
        [2, 1, "org"],
        [3, 1, "retries"],
        [3, 37, "rules[0].then"],
      ],
    );
  });

  it("explains the alternative of a union that was meant", () => {
    assert.deepEqual(
      complaints('{"org":"o","either":{"link":{"target":1}}}').map((c) => c.path),
      ["either.link.target"],
    );
  });

  const syntax: [string, string, number, number, RegExp][] = [
    ["a comment", '{\n // no\n "org":"o"}', 2, 2, /no comments/],
    ["a trailing comma", '{"org":"o",\n}', 2, 1, /comma too many/],
    ["a missing comma", '{"org":"o"\n"retries":1}', 2, 1, /comma is expected/],
    ["a missing brace", '{"org":"o"', 1, 11, /closing }/],
    ["text after the end", '{"org":"o"}\n{}', 2, 1, /after the end/],
    ["single quotes", "{'org':1}", 1, 2, /double quotes/],
    ["an open string", '{"org":"o\n}', 1, 8, /not closed/],
    ["a byte order mark", '\ufeff{"org":"o"}', 1, 1, /byte order mark/],
    ["nothing", " \n", 1, 1, /empty/],
    ["a duplicate key", '{"org":"o",\n"org":"p"}', 2, 1, /second time/],
    ["a prototype key", '{"org":"o","__proto__":{}}', 1, 12, /not a key/],
    ["half a surrogate pair", '{"org":"\\ud83d"}', 1, 8, /surrogate/],
    ["a number with a leading zero", '{"org":"o","retries":01}', 1, 23, /comma is expected|number/],
  ];
  for (const [what, text, line, column, message] of syntax) {
    it(`refuses ${what} at its place`, () => {
      const first = complaints(text)[0];
      assert.match(first?.message ?? "", message);
      assert.deepEqual([first?.line, first?.column], [line, column]);
    });
  }

  it("S30: refuses nesting beyond the limit without falling over", () => {
    for (const text of ["[".repeat(200_000), `${'{"a":'.repeat(100_000)}1`]) {
      assert.match(complaints(text)[0]?.message ?? "", /nested deeper than 16/);
    }
  });

  it("counts columns in characters, as an editor does", () => {
    assert.equal(complaints('{"org":"😀😀", "retries":"x"}')[0]?.column, 14);
  });

  it("writes one line for people", () => {
    const [first] = complaints('{"org":1}');
    assert.equal(first && describeComplaint("agent.json", first), "agent.json:1:2: org: Invalid input: expected string, received number");
  });

  it("S30: never throws, accepts only what JSON.parse accepts, and always names a place inside the text", () => {
    const mutated = fc.tuple(fc.json(), fc.nat(), fc.string({ unit: "binary", maxLength: 3 }), fc.nat(3)).map(([json, at, text, cut]) => {
      const i = at % (json.length + 1);
      return json.slice(0, i) + text + json.slice(i + cut);
    });
    fc.assert(
      fc.property(fc.oneof(fc.json(), mutated, fc.string({ unit: "binary" })), (text) => {
        const read = readStrictJson(text, z.unknown(), { file: "f" });
        if (read.ok) return assert.doesNotThrow(() => JSON.parse(text));
        const lines = text.split("\n");
        for (const c of read.complaints) assert.ok(c.line >= 1 && c.line <= lines.length && c.column >= 1 && c.message !== "");
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the nearest known word", () => {
  it("is found for one slip of the finger and not for another word", () => {
    assert.equal(nearest("conectMs", ["answerMs", "connectMs"]), "connectMs");
    assert.equal(nearest("ORG", ["org", "host"]), "org");
    assert.equal(nearest("zebra", ["org", "host"]), undefined);
    assert.equal(nearest("x".repeat(100_000), ["org"]), undefined);
  });
});

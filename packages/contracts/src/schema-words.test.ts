/** The words of schemas: for every way in which a value can fail, what belongs there; and a sentence of a schema's own stays. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { wordIssue } from "./schema-words.ts";

/** As a program has it that called `wordSchemas`, without changing it for the other tests of this process. */
function says(schema: z.ZodType, value: unknown): string | undefined {
  return schema.safeParse(value, { error: (issue) => wordIssue(issue) }).error?.issues[0]?.message;
}

test("each kind of fault says what belongs there, and never what stood there", () => {
  const cases: [z.ZodType, unknown, string][] = [
    [z.string(), undefined, "is missing: a text"],
    [z.string(), 1, "must be a text"],
    [z.int(), 1.5, "must be a whole number"],
    [z.boolean(), "planted", "must be true or false"],
    [z.array(z.string()), "planted", "must be a list"],
    [z.object({}), "planted", "must be an object"],
    [z.literal("a"), "planted", "must be a"],
    [z.enum(["a", "b"]), "planted", "must be one of a, b"],
    [z.string().min(1), "", "must not be empty"],
    [z.string().min(3), "ab", "must have at least 3 characters"],
    [z.string().max(1), "planted", "must have at most 1 character"],
    [z.string().length(4), "planted", "must have exactly 4 characters"],
    [z.array(z.string()).min(1), [], "must have at least 1 entry"],
    [z.array(z.string()).max(2), ["a", "b", "c"], "must have at most 2 entries"],
    [z.int().min(5), 4, "must be at least 5"],
    [z.number().gt(5), 5, "must be more than 5"],
    [z.int().max(5), 6, "must be at most 5"],
    [z.number().lt(5), 5, "must be less than 5"],
    [z.number().multipleOf(5), 6, "must be a multiple of 5"],
    [z.iso.datetime(), "planted", "must be a time of ISO 8601 such as 2026-05-06T03:00:00Z"],
    [z.url(), "planted", "must be a URL"],
    [z.string().startsWith("x"), "planted", "must begin with x"],
    [z.string().regex(/^x$/), "planted", "has not the form that belongs here"],
    [z.union([z.object({ a: z.string() }), z.int()]), "planted", "is nothing of what may stand here"],
    [z.record(z.enum(["a"]), z.string()), { planted: 1 }, "is missing: a text"],
    [z.string().refine(() => false), "planted", "does not belong here"],
  ];
  for (const [schema, value, words] of cases) {
    const said = says(schema, value);
    assert.equal(said, words);
    assert.doesNotMatch(said ?? "", /planted/);
  }
});

test("a schema that has a sentence of its own keeps it", () => {
  const own = z.string().regex(/^x$/, "one x");
  assert.equal(own.safeParse("y").error?.issues[0]?.message, "one x");
});

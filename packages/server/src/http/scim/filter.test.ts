/** The reader of filters and paths: every example of RFC 7644, and everything that is none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ScimFault } from "./fault.ts";
import { parseFilter, parsePath } from "./filter.ts";

/** RFC 7644 §3.4.2.2, all of them. */
const EXAMPLES = [
  'userName eq "bjensen"',
  `name.familyName co "O'Malley"`,
  'userName sw "J"',
  'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"',
  "title pr",
  'meta.lastModified gt "2011-05-13T04:42:34Z"',
  'meta.lastModified ge "2011-05-13T04:42:34Z"',
  'meta.lastModified lt "2011-05-13T04:42:34Z"',
  'meta.lastModified le "2011-05-13T04:42:34Z"',
  'title pr and userType eq "Employee"',
  'title pr or userType eq "Intern"',
  'schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"',
  'userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")',
  'userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")',
  'userType eq "Employee" and (emails.type eq "work")',
  'userType eq "Employee" and emails[type eq "work" and value co "@example.com"]',
  'emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]',
];

test("every filter of RFC 7644 is read, in any case of its operators", () => {
  for (const text of EXAMPLES) {
    const upper = text.replace(/ (eq|co|sw|gt|ge|lt|le|ne|pr|and|or|not)\b/g, (word) => word.toUpperCase());
    assert.deepEqual(parseFilter(upper), parseFilter(text), text);
  }
});

test("and binds before or, not before and, and brackets before all", () => {
  const a = { op: "pr", path: "a" } as const;
  const b = { op: "pr", path: "b" } as const;
  const c = { op: "pr", path: "c" } as const;
  assert.deepEqual(parseFilter("a pr or b pr and c pr"), { op: "or", parts: [a, { op: "and", parts: [b, c] }] });
  assert.deepEqual(parseFilter("(a pr or b pr) and c pr"), { op: "and", parts: [{ op: "or", parts: [a, b] }, c] });
  assert.deepEqual(parseFilter("not (a pr or b pr) and c pr"), { op: "and", parts: [{ op: "not", part: { op: "or", parts: [a, b] } }, c] });
  assert.deepEqual(parseFilter("((a pr))"), a);
});

test("a text is read as JSON: quotes, brackets and words in it mean nothing", () => {
  const value = 'say \\"(and]\\" not é';
  assert.deepEqual(parseFilter(`displayName eq "${value}"`), { op: "eq", path: "displayName", value: 'say "(and]" not é' });
  assert.deepEqual(parseFilter("active eq true"), { op: "eq", path: "active", value: true });
  assert.deepEqual(parseFilter("x eq null"), { op: "eq", path: "x", value: null });
  assert.deepEqual(parseFilter("x gt -1.5e3"), { op: "gt", path: "x", value: -1500 });
});

test("the paths of RFC 7644 §3.5.2 are read, and those with a filter and a part", () => {
  const value = "2819c223-7f76-453a-919d-413861904646";
  assert.deepEqual(parsePath("members"), { path: "members" });
  assert.deepEqual(parsePath("name.familyName"), { path: "name.familyName" });
  const work = { op: "eq", path: "type", value: "work" } as const;
  assert.deepEqual(parsePath('addresses[type eq "work"]'), { path: "addresses", part: work });
  assert.deepEqual(parsePath(`members[value eq "${value}"]`), { path: "members", part: { op: "eq", path: "value", value } });
  assert.deepEqual(parsePath(`members[value eq "${value}"].displayName`).sub, "displayName");
  const urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
  assert.deepEqual(parsePath(`${urn}:department`), { path: `${urn}:department` });
  assert.deepEqual(parsePath(urn), { path: urn });
});

test("S30: what is no filter is refused with the character, quickly, and never anything but a ScimFault", () => {
  const bad = [
    "",
    " ",
    "userName",
    "userName eq",
    'eq "a"',
    "and",
    "()",
    "(a pr",
    "a pr)",
    "a pr b pr",
    'a eq "x',
    "a eq x",
    "a eq {}",
    "a[b pr",
    "a[]",
    "not",
    "a.b.c pr",
    ".a pr",
    'a eq "\\x"',
    `a eq "${"\\a".repeat(4000)}`,
    `a eq "${"\n".repeat(4000)}`,
    "(".repeat(8000),
    "not ".repeat(2000),
    "a[".repeat(4000),
    `${"a pr and ".repeat(900)}a pr`,
    "x".repeat(8193),
  ];
  const before = process.cpuUsage();
  for (const text of bad)
    assert.throws(
      () => parseFilter(text),
      (error) => error instanceof ScimFault && error.status === 400 && error.scimType === "invalidFilter",
      text.slice(0, 40),
    );
  assert.ok(process.cpuUsage(before).user < 1_000_000, "all of them take less than a second of the processor");
});

test("property: no text makes the reader do anything but answer or refuse", () => {
  const piece = fc.constantFrom(
    "userName",
    " ",
    "eq",
    "and",
    "or",
    "not",
    "(",
    ")",
    "[",
    "]",
    '"a"',
    '"',
    "\\",
    ".",
    "pr",
    "true",
    "1",
    "é",
    "urn:",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "grapheme" }),
        fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(" ")),
      ),
      (text) => {
        for (const read of [parseFilter, parsePath])
          try {
            read(text);
          } catch (error) {
            assert.ok(error instanceof ScimFault, text);
          }
      },
    ),
    { numRuns: 2000 },
  );
});

/** Tests of search expressions: what is read, what is refused and where, and that no text does harm. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { comparison, type Expression, type Field, matches, OPERATORS } from "./expression.ts";
import { LONGEST, readExpression } from "./read-expression.ts";

interface Row {
  login?: string;
  title?: string;
  created: number;
  tags: string[];
}
const FIELDS: Field<Row>[] = [
  { name: "profile.login", kind: "text", of: (row) => row.login },
  { name: "profile.title", kind: "text", of: (row) => row.title },
  { name: "created", kind: "time", of: (row) => row.created },
  { name: "tag", kind: "text", of: (row) => row.tags },
];
const ROWS: Row[] = [
  { login: "alice", title: "Head", created: 1000, tags: [] },
  { login: "Bob", created: 2000, tags: ["red", "blue"] },
  { login: 'o"hara\\', title: "Ａ head", created: 3000, tags: ["red"] },
];

function found(text: string): number[] {
  const read = readExpression(text, FIELDS);
  assert.equal(read.kind, "read", `${text}: ${JSON.stringify(read)}`);
  return read.kind === "read" ? ROWS.flatMap((row, at) => (matches(read.expression, row) ? [at] : [])) : [];
}

for (const [text, rows] of [
  ['profile.login eq "ALICE"', [0]],
  ['PROFILE.LOGIN Eq "bob"', [1]],
  ['profile.login ne "bob"', [0, 2]],
  ['profile.title ne "head"', [1, 2]],
  ['profile.login sw "A"', [0]],
  ['profile.login ew "B"', [1]],
  ['profile.title co "HEA"', [0, 2]],
  ['profile.title sw "a "', [2]],
  ["profile.title pr", [0, 2]],
  ["not (profile.title pr)", [1]],
  ["NOT(profile.title pr)", [1]],
  ['profile.login eq "o\\"hara\\\\"', [2]],
  ['profile.login eq "\\u0061lice"', [0]],
  ['created gt "1970-01-01T00:00:01Z"', [1, 2]],
  ['created ge "1970-01-01T00:00:01Z"', [0, 1, 2]],
  ['created lt "1970-01-01T00:00:02.000+00:00"', [0]],
  ['created le "Thu Jan 01 1970 00:00:02 GMT+0000"', [0, 1]],
  ['created eq "1970-01-01T00:00:02Z"', [1]],
  ['tag eq "RED"', [1, 2]],
  ['tag ne "blue"', [0, 2]],
  ["tag pr", [1, 2]],
  ['profile.login gt "alice"', [1, 2]],
  ['profile.login eq "alice" or profile.login eq "bob" and tag eq "red"', [0, 1]],
  ['(profile.login eq "alice" or profile.login eq "bob") and tag eq "red"', [1]],
  ['not (profile.login eq "alice" and created pr) and ((tag pr))', [1, 2]],
  ["  profile.title   pr  ", [0, 2]],
] as const)
  test(text, () => assert.deepEqual(found(text), rows));

for (const [text, at, why] of [
  ["", 1, /a field is missing/],
  ['nick eq "a"', 1, /there is no field nick here; there are profile\.login/],
  ['tag pr and (nick eq "a")', 13, /no field nick/],
  ["tag", 4, /one of eq, .* pr is missing/],
  ['tag is "a"', 5, /one of eq/],
  ["tag eq", 7, /a value is missing/],
  ["tag eq red", 8, /a value is missing/],
  ["tag eq null", 8, /asked by pr/],
  ['tag eq "red', 8, /not closed/],
  ['tag eq "r\\x"', 8, /JSON does not know/],
  ['tag eq "a\nb"', 8, /not closed/],
  ['tag eq "a" and', 15, /a field is missing/],
  ['tag eq "a" "b"', 12, /is over before this/],
  ["tag pr tag pr", 8, /is over before this/],
  ["(tag pr", 8, /the bracket of character 1 is not closed/],
  ["tag pr)", 7, /is over before this/],
  ["not tag pr", 5, /in brackets/],
  ['created gt "soon"', 12, /a date such as/],
  ["created gt 12", 12, /a date such as/],
  ['created sw "2026"', 12, /is a date, which sw does not compare/],
  ["tag eq 'a'", 8, /nothing begins with "'"/],
  ["__proto__ pr", 1, /no field __proto__/],
  [`${"(".repeat(33)}tag pr${")".repeat(33)}`, 33, /at most 32 deep/],
  [Array(101).fill("tag pr").join(" or "), 1001, /at most 100 times/],
  [" ".repeat(LONGEST + 1), LONGEST + 1, /at most 4096 characters/],
] as const)
  test(`refused at character ${at}: ${text.slice(0, 40)}`, () => {
    const read = readExpression(text, FIELDS);
    assert.ok(read.kind === "fault", JSON.stringify(read));
    assert.equal(read.at, at);
    assert.match(read.why, why);
  });

const leaf = fc.oneof(
  fc.constantFrom(...FIELDS).map((field): Expression<Row> => ({ kind: "present", field })),
  fc
    .tuple(
      fc.constantFrom(...FIELDS.filter(({ kind }) => kind === "text")),
      fc.constantFrom(...OPERATORS),
      fc.string({ unit: "grapheme", maxLength: 8 }),
    )
    .map(([field, operator, value]) => comparison(field, operator, value)),
  fc
    .tuple(fc.constantFrom("eq", "ne", "gt", "ge", "lt", "le"), fc.integer({ min: 0, max: 5000 }))
    .map(([operator, value]) => ({ kind: "compare", field: FIELDS[2], operator, value }) as Expression<Row>),
);
const tree = fc.letrec<{ node: Expression<Row> }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc
      .tuple(fc.constantFrom("and", "or"), fc.array(tie("node"), { minLength: 2, maxLength: 3 }))
      .map(([kind, of]) => ({ kind, of }) as Expression<Row>),
    tie("node").map((of): Expression<Row> => ({ kind: "not", of })),
  ),
})).node;

function written(expression: Expression<Row>): string {
  if (expression.kind === "present") return `${expression.field.name} pr`;
  if (expression.kind === "not") return `not (${written(expression.of)})`;
  if (expression.kind !== "compare") return expression.of.map((one) => `(${written(one)})`).join(` ${expression.kind} `);
  const { field, operator, value } = expression;
  return `${field.name} ${operator} ${JSON.stringify(typeof value === "number" ? new Date(value).toISOString() : value)}`;
}

test("whatever can be meant can be written and is read as it was meant", () => {
  fc.assert(
    fc.property(tree, (expression) => {
      const text = written(expression);
      const read = readExpression(text, FIELDS);
      if (read.kind === "fault") return assert.match(read.why, /at most/);
      for (const row of ROWS) assert.equal(matches(read.expression, row), matches(expression, row), text);
    }),
    { numRuns: 3000 },
  );
});

test("no text makes it throw or take long, and every fault has a place in the text", () => {
  const pieces = fc.constantFrom(
    "(",
    ")",
    " ",
    "not",
    "and",
    "or",
    "eq",
    "pr",
    "tag",
    "profile.login",
    '"',
    '"a"',
    "\\",
    "1",
    "-",
    "é",
    "\u0000",
    "created",
  );
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.array(pieces, { maxLength: 40 }).map((some) => some.join("")),
    fc.array(pieces, { maxLength: 40 }).map((some) => some.join(" ")),
  );
  fc.assert(
    fc.property(text, (typed) => {
      const read = readExpression(typed, FIELDS);
      if (read.kind === "fault") assert.ok(read.at >= 1 && read.at <= typed.length + 1, `${typed}: ${read.at}`);
      else for (const row of ROWS) assert.equal(typeof matches(read.expression, row), "boolean");
    }),
    { numRuns: 5000 },
  );
  const before = process.cpuUsage();
  for (const worst of [
    "(".repeat(LONGEST),
    '"'.repeat(LONGEST),
    "not(".repeat(1024),
    `"${"\\".repeat(4000)}`,
    "a".repeat(LONGEST),
    "1".repeat(LONGEST),
  ])
    assert.equal(readExpression(worst, FIELDS).kind, "fault");
  assert.ok(process.cpuUsage(before).user < 500_000, "no text takes half a second of the processor");
});

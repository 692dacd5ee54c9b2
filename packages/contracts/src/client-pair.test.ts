/** A typed client id or secret is taken as issued, or refused with the place and the name of what does not belong. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { clientId, readClientId, readClientSecret, writeClientId, writeClientSecret } from "./client-pair.ts";
import { CROCKFORD } from "./crockford.ts";

const id = writeClientId(randomBytes(10));
const secret = randomBytes(32);
const written = writeClientSecret(secret);
const HEAD = "SALLYSECRET-".length;

test("what was issued is read again; case, hyphens, and plain blanks or quotes around it do not matter", () => {
  assert.match(id, /^SALLYID(-[0-9A-Z]{6}){3}$/);
  assert.ok(clientId.safeParse(id).success);
  const around = (text: string) => [text, text.toLowerCase(), text.replaceAll("-", ""), `  ${text}\r\n`, `"${text}"`, ` '${text}' \n`];
  for (const typed of around(id)) assert.deepEqual(readClientId(typed), { ok: true, id }, typed);
  for (const typed of around(written)) {
    const read = readClientSecret(typed);
    assert.ok(read.ok && Buffer.from(read.secret).equals(secret), typed);
  }
});

const ODD: [character: string, name: RegExp][] = [
  ["\u201d", /right double smart quote/],
  ["\u2019", /right smart quote/],
  ["\u200b", /zero-width space/],
  ["\u00a0", /no-break space/],
  ["\ufeff", /byte order mark/],
  ["\u0410", /“А” \(U\+0410\), which looks like another letter/],
  ["\u0131", /looks like another letter/],
  ["\uff11", /looks like another letter/],
  ["\u2011", /no-break hyphen/],
  ["\u2013", /en dash/],
  [" ", /space/],
  ["\t", /tab/],
  ["`", /backtick/],
];

for (const [character, name] of ODD) {
  test(`U+${character.charCodeAt(0).toString(16).padStart(4, "0")} inside is refused with its position and name`, () => {
    for (const [typed, read] of [
      [`${id.slice(0, 12)}${character}${id.slice(12)}`, readClientId],
      [`${written.slice(0, 12)}${character}${written.slice(12)}`, readClientSecret],
    ] as const) {
      const refused = read(typed);
      assert.ok(!refused.ok);
      assert.equal(refused.position, 13);
      assert.match(refused.character ?? "", name);
    }
  });
}

test("what stands around a value is odd as well when it is not plain", () => {
  for (const [typed, position] of [
    [`\u201c${written}\u201d`, 1],
    [`\ufeff${written}`, 1],
    [`  ${written}\u200b`, written.length + 3],
    [`"${written}`, 1],
  ] as const) {
    const refused = readClientSecret(typed);
    assert.ok(!refused.ok);
    assert.equal(refused.position, position);
  }
});

test("one mistyped character is found by its place, and a secret is never quoted", () => {
  fc.assert(
    fc.property(fc.nat(written.length - 1), fc.nat(31), fc.nat(3), (at, value, blanks) => {
      const old = written[at] ?? "";
      const fresh = CROCKFORD[value] ?? "0";
      if (at < HEAD || old === "-" || old === fresh) return;
      const refused = readClientSecret(`${" ".repeat(blanks)}${written.slice(0, at)}${fresh}${written.slice(at + 1)}`);
      assert.ok(!refused.ok);
      assert.equal(refused.position, at + 1 + blanks);
      assert.equal(refused.reason, `character ${at + 1 + blanks} is wrong`);
    }),
    { numRuns: 500 },
  );
  const letter = readClientSecret(`${written.slice(0, HEAD)}U${written.slice(HEAD + 1)}`);
  assert.ok(!letter.ok);
  assert.equal(letter.reason, `character ${HEAD + 1} is one that no client secret has`);
  assert.equal(letter.character, undefined);
});

test("any other change is refused: cut, doubled, swapped parts, another prefix, nothing", () => {
  const rest = written.slice(HEAD).replaceAll("-", "");
  const bad = [
    ...Array.from({ length: written.length }, (_, end) => written.slice(0, end)),
    `${written}${written.slice(HEAD)}`,
    `SALLYSECRET-${rest.slice(25, 50)}${rest.slice(0, 25)}${rest.slice(50)}`,
    id,
    "",
    "secret",
  ];
  for (const typed of bad) assert.equal(readClientSecret(typed).ok, false, typed);
  for (const typed of [written, id.slice(0, -1), `${id}0`, ""]) assert.equal(readClientId(typed).ok, false, typed);
});

test("S30: reading never throws, whatever is given", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
      readClientId(`SALLYID-${text}`);
      readClientSecret(`SALLYSECRET-${text}`);
      readClientId(text);
      readClientSecret(text);
    }),
  );
});

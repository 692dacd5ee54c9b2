/** The enrolment code survives reading aloud, and says where a typed one is wrong. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CROCKFORD, crockfordValue } from "./crockford.ts";
import { readEnrolmentCode, writeEnrolmentCode } from "./enrolment-code.ts";

const code = {
  url: "https://mfa.corp.example:8443",
  secret: Uint8Array.from({ length: 16 }, (_, i) => i * 7 + 1),
  decisionKey: Uint8Array.from({ length: 16 }, (_, i) => 255 - i),
  pin: Uint8Array.from({ length: 16 }, (_, i) => i),
};
const written = writeEnrolmentCode(code);

test("a code reads back as it was written, with and without a pin", () => {
  assert.deepEqual(readEnrolmentCode(written), { ok: true, code });
  const { pin, ...plain } = { ...code, url: "http://localhost:8080" };
  assert.deepEqual(readEnrolmentCode(writeEnrolmentCode(plain)), { ok: true, code: plain });
});

test("case, spaces, line breaks, hyphens and look-alike letters are forgiven", () => {
  const mangled = written
    .toLowerCase()
    .replace(/-/g, " \n")
    .replace(/0/g, "O")
    .replace(/(?<=^.{8,})1/g, "l");
  assert.deepEqual(readEnrolmentCode(mangled), { ok: true, code });
});

test("a single wrong character is named by its exact position, wherever it stands", () => {
  fc.assert(
    fc.property(fc.nat(written.length - 1), fc.nat(31), (at, value) => {
      const typed = written[at] ?? "";
      if (at < 7 || typed === "-" || crockfordValue(typed) === value) return;
      const wrong = `${written.slice(0, at)}${CROCKFORD[value]}${written.slice(at + 1)}`;
      const read = readEnrolmentCode(wrong);
      assert.equal(read.ok, false);
      assert.equal(!read.ok && read.position, at + 1);
    }),
    { numRuns: 2000 },
  );
});

test("two or more wrong characters are never accepted", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(written.length - 1), fc.nat(31)), { minLength: 2, maxLength: 6 }), (changes) => {
      const characters = [...written];
      for (const [at, value] of changes) if (at > 6 && characters[at] !== "-") characters[at] = CROCKFORD[value] ?? "0";
      const text = characters.join("");
      const same = text.replace(/-/g, "") === written.replace(/-/g, "");
      assert.equal(readEnrolmentCode(text).ok, same);
    }),
    { numRuns: 2000 },
  );
});

test("a cut, a swapped pair and a doubled part are refused", () => {
  for (let end = 0; end < written.length; end++) {
    if (written.slice(end).replace(/-/g, "") !== "") assert.equal(readEnrolmentCode(written.slice(0, end)).ok, false, `cut at ${end}`);
  }
  assert.equal(readEnrolmentCode(written + written.slice(7)).ok, false);
  for (let at = 7; at < written.length - 1; at++) {
    const swapped = written.slice(0, at) + written[at + 1] + written[at] + written.slice(at + 2);
    if (swapped.replace(/-/g, "") !== written.replace(/-/g, "")) assert.equal(readEnrolmentCode(swapped).ok, false, `swapped at ${at}`);
  }
});

test("characters that copy and paste brings in are named with their position", () => {
  for (const [character, name] of [
    ["\u200b", "zero-width space"],
    ["\u201c", "left double smart quote"],
    ["\ufeff", "byte order mark"],
    ["\u00a0", "no-break space"],
  ] as const) {
    const read = readEnrolmentCode(`${written.slice(0, 20)}${character}${written.slice(20)}`);
    assert.equal(read.ok, false);
    assert.equal(!read.ok && read.position, 21);
    assert.match(!read.ok ? read.reason : "", new RegExp(name));
  }
  assert.deepEqual(readEnrolmentCode("https://mfa.corp.example"), {
    ok: false,
    reason: "an enrolment code begins with SALLY1-",
    position: 1,
  });
});

test("S30: reading never throws, whatever is given", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
      readEnrolmentCode(text);
      readEnrolmentCode(`SALLY1-${text}`);
    }),
  );
});

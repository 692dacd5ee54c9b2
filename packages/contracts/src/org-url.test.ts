/** A typed org URL becomes its one exact form, or is refused with the reason and the place. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readOrgUrl, sameOrgUrl } from "./org-url.ts";

test("an exact URL stays as it is; slash, case and the default port do not matter", () => {
  const exact = "https://mfa.corp.example";
  assert.deepEqual(readOrgUrl(exact), { ok: true, url: exact, forgiven: [] });
  assert.deepEqual(readOrgUrl(`${exact}/`), { ok: true, url: exact, forgiven: ["url.trailing-slash"] });
  assert.deepEqual(readOrgUrl("HTTPS://MFA.Corp.example:443/"), { ok: true, url: exact, forgiven: ["url.trailing-slash", "upper-case"] });
  assert.equal(sameOrgUrl("https://MFA.corp.example/", exact), true);
  assert.equal(sameOrgUrl("https://mfa.corp.example:8443", exact), false);
});

const REFUSED: [string, RegExp, number | undefined][] = [
  ["", /does not begin with https/, 1],
  ["mfa.corp.example", /does not begin with https/, 1],
  ["http://mfa.corp.example", /only https/, 1],
  ["ftp://mfa.corp.example", /ftp:\/\//, 1],
  ["https://mfa.corp.example/login", /path \(\/login\)/, 25],
  ["https://mfa.corp.example?x=1", /query/, 25],
  ["https://mfa.corp.example/#a", /fragment/, 26],
  ["https://admin:pw@mfa.corp.example", /user name or password/, 17],
  [" https://mfa.corp.example", /character 1 is a space/, 1],
  ["https://mfa.corp\u200b.example", /zero-width space/, 17],
  ["https://mfa.c\u043erp.example", /looks like another letter/, 14],
  ["\u201chttps://mfa.corp.example\u201d", /left double smart quote/, 1],
];

for (const [typed, reason, position] of REFUSED) {
  test(`${JSON.stringify(typed)} is refused at ${position}`, () => {
    const read = readOrgUrl(typed);
    assert.equal(read.ok, false);
    if (read.ok) return;
    assert.equal(read.cause, "url.malformed");
    assert.match(read.reason, reason);
    assert.equal(read.position, position);
  });
}

test("plain http is taken for this very machine only", () => {
  for (const host of ["localhost", "127.0.0.1", "[::1]"]) assert.equal(readOrgUrl(`http://${host}:8080`).ok, true);
  for (const host of ["127.0.0.1.example", "localhost.example", "10.0.0.1"]) assert.equal(readOrgUrl(`http://${host}`).ok, false);
});

test("what was read once reads the same again", () => {
  fc.assert(
    fc.property(fc.webUrl({ validSchemes: ["https"] }), (url) => {
      const read = readOrgUrl(url);
      if (read.ok) assert.deepEqual(readOrgUrl(read.url), { ok: true, url: read.url, forgiven: [] });
    }),
  );
});

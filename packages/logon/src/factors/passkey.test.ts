/** What a passkey answered, judged without its signature: each thing wrong by itself, and bytes that are no answer at all. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { judgePasskey, type PasskeyExpected, passkeyTitle, readPasskeyAnswer } from "./passkey.ts";

const expected: PasskeyExpected = {
  type: "webauthn.get",
  challenge: "Y2hhbGxlbmdl",
  origin: "https://mfa.corp.example",
  rpId: "mfa.corp.example",
  verified: true,
};

function answered({ flags = 0x05, rpId = expected.rpId, counter = 7, ...client }: Record<string, any> = {}) {
  const clientData = { type: "webauthn.get", challenge: expected.challenge, origin: expected.origin, crossOrigin: false, ...client };
  const rest = Buffer.alloc(5);
  rest.writeUInt8(flags);
  rest.writeUInt32BE(counter, 1);
  return readPasskeyAnswer(Buffer.from(JSON.stringify(clientData)), Buffer.concat([createHash("sha256").update(rpId).digest(), rest]));
}

function causeOf(change: Record<string, any>, wanted = expected) {
  const answer = answered(change);
  if (!answer) return "unreadable";
  const verdict = judgePasskey(answer, wanted);
  return verdict.kind === "fits" ? "fits" : verdict.cause;
}

test("S28: what fits, and everything that does not, by its cause", () => {
  assert.equal(causeOf({}), "fits");
  assert.equal(answered()?.counter, 7);
  assert.equal(causeOf({ flags: 0x01 }), "factor.not-allowed");
  assert.equal(causeOf({ flags: 0x01 }, { ...expected, verified: false }), "fits");
  assert.equal(causeOf({ flags: 0x04 }), "factor.not-allowed", "verified, but not present");
  assert.equal(causeOf({ origin: "https://mfa.corp.example/" }), "factor.passkey-origin");
  assert.equal(causeOf({ origin: "http://mfa.corp.example" }), "factor.passkey-origin");
  assert.equal(causeOf({ origin: "https://MFA.corp.example" }), "factor.passkey-origin");
  assert.equal(causeOf({ crossOrigin: true }), "factor.passkey-origin");
  assert.equal(causeOf({ topOrigin: "https://other.example" }), "factor.passkey-origin");
  assert.equal(causeOf({ rpId: "corp.example" }), "factor.passkey-origin");
  assert.equal(causeOf({ type: "webauthn.create" }), "factor.code-malformed");
  assert.equal(causeOf({ challenge: "YW5vdGhlcg" }), "factor.code-used");
  assert.equal(causeOf({ challenge: "" }), "factor.code-used");
});

test("S30: what is no answer is read as none, whatever it is", () => {
  const data = Buffer.alloc(37);
  for (const text of ["", "null", "[]", "1", '"x"', "{", '{"type":"webauthn.get"}', '{"type":1,"challenge":"a","origin":"b"}'])
    assert.equal(readPasskeyAnswer(Buffer.from(text), data), undefined, text);
  assert.equal(readPasskeyAnswer(Buffer.from([0xff, 0xfe]), data), undefined);
  assert.equal(readPasskeyAnswer(Buffer.from('{"type":"a","challenge":"b","origin":"c"}'), data.subarray(1)), undefined);
});

test("a passkey without a name is called by how it is reached", () => {
  assert.equal(passkeyTitle("Blue key", ["usb"]), "Blue key");
  assert.equal(passkeyTitle(null, ["usb", "nfc"]), "Security key");
  assert.equal(passkeyTitle(null, ["hybrid", "internal"]), "Passkey of a device");
  assert.equal(passkeyTitle(null, []), "Passkey");
});

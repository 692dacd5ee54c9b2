/** How a passkey is made: what its device is given, what of its answer is kept, and every answer that makes none. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { SoftAuthenticator, type Wrong } from "../../../e2e/machine/soft-authenticator.ts";
import { openLogonOrg } from "./logon-org.ts";
import { enrolPasskey, examinePasskey } from "./passkey-org.ts";
import { ORG_URL } from "./test-org.ts";

const { org, alice } = await openLogonOrg();
after(() => org.close());
const device = () => new SoftAuthenticator(ORG_URL);

test("the device is given what the public clients read, and an opaque handle of the user", async () => {
  const there = await enrolPasskey(org, alice.id);
  const { begun, examined, proof } = await examinePasskey(org, alice.id, device());
  const { challenge, user, excludeCredentials, ...rest } = begun.activation as any;
  assert.equal(Buffer.from(challenge, "base64url").length, 32);
  // The public client turns it into bytes by atob.
  assert.equal(Buffer.from(atob(user.id), "latin1").toString(), alice.id);
  assert.deepEqual([user.name, user.displayName], ["alice", "alice"]);
  assert.deepEqual(excludeCredentials, [
    { type: "public-key", id: there.device.credentials[0]?.id.toString("base64url"), transports: ["usb"] },
  ]);
  assert.deepEqual(rest, {
    rp: { id: "mfa.corp.example", name: "Sallyport mfa.corp.example" },
    pubKeyCredParams: [
      { type: "public-key", alg: -7 },
      { type: "public-key", alg: -257 },
    ],
    timeout: 300_000,
    attestation: "none",
    authenticatorSelection: { residentKey: "preferred", requireResidentKey: false, userVerification: "preferred" },
  });
  assert.equal(typeof proof.attestation, "string");
  assert.ok(examined.kind === "right");
  const { publicKey, credentialId, ...data } = examined.change.data as any;
  assert.equal(examined.change.handle, credentialId);
  assert.ok(publicKey.length > 80);
  assert.deepEqual(data, { transports: ["usb"], aaguid: "00000000-0000-0000-0000-000000000000", backedUp: false, userVerified: true });
  assert.equal(examined.change.counter, 1);
});

const wrongs: [string, Wrong, string][] = [
  ["of a page of another origin", { origin: "https://evil.example" }, "factor.passkey-origin"],
  ["in a frame of another page", { crossOrigin: true }, "factor.passkey-origin"],
  ["for another relying party", { rpId: "evil.example" }, "factor.passkey-origin"],
  ["for another challenge", { challenge: "AAAA" }, "factor.code-used"],
  ["of a sign-in", { type: "webauthn.get" }, "factor.code-malformed"],
  ["with nobody present", { up: false }, "factor.not-allowed"],
  ["with an attestation that would be looked up elsewhere", { fmt: "android-safetynet" }, "factor.not-allowed"],
  ["with an attestation that does not hold", { fmt: "packed" }, "factor.code-malformed"],
];
for (const [what, wrong, cause] of wrongs) {
  test(`S28: an answer ${what} makes no passkey: ${cause}`, async () => {
    const { examined } = await examinePasskey(org, alice.id, device(), wrong);
    assert.ok(examined.kind === "wrong");
    assert.equal(examined.cause, cause);
  });
}

test("S9: what comes after its time makes no passkey", async () => {
  const { examined } = await examinePasskey(org, alice.id, device(), {}, 300_000);
  assert.ok(examined.kind === "wrong");
  assert.equal(examined.cause, "factor.code-expired");
});

test("garbage makes no passkey, and nothing falls over", async () => {
  const { begun, proof } = await examinePasskey(org, alice.id, device());
  const { ENROLLERS } = await import("../src/flows/enrolling/enroller.ts");
  const { keys, orgUrl } = org.deps;
  for (const attestation of ["AAAA", proof.attestation.slice(0, 100), Buffer.alloc(60).toString("base64")]) {
    const examined = await ENROLLERS.passkey?.examine(
      { keys, orgUrl },
      begun.enrolment,
      begun.challenge,
      { ...proof, attestation },
      org.clock.now,
    );
    assert.ok(examined?.kind === "wrong");
    assert.equal(examined.cause, "factor.code-malformed");
  }
  const odd = { ...proof, transports: '{"not":"a list"}' };
  const examined = await ENROLLERS.passkey?.examine({ keys, orgUrl }, begun.enrolment, begun.challenge, odd, org.clock.now);
  assert.ok(examined?.kind === "right");
  assert.deepEqual((examined.change.data as any).transports, []);
});

test("an org without a name has no passkeys", async () => {
  const { ENROLLERS } = await import("../src/flows/enrolling/enroller.ts");
  const begun = await org.deps.store.inTransaction(async (tx) => {
    const user = await tx.users.byId(alice.id);
    return user && ENROLLERS.passkey?.begin(tx, { keys: org.deps.keys, orgUrl: "https://192.0.2.7" }, user, {});
  });
  assert.ok(begun && "kind" in begun && begun.kind === "not-now");
});

/** A passkey as a person enrols it: made by their device for this org, its public key kept; attestation is neither asked for nor trusted. */
import {
  type PasskeyAttestation,
  type PasskeyCreationOptions,
  type PasskeyEnrolment,
  passkeyAttestation,
  passkeyEnrolment,
} from "@sallyport/contracts";
import { judgePasskey, PASSKEYS_PER_PERSON, readPasskeyAnswer } from "@sallyport/logon";
import { verifyRegistrationResponse } from "@simplewebauthn/server";
import { decodeAttestationObject } from "@simplewebauthn/server/helpers";
import { newChallenge } from "../authn/asked/passkey.ts";
import { tooLate } from "../authn/too-late.ts";
import { wrong } from "../authn/tries.ts";
import { blankEnrolment } from "../blank-enrolment.ts";
import { newId } from "../ids.ts";
import { toBase64url } from "../passkeys/find-signer.ts";
import { descriptorOf, type PasskeyData, type RelyingParty, relyingPartyOf } from "../passkeys/relying-party.ts";
import { factorsOf } from "../person.ts";
import type { UserRow } from "../store-directory.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import type { ChallengeRow } from "../store-requests.ts";
import type { Enroller, Examined } from "./enroller.ts";

/** ES256 and RS256 (COSE): what every authenticator can do one of. */
const ALGORITHMS = [-7, -257];
/** Time to make a PIN first, or to find the key, ms. */
const ENROL_MS = 5 * 60_000;
const SHOULD_BE = "what a passkey answers when it is made";
/** `packed` proves only itself here: without trust anchors it is worth as much as none. Others could make the org fetch something. */
const FORMATS = ["none", "packed"];

export const passkeyEnroller: Enroller<PasskeyEnrolment, PasskeyAttestation> = {
  several: true,
  async begin(tx, { orgUrl }, user, request) {
    const asked = passkeyEnrolment.safeParse(request);
    if (!asked.success) return { kind: "not-now", sentence: "The name of a passkey has 1 to 64 characters." };
    const party = relyingPartyOf(orgUrl);
    if (!party) return { kind: "not-now", sentence: "A passkey is bound to a name: this org's URL has an IP address." };
    const there = (await factorsOf(tx, user)).filter(({ kind }) => kind === "passkey");
    const kept = there.filter(({ status, handle }) => (status === "ACTIVE" || status === "LOCKED") && handle !== null);
    if (kept.length >= PASSKEYS_PER_PERSON)
      return { kind: "not-now", sentence: `There are ${kept.length} passkeys already: remove one first.` };
    // What was begun and never finished holds nothing.
    for (const { id, userId, status } of there) if (status === "PENDING_ACTIVATION" && userId === user.id) await tx.enrolments.remove(id);
    const enrolment: EnrolmentRow = {
      ...blankEnrolment(tx.now),
      userId: user.id,
      kind: "passkey",
      status: "PENDING_ACTIVATION",
      name: asked.data.profile?.name ?? null,
    };
    await tx.enrolments.insert(enrolment);
    const activation = creationOptions(party, user, newChallenge(), kept);
    const challenge = challengeFor(enrolment, activation, tx.now);
    await tx.challenges.insert(challenge);
    return { enrolment, challenge, activation };
  },
  async examine({ orgUrl }, pending, challenge, brought, now): Promise<Examined> {
    const party = relyingPartyOf(orgUrl);
    if (!challenge || !party) return wrong("logon.out-of-order", { factor: pending.id });
    if (challenge.answeredAt !== null || challenge.expires <= now) return tooLate(challenge);
    const proof = passkeyAttestation.safeParse(brought);
    if (!proof.success) return wrong("factor.code-malformed", { shouldBe: SHOULD_BE });
    const made = await examineAttestation(party, challenge.secret, proof.data);
    if ("kind" in made) return made;
    const { counter, ...data } = made;
    const name = proof.data.profile?.name ?? pending.name;
    return { kind: "right", change: { handle: data.credentialId, data: { ...data }, name, counter } };
  },
};

/** Nothing of an activation is secret: whoever reloads the page gets it again. */
function challengeFor({ id, userId }: EnrolmentRow, activation: PasskeyCreationOptions, now: number): ChallengeRow {
  return {
    id: newId("chl"),
    kind: "activate",
    transactionId: null,
    enrolmentId: id,
    userId,
    hostId: null,
    secret: activation.challenge,
    data: { activation },
    created: now,
    expires: now + ENROL_MS,
    answeredAt: null,
    answer: null,
    seenAt: null,
  };
}

/** As the public API shows it: `challenge` and `user.id` in base64url, which the public clients turn into bytes. */
function creationOptions(party: RelyingParty, user: UserRow, challenge: string, kept: EnrolmentRow[]): PasskeyCreationOptions {
  const { id, profile } = user;
  const displayName = [profile.firstName, profile.lastName].filter(Boolean).join(" ") || profile.login;
  return {
    challenge,
    rp: { id: party.id, name: party.name },
    user: { id: Buffer.from(id).toString("base64url"), name: profile.login, displayName },
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key", alg })),
    timeout: ENROL_MS,
    attestation: "none",
    authenticatorSelection: { residentKey: "preferred", requireResidentKey: false, userVerification: "preferred" },
    excludeCredentials: kept.map(descriptorOf),
  };
}

async function examineAttestation(
  party: RelyingParty,
  challenge: string,
  proof: PasskeyAttestation,
): Promise<(PasskeyData & { counter: number }) | ReturnType<typeof wrong>> {
  const attestation = new Uint8Array(Buffer.from(proof.attestation, "base64"));
  const clientData = Buffer.from(proof.clientData, "base64");
  try {
    const object = decodeAttestationObject(attestation);
    const answer = readPasskeyAnswer(clientData, object.get("authData"));
    if (!answer) return malformed(proof);
    const expected = { type: "webauthn.create", challenge, origin: party.origin, rpId: party.id, verified: false } as const;
    const verdict = judgePasskey(answer, expected);
    if (verdict.kind === "wrong") return wrong(verdict.cause, verdict.evidence);
    if (!FORMATS.includes(object.get("fmt"))) return wrong("factor.not-allowed", { reason: `attestation of format ${object.get("fmt")}` });
    return await examined(party, challenge, proof, credentialIdOf(object.get("authData")));
  } catch {
    // Whatever the library cannot read, or whose attestation does not hold, is no passkey.
    return malformed(proof);
  }
}

async function examined(party: RelyingParty, challenge: string, proof: PasskeyAttestation, id: string) {
  const transports = readTransports(proof.transports);
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response: {
      id,
      rawId: id,
      type: "public-key",
      clientExtensionResults: {},
      response: { clientDataJSON: toBase64url(proof.clientData), attestationObject: toBase64url(proof.attestation) },
    },
    expectedChallenge: challenge,
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    requireUserVerification: false,
    supportedAlgorithmIDs: ALGORITHMS,
  });
  if (!verified) return malformed(proof);
  const { credential, aaguid, credentialBackedUp: backedUp, userVerified } = registrationInfo;
  const publicKey = Buffer.from(credential.publicKey).toString("base64url");
  return { credentialId: credential.id, publicKey, transports, aaguid, backedUp, userVerified, counter: credential.counter };
}

/** Behind rpIdHash, flags, counter, aaguid and a length of two bytes (WebAuthn §6.5.1). */
function credentialIdOf(authData: Uint8Array): string {
  const length = Buffer.from(authData.subarray(53, 55)).readUInt16BE();
  return Buffer.from(authData.subarray(55, 55 + length)).toString("base64url");
}

/** JSON in a text, as the public clients send it; anything else says nothing. */
function readTransports(text: string | null | undefined): string[] {
  try {
    const list: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(list) ? list.filter((one) => typeof one === "string" && /^[a-z-]{1,32}$/.test(one)).slice(0, 8) : [];
  } catch {
    return [];
  }
}

function malformed(proof: PasskeyAttestation) {
  return wrong("factor.code-malformed", { length: proof.attestation.length, shouldBe: SHOULD_BE });
}

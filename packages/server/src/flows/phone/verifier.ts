/** The phone's own passkey: made once in the approver, and from then on each yes needs its user verification (WebAuthn level 3 §6.1). */
import type { PhoneAssertion, PhoneAttestation, PhoneVerifierView } from "@sallyport/contracts";
import { verifyAuthenticationResponse, verifyRegistrationResponse } from "@simplewebauthn/server";
import { newId, random256 } from "../ids.ts";
import type { Tx } from "../store.ts";
import type { ChallengeRow } from "../store-requests.ts";
import { type Verifier, verifierOf } from "./account.ts";
import type { PhoneRefusal } from "./phone-caller.ts";
import { judgedUnit, type Phone, type PhoneDeps, provenCall } from "./with-phone.ts";

/** ES256 and RS256: what the authenticators of phones make. */
const ALGORITHMS = [-7, -257];
/** Milliseconds that a person has to make it. */
const MAKING_MS = 5 * 60_000;

export interface Verified {
  counter: number;
}

export async function setVerifier(deps: PhoneDeps, signed: string): Promise<PhoneVerifierView | PhoneRefusal> {
  const proven = await provenCall(deps.store, "phone-verifier", signed);
  if ("kind" in proven) return proven;
  const { attestation } = proven.claims;
  if (!attestation) return judgedUnit(deps, proven, (tx, phone) => begin(tx, deps, phone));
  const challenge = await deps.store.read(async (tx) =>
    proven.enrolment ? (await tx.challenges.openOf(proven.enrolment.id, tx.now)).find(isMaking) : undefined,
  );
  const made = challenge && (await checkAttestation(deps.orgUrl, challenge.secret, attestation));
  return judgedUnit(deps, proven, async (tx, phone): Promise<PhoneVerifierView | PhoneRefusal> => {
    if (!made || !(await tx.challenges.answer(challenge.id, "used", tx.now))) return { kind: "phone-invalid", why: "attestation" };
    await keep(tx, phone, made);
    return { now: new Date(tx.now).toISOString(), verifier: true };
  });
}

const isMaking = ({ kind, data }: ChallengeRow) => kind === "activate" && data["verifier"] === true;

async function begin(tx: Tx, { orgUrl }: PhoneDeps, { enrolment, user }: Phone): Promise<PhoneVerifierView> {
  const now = new Date(tx.now).toISOString();
  if (verifierOf(enrolment)) return { now, verifier: true };
  for (const open of (await tx.challenges.openOf(enrolment.id, tx.now)).filter(isMaking))
    await tx.challenges.answer(open.id, "superseded", tx.now);
  const secret = random256();
  await tx.challenges.insert({
    id: newId("chl"),
    kind: "activate",
    transactionId: null,
    enrolmentId: enrolment.id,
    userId: user.id,
    hostId: null,
    secret,
    data: { verifier: true },
    created: tx.now,
    expires: tx.now + MAKING_MS,
    answeredAt: null,
    answer: null,
    seenAt: null,
  });
  // A handle of its own, so that no authenticator takes it for a passkey of the user and overwrites that one.
  const userHandle = Buffer.from(enrolment.id).toString("base64url");
  const creation = { challenge: secret, rpId: new URL(orgUrl).hostname, userHandle, user: user.profile.login };
  return { now, verifier: false, creation };
}

async function keep(tx: Tx, { enrolment, user }: Phone, made: Verifier & Verified): Promise<void> {
  const { counter, ...verifier } = made;
  await tx.enrolments.update(enrolment.id, { data: { ...enrolment.data, verifier }, updated: tx.now });
  if (counter > 0) await tx.enrolments.raiseCounter(enrolment.id, counter);
  await tx.log.append({
    type: "push.verifier-set",
    actor: { type: "user", id: user.id, name: user.profile.login },
    outcome: "success",
    data: { factor: enrolment.id },
  });
}

async function checkAttestation(orgUrl: string, challenge: string, made: PhoneAttestation): Promise<(Verifier & Verified) | undefined> {
  const { id, clientDataJSON, attestationObject } = made;
  const { origin, hostname } = new URL(orgUrl);
  const verified = await verifyRegistrationResponse({
    response: { id, rawId: id, type: "public-key", clientExtensionResults: {}, response: { clientDataJSON, attestationObject } },
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: hostname,
    requireUserVerification: true,
    supportedAlgorithmIDs: ALGORITHMS,
  }).catch(() => undefined);
  if (!verified?.verified) return undefined;
  const { credential } = verified.registrationInfo;
  return { credentialId: credential.id, publicKey: Buffer.from(credential.publicKey).toString("base64url"), counter: credential.counter };
}

/** Undefined unless the very authenticator signed this challenge, on the org's origin, with its user verified (S28). */
export async function checkAssertion(
  orgUrl: string,
  verifier: Verifier,
  counter: number,
  challenge: string,
  said: PhoneAssertion,
): Promise<Verified | undefined> {
  const { id, ...response } = said;
  const { origin, hostname } = new URL(orgUrl);
  const verified = await verifyAuthenticationResponse({
    response: { id, rawId: id, type: "public-key", clientExtensionResults: {}, response },
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: hostname,
    requireUserVerification: true,
    credential: { id: verifier.credentialId, publicKey: Buffer.from(verifier.publicKey, "base64url"), counter },
  }).catch(() => undefined);
  return verified?.verified && id === verifier.credentialId ? { counter: verified.authenticationInfo.newCounter } : undefined;
}

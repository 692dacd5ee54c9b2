/** What the approver does: activate, look, answer, be woken up, and ask for the owner of the phone. */
import type {
  OpenRequest,
  PhoneAccountView,
  PhoneAnswerView,
  PhoneAssertion,
  PhoneDecision,
  PhoneOrgView,
  PhoneRequestsView,
  PhoneVerifierView,
} from "@sallyport/contracts";
import { shownText } from "@sallyport/contracts/phone-text";
import { fromBase64Url, toBase64Url } from "../shown/bytes.ts";
import { type Account, dropAccount, keepAccount } from "./accounts.ts";
import { type Answer, hashOf, learnTime, signedCall } from "./signed-call.ts";

/** Undefined if the org was not reached. */
export async function readOrg(): Promise<PhoneOrgView | undefined> {
  try {
    const view = (await (await fetch("/api/v1/phone", { cache: "no-store" })).json()) as PhoneOrgView;
    learnTime(view.now);
    return view;
  } catch {
    return undefined;
  }
}

/** The key is made here, and cannot be taken out of this browser: only its public part leaves. Throws where the browser keeps no keys. */
export async function activate(code: string, name: string): Promise<Answer<PhoneAccountView>> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const device = await hashOf(JSON.stringify({ crv, kty, x, y }));
  const own = { code, key: { kty, crv, x, y }, ...(name.trim() === "" ? {} : { name: name.trim().slice(0, 64) }) };
  const begun: Account = { device, user: "", name: null, key: pair.privateKey, verifier: false };
  // Before the code is spent: a private window may refuse the key only when it is stored.
  await keepAccount(begun);
  const answer = await signedCall<PhoneAccountView>("activate", begun, own);
  if (!answer.ok) {
    await dropAccount(device);
    return answer;
  }
  const { user, name: kept, verifier } = answer.body;
  const account = { ...begun, user, name: kept, verifier };
  await keepAccount(account);
  // The usual way: from the first yes on the phone asks for its owner. Whoever gives up here is offered it again.
  if (!verifier && (await canVerify())) await setVerifier(account);
  return answer;
}

export function look(account: Account): Promise<Answer<PhoneRequestsView>> {
  return signedCall<PhoneRequestsView>("requests", account);
}

/** What is signed is what was shown. `gave-up`: the owner did not verify themselves. */
export async function answer(
  account: Account,
  request: OpenRequest,
  decision: PhoneDecision,
  number?: string,
): Promise<Answer<PhoneAnswerView> | "gave-up"> {
  const { challenge, transaction, shown, verifier } = request;
  const own = { challenge, transaction, shown: await hashOf(shownText(location.origin, shown)), decision };
  if (decision !== "yes") return signedCall<PhoneAnswerView>("answer", account, own);
  const assertion = verifier ? await verifyOwner(verifier) : undefined;
  if (verifier && !assertion) return "gave-up";
  return signedCall<PhoneAnswerView>("answer", account, { ...own, number, ...(assertion ? { assertion } : {}) });
}

async function verifyOwner(verifier: NonNullable<OpenRequest["verifier"]>): Promise<PhoneAssertion | undefined> {
  const publicKey: PublicKeyCredentialRequestOptions = {
    challenge: fromBase64Url(verifier.challenge),
    rpId: verifier.rpId,
    allowCredentials: [{ type: "public-key", id: fromBase64Url(verifier.credentialId) }],
    userVerification: "required",
  };
  const credential = (await navigator.credentials.get({ publicKey }).catch(() => null)) as PublicKeyCredential | null;
  if (!credential) return undefined;
  const { clientDataJSON, authenticatorData, signature } = credential.response as AuthenticatorAssertionResponse;
  return {
    id: credential.id,
    clientDataJSON: toBase64Url(clientDataJSON),
    authenticatorData: toBase64Url(authenticatorData),
    signature: toBase64Url(signature),
  };
}

/** True where this phone itself can verify its owner: by a fingerprint, a face, or its lock. */
export async function canVerify(): Promise<boolean> {
  if (typeof PublicKeyCredential === "undefined") return false;
  return PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().catch(() => false);
}

/** From then on no yes counts without its owner. False if they gave up, or the org did not take it. */
export async function setVerifier(account: Account): Promise<boolean> {
  const begun = await signedCall<PhoneVerifierView>("verifier", account);
  if (!begun.ok) return false;
  if (begun.body.creation && !(await makeVerifier(account, begun.body.creation))) return false;
  await keepAccount({ ...account, verifier: true });
  return true;
}

async function makeVerifier(account: Account, creation: NonNullable<PhoneVerifierView["creation"]>): Promise<boolean> {
  const publicKey: PublicKeyCredentialCreationOptions = {
    challenge: fromBase64Url(creation.challenge),
    rp: { id: creation.rpId, name: "Sallyport" },
    user: { id: fromBase64Url(creation.userHandle), name: creation.user, displayName: creation.user },
    pubKeyCredParams: [-7, -257].map((alg) => ({ type: "public-key", alg })),
    authenticatorSelection: { authenticatorAttachment: "platform", residentKey: "discouraged", userVerification: "required" },
    attestation: "none",
  };
  const credential = (await navigator.credentials.create({ publicKey }).catch(() => null)) as PublicKeyCredential | null;
  if (!credential) return false;
  const { clientDataJSON, attestationObject } = credential.response as AuthenticatorAttestationResponse;
  const attestation = {
    id: credential.id,
    clientDataJSON: toBase64Url(clientDataJSON),
    attestationObject: toBase64Url(attestationObject),
  };
  const done = await signedCall<PhoneVerifierView>("verifier", account, { attestation });
  return done.ok && done.body.verifier;
}

/** What the browser does with passkeys (WebAuthn level 3 §5.1): asks for one, or makes one. A refusal of the person is no fault. */
import type { PasskeyAssertion, PasskeyRequestOptions } from "@sallyport/contracts";
import { fromBase64Url, toBase64Url } from "../../shown/bytes.ts";

export function canUsePasskeys(): boolean {
  return typeof PublicKeyCredential === "function" && isSecureContext;
}

export type Asked = Partial<PasskeyRequestOptions> & { challenge: string };

/** Undefined if none was given: cancelled, none at hand, or too late. */
export async function askPasskey(asked: Asked, signal?: AbortSignal): Promise<PasskeyAssertion | undefined> {
  const { challenge, rpId, timeout, userVerification = "preferred", allowCredentials = [] } = asked;
  const publicKey: PublicKeyCredentialRequestOptions = {
    challenge: fromBase64Url(challenge),
    userVerification,
    allowCredentials: allowCredentials.map(({ id }) => ({ type: "public-key", id: fromBase64Url(id) })),
    ...(rpId === undefined ? {} : { rpId }),
    ...(timeout === undefined ? {} : { timeout }),
  };
  const credential = await quietly(() => navigator.credentials.get({ publicKey, ...(signal ? { signal } : {}) }));
  if (!credential) return undefined;
  const response = credential.response as AuthenticatorAssertionResponse;
  return {
    clientData: toBase64Url(response.clientDataJSON),
    authenticatorData: toBase64Url(response.authenticatorData),
    signatureData: toBase64Url(response.signature),
    credentialId: credential.id,
    ...(response.userHandle ? { userHandle: toBase64Url(response.userHandle) } : {}),
  };
}

/** What the org asks the browser to make: `_embedded.activation` of a passkey. */
export interface Wanted {
  challenge: string;
  rp: { id?: string; name: string };
  user: { id: string; name: string; displayName: string };
  pubKeyCredParams: { type: "public-key"; alg: number }[];
  excludeCredentials?: { type: "public-key"; id: string }[];
  attestation?: AttestationConveyancePreference;
  authenticatorSelection?: AuthenticatorSelectionCriteria;
  timeout?: number;
}

export async function makePasskey(wanted: Wanted): Promise<object | undefined> {
  const publicKey: PublicKeyCredentialCreationOptions = {
    ...wanted,
    challenge: fromBase64Url(wanted.challenge),
    user: { ...wanted.user, id: fromBase64Url(wanted.user.id) },
    excludeCredentials: (wanted.excludeCredentials ?? []).map(({ id }) => ({ type: "public-key", id: fromBase64Url(id) })),
  };
  const credential = await quietly(() => navigator.credentials.create({ publicKey }));
  if (!credential) return undefined;
  const response = credential.response as AuthenticatorAttestationResponse;
  return {
    attestation: toBase64Url(response.attestationObject),
    clientData: toBase64Url(response.clientDataJSON),
    transports: JSON.stringify(response.getTransports?.() ?? []),
    clientExtensions: JSON.stringify(credential.getClientExtensionResults()),
  };
}

async function quietly(act: () => Promise<Credential | null>): Promise<PublicKeyCredential | undefined> {
  try {
    return ((await act()) as PublicKeyCredential | null) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Passkeys (WebAuthn level 3) as they cross the wire: what a page gives to `navigator.credentials`, and what it sends back. */
import * as z from "zod";

/** base64url without padding, as WebAuthn's JSON forms have it. */
export const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/, "not base64url");
/** Standard base64 or base64url, with or without padding: browsers' clients differ. */
export const bytes64 = z
  .string()
  .max(16_384)
  .regex(/^[A-Za-z0-9+/_-]*={0,2}$/, "not base64");

/** Life of a challenge to a passkey (S9), ms; the browser's own timer is told the same. */
export const PASSKEY_CHALLENGE_MS = 60_000;

/** `id`: credential id, base64url. */
export const credentialDescriptor = z.object({ type: z.literal("public-key"), id: base64url, transports: z.array(z.string()).optional() });
/** For `navigator.credentials.get({publicKey})`, in the JSON form that `PublicKeyCredential.parseRequestOptionsFromJSON` reads. An empty `allowCredentials`: whichever the device has for this org. */
export const passkeyRequestOptions = z.object({
  challenge: base64url,
  rpId: z.string(),
  timeout: z.int(),
  userVerification: z.enum(["required", "preferred", "discouraged"]),
  allowCredentials: z.array(credentialDescriptor),
});
export type PasskeyRequestOptions = z.infer<typeof passkeyRequestOptions>;

/** An assertion: `response.clientDataJSON`, `.authenticatorData` and `.signature` of the credential, and its `rawId` (base64url). */
export const passkeyAssertion = z.object({
  clientData: bytes64.min(1),
  authenticatorData: bytes64.min(1),
  signatureData: bytes64.min(1),
  credentialId: z.string().max(2048).optional(),
  /** `response.userHandle`, where the authenticator gave one. */
  userHandle: bytes64.optional(),
});
export type PasskeyAssertion = z.infer<typeof passkeyAssertion>;

/** Answer of `POST /api/v1/authn/passkey` (body `{}`): sign-in to the org's own pages by a passkey alone, which must verify its user. */
export const passkeySignIn = z.object({ publicKey: passkeyRequestOptions, expiresAt: z.iso.datetime() });
/** Body of `POST /api/v1/authn/passkey/verify`; the answer is a transaction in SUCCESS with its session token. */
export const passkeySignInProof = passkeyAssertion.extend({ credentialId: z.string().min(1).max(2048) });

/** Ours: what its owner calls it, said at either end of the enrolment. */
const profile = z.object({ name: z.string().trim().min(1).max(64).optional() }).optional();
/** What begins a passkey. */
export const passkeyEnrolment = z.object({ profile });
export type PasskeyEnrolment = z.infer<typeof passkeyEnrolment>;
/** What activates it: `response.attestationObject` and `.clientDataJSON`; `transports` and `clientExtensions` are JSON as text, or null. */
export const passkeyAttestation = z.object({
  attestation: bytes64.min(1),
  clientData: bytes64.min(1),
  transports: z.string().max(1024).nullish(),
  clientExtensions: z.string().max(4096).nullish(),
  profile,
});
export type PasskeyAttestation = z.infer<typeof passkeyAttestation>;

/** `_embedded.activation` of a passkey that is being enrolled: for `navigator.credentials.create({publicKey})`, in its JSON form. `user.id` is base64url. */
export const passkeyCreationOptions = z.object({
  challenge: base64url,
  rp: z.object({ id: z.string(), name: z.string() }),
  user: z.object({ id: base64url, name: z.string(), displayName: z.string() }),
  pubKeyCredParams: z.array(z.object({ type: z.literal("public-key"), alg: z.int() })),
  timeout: z.int(),
  attestation: z.literal("none"),
  authenticatorSelection: z.object({
    residentKey: z.literal("preferred"),
    requireResidentKey: z.literal(false),
    userVerification: z.literal("preferred"),
  }),
  excludeCredentials: z.array(credentialDescriptor),
});
export type PasskeyCreationOptions = z.infer<typeof passkeyCreationOptions>;

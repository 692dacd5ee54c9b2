/** Signs a call: who speaks, to whom, when, once, in which generation, over exactly these bytes (RFC 7523 shape). */
import { createHash, randomBytes } from "node:crypto";
import { type AssertionClaims, JWS_TYPES, LIMITS } from "@sallyport/contracts";
import { type CryptoKey, SignJWT } from "jose";

export interface Signer {
  host: string;
  org: string;
  signing: Signing;
}

/** A key of the host's own, or (`legacy`) the secret that it shares with all hosts of its client. */
export type Signing = { alg: "ES256"; key: CryptoKey } | { alg: "HS256"; key: Uint8Array; client: string };

/** `now`: org time in ms as far as it is known. A fresh `jti` each time: a retry is a new assertion over the same body. */
export function signAssertion(signer: Signer, body: string, generation: string, now: number): Promise<string> {
  const iat = Math.floor(now / 1000);
  const claims: AssertionClaims = {
    iss: signer.host,
    sub: signer.host,
    aud: signer.org,
    iat,
    exp: iat + LIMITS.assertionSeconds,
    jti: random128(),
    gen: generation,
    bh: sha256(body),
  };
  const { signing } = signer;
  const kid = signing.alg === "HS256" ? { kid: signing.client } : {};
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: signing.alg, typ: JWS_TYPES.assertion, ...kid }).sign(signing.key);
}

/** base64url SHA-256 of a text's UTF-8 bytes. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

/** 128 random bits, base64url (S12). */
export function random128(): string {
  return randomBytes(16).toString("base64url");
}

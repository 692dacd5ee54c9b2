/** Signs a call: who speaks, to whom, when, once, in which generation, over exactly these bytes (RFC 7523 shape). */
import { createHash, randomBytes } from "node:crypto";
import { type AssertionClaims, JWS_TYPES, LIMITS } from "@sallyport/contracts";
import { SignJWT } from "jose";
import type { HostKey } from "../state/host-key.ts";

export interface Signer {
  host: string;
  org: string;
  signing: Signing;
}

/** A key of the host's own, or (`legacy`) the secret that it shares with all hosts of its client. */
export type Signing = { alg: "ES256"; key: HostKey } | { alg: "HS256"; key: Uint8Array; client: string };

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
  const typ = JWS_TYPES.assertion;
  if (signing.alg === "ES256") return signing.key.sign({ typ }, claims);
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: signing.alg, typ, kid: signing.client }).sign(signing.key);
}

/** base64url SHA-256 of a text's UTF-8 bytes. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

/** 128 random bits, base64url (S12). */
export function random128(): string {
  return randomBytes(16).toString("base64url");
}

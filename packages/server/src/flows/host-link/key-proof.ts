/** How a new machine proves that it holds both a key of its own and a secret of the org, and what the org signs in return. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { type EnrolledClaims, JWS_TYPES, type PublicJwk } from "@sallyport/contracts";
import { calculateJwkThumbprint, compactVerify, importJWK } from "jose";
import type * as z from "zod";
import type { Keys } from "../../keys/keys.ts";
import type { HostRow } from "../store-logons.ts";

/** The claims of `proof`, if it was signed by `key` with header `typ` and has the schema's shape. */
export async function readKeyProof<S extends z.ZodType>(
  body: { key: PublicJwk; proof: string },
  typ: string,
  schema: S,
): Promise<z.output<S> | undefined> {
  try {
    const key = await importJWK({ ...body.key, kid: "" }, "ES256");
    const { payload, protectedHeader } = await compactVerify(body.proof, key, { algorithms: ["ES256"] });
    if (protectedHeader.typ !== typ) return undefined;
    return schema.parse(JSON.parse(new TextDecoder().decode(payload)));
  } catch {
    return undefined;
  }
}

/** Whether `mac` is HMAC-SHA-256(secret, thumbprint of `key` + "." + nonce). */
export async function proofMacHolds(secret: Uint8Array, key: PublicJwk, proof: { mac: string; nonce: string }): Promise<boolean> {
  const thumbprint = await calculateJwkThumbprint({ kty: key.kty, crv: key.crv, x: key.x, y: key.y });
  const right = createHmac("sha256", secret).update(`${thumbprint}.${proof.nonce}`).digest();
  const given = Buffer.from(proof.mac, "base64url");
  return given.length === right.length && timingSafeEqual(given, right);
}

export function enrolledToken(
  { keys, orgUrl }: { keys: Keys; orgUrl: string },
  nonce: string,
  joined: { host: HostRow; app: string; now: number },
): Promise<string> {
  const { host, app, now } = joined;
  const { id: hostId, name, generation } = host;
  const claims: EnrolledClaims = { typ: "enrolled", nonce, hostId, name, app, orgUrl, generation, decisionKey: keys.publicJwk(), now };
  return keys.sign(JWS_TYPES.enrolled, claims);
}

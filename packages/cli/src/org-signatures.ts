/** The org's public decision keys as an export brings them, and what they signed. */
import { type ExportHeader, JWS_TYPES, keyLinkClaims } from "@sallyport/contracts";
import { type CryptoKey, calculateJwkThumbprint, compactVerify, importJWK } from "jose";
import type * as z from "zod";

interface OrgKey {
  thumbprint: string;
  key: CryptoKey;
  /** Thumbprint of the key that signed for this one; undefined where a chain begins. */
  before: string | undefined;
}

export class OrgSignatures {
  readonly faults: string[] = [];
  readonly #keys: OrgKey[] = [];

  /** Each link must be signed by the key before it; one that is not is a fault, and its key leads nowhere. */
  static async read(listed: ExportHeader["export"]["keys"]): Promise<OrgSignatures> {
    const made = new OrgSignatures();
    for (const { publicJwk, link, position } of listed) {
      const { kty, crv, x, y } = publicJwk;
      const thumbprint = await calculateJwkThumbprint({ kty, crv, x, y });
      const key = await importJWK({ kty, crv, x, y }, "ES256").catch(() => undefined);
      if (!key) {
        made.faults.push(`decision key ${position}: is not a point of the curve`);
        continue;
      }
      const signed = link === null ? undefined : await made.open(link, JWS_TYPES.key, keyLinkClaims);
      const holds = signed?.claims.previous === signed?.thumbprint && signed?.claims.key.x === x && signed.claims.key.y === y;
      if (link !== null && !holds) made.faults.push(`decision key ${position}: the link to it does not hold`);
      made.#keys.push({ thumbprint, key: key as CryptoKey, before: holds ? signed?.thumbprint : undefined });
    }
    return made;
  }

  /** Undefined if no key of the org signed it, or not as this type. */
  async open<S extends z.ZodType>(jws: string, typ: string, schema: S): Promise<{ claims: z.output<S>; thumbprint: string } | undefined> {
    for (const { key, thumbprint } of this.#keys) {
      try {
        const { payload, protectedHeader } = await compactVerify(jws, key, { algorithms: ["ES256"] });
        if (protectedHeader.typ !== typ) return undefined;
        return { claims: schema.parse(JSON.parse(new TextDecoder().decode(payload))), thumbprint };
      } catch {
        // By another key, or by none.
      }
    }
    return undefined;
  }

  /** True if the chain goes from the first of these keys to the second. */
  leads(from: string, to: string): boolean {
    for (let at: string | undefined = to; at !== undefined; at = this.#keys.find(({ thumbprint }) => thumbprint === at)?.before)
      if (at === from) return true;
    return false;
  }
}

/** The key that says which host this is: it signs, and shows only its public half. On Windows it never is in this process. */
import { createHash } from "node:crypto";
import type { PublicJwk } from "@sallyport/contracts";
import { CompactSign, type CryptoKey, exportJWK, generateKeyPair, importJWK } from "jose";
import * as z from "zod";
import { Refusal } from "../finding.ts";
import { askNative, hex } from "./native-keys.ts";

const coordinate = z.string().length(43);
const point = { kty: z.literal("EC"), crv: z.literal("P-256"), x: coordinate, y: coordinate };

/**
 * As it stands in `host.json`: with its private half `d` (Linux, where the file is root's alone), or with the handle by which the service's
 * program finds it. `kept`: `tpm`, the handle is a name; `dpapi`, it is a blob that only this machine opens.
 */
export const storedKey = z.union([
  z.strictObject({ ...point, d: coordinate }),
  z.strictObject({ ...point, kept: z.enum(["tpm", "dpapi"]), handle: hex(8192) }),
]);
export type StoredKey = z.infer<typeof storedKey>;

export interface HostKey {
  /** A JWS in compact form by ES256 (RFC 7515 7.1, RFC 7518 3.4). Throws a `Refusal` if the key cannot be used. */
  sign(header: { typ: string; kid?: string }, payload: object): Promise<string>;
}

export interface NewKey {
  key: HostKey;
  jwk: PublicJwk;
  stored: StoredKey;
}

export function makeHostKey(): Promise<NewKey> {
  return process.platform === "win32" ? makeNative() : makeSoft();
}

/** Throws what the key library says of a key that is none: it may quote the key. */
export async function openHostKey(stored: StoredKey): Promise<HostKey> {
  if ("d" in stored) return softKey((await importJWK(stored, "ES256")) as CryptoKey);
  return nativeKey(stored.kept, stored.handle);
}

async function makeSoft(): Promise<NewKey> {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const { x = "", y = "" } = await exportJWK(publicKey);
  const jwk: PublicJwk = { kty: "EC", crv: "P-256", x, y };
  return { key: softKey(privateKey), jwk, stored: storedKey.parse({ ...jwk, d: (await exportJWK(privateKey)).d }) };
}

function softKey(key: CryptoKey): HostKey {
  return {
    sign: (header, payload) =>
      new CompactSign(new TextEncoder().encode(JSON.stringify(payload))).setProtectedHeader({ alg: "ES256", ...header }).sign(key),
  };
}

async function makeNative(): Promise<NewKey> {
  const { made, fault } = await askNative({ make: {} });
  if (!made) throw new Refusal("config.unreadable", { file: "the host's key", reason: fault ?? "the service's program made none" });
  const [x, y] = [base64url(made.x), base64url(made.y)];
  const jwk: PublicJwk = { kty: "EC", crv: "P-256", x, y };
  return { key: nativeKey(made.kept, made.handle), jwk, stored: storedKey.parse({ ...jwk, kept: made.kept, handle: made.handle }) };
}

function nativeKey(kept: string, handle: string): HostKey {
  return {
    async sign(header, payload) {
      const parts = [{ alg: "ES256", ...header }, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
      const input = parts.join(".");
      const hash = createHash("sha256").update(input).digest("hex");
      const { signed, fault } = await askNative({ sign: { kept, handle, hash } });
      if (signed === undefined) throw new Refusal("config.unreadable", { file: "the host's key", reason: fault ?? "it does not sign" });
      return `${input}.${base64url(signed)}`;
    },
  };
}

const base64url = (digits: string) => Buffer.from(digits, "hex").toString("base64url");

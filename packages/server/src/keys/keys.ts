/** The org's keys: the decision key that signs, and the sealing key that keeps stored secrets unreadable without its file. */
import { createHash, createHmac, hkdfSync } from "node:crypto";
import { rmSync } from "node:fs";
import type { PublicJwk } from "@sallyport/contracts";
import { CompactSign, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import type { Store } from "../flows/store.ts";
import { openSealingKey, type SealingKey, SealingKeyFault } from "./sealing-key.ts";

export interface Keys {
  /** AES-256-GCM under the sealing key; `context` is authenticated, so that a sealed value cannot be moved to another row. */
  seal(secret: Uint8Array, context: string): string;
  /** Throws on another key, another context or a changed byte. */
  unseal(sealed: string, context: string): Uint8Array;
  /** RFC 7638 SHA-256 thumbprint of the decision key, 32 bytes. */
  thumbprint(): Uint8Array;
  publicJwk(): PublicJwk;
  /** Compact JWS by the decision key, ES256, with `typ` and `kid` in its header. */
  sign(typ: string, claims: object): Promise<string>;
  /** HMAC-SHA-256 under a key derived from the sealing key, for names that only this org can make, such as state tokens. */
  mac(purpose: string, text: string): Uint8Array;
}

/**
 * Opens the sealing key's file and the stored decision key; makes both on the very first start.
 * Throws `SealingKeyFault` (cause `org.sealing-key`) if the store was sealed with a key that is not in the file.
 */
export async function openKeys(store: Store, sealingKeyFile: string): Promise<Keys> {
  const known = await store.read((tx) => tx.secrets.meta("sealing-key-id"));
  const sealing = openSealingKey(sealingKeyFile, known);
  if (known === undefined) await claimSealing(store, sealing, sealingKeyFile);
  const stored = (await store.read((tx) => tx.secrets.decisionKeys()))[0] ?? (await makeDecisionKey(store, sealing));
  const privateJwk = JSON.parse(Buffer.from(unsealOwn(sealing, sealingKeyFile, stored)).toString());
  const privateKey = await importJWK(privateJwk, "ES256");
  const thumbprint = Buffer.from(await calculateJwkThumbprint(stored.publicJwk as JWK), "base64url");
  const tokenKey = Buffer.from(hkdfSync("sha256", sealing.key, "", "sallyport names", 32));
  return {
    seal: sealing.seal,
    unseal: sealing.unseal,
    thumbprint: () => thumbprint,
    publicJwk: () => stored.publicJwk,
    mac: (purpose, text) => createHmac("sha256", tokenKey).update(`${purpose}\0${text}`).digest(),
    sign: (typ, claims) =>
      new CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader({ alg: "ES256", typ, kid: stored.kid }).sign(privateKey),
  };
}

/** The first that is unsealed: a key file with the right id and other bytes shows here, not at somebody's logon. */
function unsealOwn(sealing: SealingKey, file: string, stored: { kid: string; sealedPrivate: string }): Uint8Array {
  try {
    return sealing.unseal(stored.sealedPrivate, decisionContext(stored.kid));
  } catch (error) {
    if (error instanceof SealingKeyFault) throw error;
    throw new SealingKeyFault(`the sealing key ${file} does not open what was sealed with it: it is not key ${sealing.id}, or was changed`);
  }
}

/** Of nodes that start an org at the same moment one seals it; another with a file of its own must not go on. */
async function claimSealing(store: Store, { id, made }: SealingKey, file: string): Promise<void> {
  const standing = await store.inTransaction((tx) => tx.secrets.claimMeta("sealing-key-id", id));
  if (standing === id) return;
  if (made) rmSync(file);
  throw new SealingKeyFault(`another node has just sealed the database with key ${standing}: copy its key file to ${file}`);
}

async function makeDecisionKey(store: Store, sealing: SealingKey) {
  const pair = await generateKeyPair("ES256", { extractable: true });
  const { kty, crv, x, y } = await exportJWK(pair.publicKey);
  const publicJwk = { kty, crv, x, y } as PublicJwk;
  const kid = createHash("sha256").update(`${publicJwk.x}.${publicJwk.y}`).digest("base64url").slice(0, 16);
  const secret = Buffer.from(JSON.stringify(await exportJWK(pair.privateKey)));
  const sealedPrivate = sealing.seal(secret, decisionContext(kid));
  const made = { kid, publicJwk: { ...publicJwk, kid }, sealedPrivate };
  return store.inTransaction(async (tx) => {
    // Another node may have made it since this one looked.
    if ((await tx.secrets.claimMeta("first-decision-key", kid)) !== kid) return (await tx.secrets.decisionKeys())[0] ?? made;
    await tx.secrets.insertDecisionKey({ ...made, created: tx.now });
    await tx.log.append({ type: "key.decision-created", actor: { type: "system", id: "org" }, outcome: "success", data: { kid } });
    return made;
  });
}

function decisionContext(kid: string): string {
  return `decision-key:${kid}`;
}

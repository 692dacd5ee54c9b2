/** The org's keys: the decision key that signs, and the sealing key that keeps stored secrets unreadable without its file. */
import { createHash, createHmac, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { rmSync } from "node:fs";
import type { PublicJwk } from "@sallyport/contracts";
import { CompactSign, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import type { Store } from "../flows/store.ts";
import type { DecisionKeyRow } from "../flows/store-keys.ts";
import { type SealingKey, SealingKeyFault } from "./sealing-key.ts";
import { type SealingIds, SealingRing } from "./sealing-ring.ts";

/** A decision key as everybody may know it. `thumbprint`: RFC 7638, SHA-256, base64url. */
export type DecisionKey = Omit<DecisionKeyRow, "sealedPrivate"> & { thumbprint: string };

export interface Keys {
  /** AES-256-GCM under the sealing key; `context` is authenticated, so that a sealed value cannot be moved to another row. */
  seal(secret: Uint8Array, context: string): string;
  /** Throws on another key, another context or a changed byte. */
  unseal(sealed: string, context: string): Uint8Array;
  /** RFC 7638 SHA-256 thumbprint of the decision key that signs, 32 bytes. */
  thumbprint(): Uint8Array;
  publicJwk(): PublicJwk;
  /** All decision keys by position, as last read: what other nodes change is known after `refresh`. */
  decisionKeys(): readonly DecisionKey[];
  /** The links that lead on from the key with this thumbprint; none for an unknown one. */
  linksAfter(thumbprint: string | undefined): string[];
  /** Compact JWS by the decision key, ES256, with `typ` and `kid` in its header. */
  sign(typ: string, claims: object): Promise<string>;
  /** HMAC-SHA-256 under a key derived from the sealing key, for names that only this org can make, such as state tokens. */
  mac(purpose: string, text: string): Uint8Array;
  /** A fresh pair, its private part sealed; nothing is stored. */
  makePair(): Promise<Pair>;
  /** Reads again what the store says of the keys. */
  refresh(): Promise<void>;
  /** Makes the file of the next sealing key, or takes it from another; answers its id. Throws `SealingKeyFault`. */
  prepareSealingKey(from: string | undefined): string;
  /** The next sealing key takes the place of the present one on the disk. */
  moveSealingKey(): void;
}

export type Pair = Pick<DecisionKey, "kid" | "publicJwk" | "thumbprint"> & { sealedPrivate: string };

/** What is signed with, and all keys that there are, as they were read together. */
interface Ring {
  current: DecisionKey;
  privateKey: Awaited<ReturnType<typeof importJWK>>;
  all: DecisionKey[];
}

/**
 * Opens the sealing key's file and the stored decision keys; makes both on the very first start.
 * Throws `SealingKeyFault` (cause `org.sealing-key`) if the store was sealed with a key that is not in the file.
 */
export async function openKeys(store: Store, sealingKeyFile: string): Promise<Keys> {
  const ids = await sealingIds(store);
  const sealing = new SealingRing(sealingKeyFile, ids);
  // By what was read before the file was made: a node that claimed meanwhile must be told apart from oneself.
  if (ids.known === undefined) await claimSealing(store, sealing.known, sealingKeyFile);
  const stored = () => store.read((tx) => tx.secrets.decisionKeys());
  if ((await stored()).length === 0) await storeFirst(store, await makePair(sealing));
  let ring = await readRing(await stored(), sealing, sealingKeyFile);
  let names = namesKey(sealing);
  return {
    seal: (secret, context) => sealing.seal(secret, context),
    unseal: (sealed, context) => sealing.unseal(sealed, context),
    thumbprint: () => Buffer.from(ring.current.thumbprint, "base64url"),
    publicJwk: () => ring.current.publicJwk,
    decisionKeys: () => ring.all,
    linksAfter: (thumbprint) => linksAfter(ring.all, thumbprint),
    mac: (purpose, text) => createHmac("sha256", names).update(`${purpose}\0${text}`).digest(),
    sign(typ, claims) {
      const { current, privateKey } = ring;
      return new CompactSign(Buffer.from(JSON.stringify(claims)))
        .setProtectedHeader({ alg: "ES256", typ, kid: current.kid })
        .sign(privateKey);
    },
    makePair: () => makePair(sealing),
    refresh: oneAtATime(async () => {
      sealing.set(await sealingIds(store));
      names = namesKey(sealing);
      ring = await readRing(await stored(), sealing, sealingKeyFile, ring);
    }),
    prepareSealingKey: (from) => sealing.prepare(from),
    moveSealingKey: () => sealing.moveFiles(),
  };
}

/** What an earlier run read must not take the place of what a later one did. All who come meanwhile share the run after it. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const begin = () => {
    running = next;
    next = undefined;
    return work();
  };
  return () => {
    next ??= Promise.resolve(running).then(begin, begin);
    return next;
  };
}

function sealingIds(store: Store): Promise<SealingIds> {
  return store.read(async (tx) => ({
    known: await tx.secrets.meta("sealing-key-id"),
    next: await tx.secrets.meta("sealing-key-next"),
  }));
}

function namesKey(sealing: SealingRing): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync("sha256", sealing.known.key, "", "sallyport names", 32)));
}

async function readRing(rows: DecisionKeyRow[], sealing: SealingRing, file: string, before?: Ring): Promise<Ring> {
  const stored = rows.find(({ status }) => status === "current");
  if (!stored) throw new Error("no decision key is current");
  const all = await Promise.all(rows.map(({ sealedPrivate: _, ...row }) => describe(row)));
  const current = all.find(({ kid }) => kid === stored.kid) as DecisionKey;
  if (before?.current.kid === current.kid) return { ...before, current, all };
  const privateJwk = JSON.parse(Buffer.from(unsealOwn(sealing, file, stored)).toString());
  return { current, privateKey: await importJWK(privateJwk, "ES256"), all };
}

async function describe(row: Omit<DecisionKeyRow, "sealedPrivate">): Promise<DecisionKey> {
  return { ...row, thumbprint: await calculateJwkThumbprint(row.publicJwk as JWK) };
}

/** The chain goes on as long as each key was signed by the one before: a compromised one signs for nobody. */
function linksAfter(all: readonly DecisionKey[], thumbprint: string | undefined): string[] {
  const from = all.findIndex((key) => key.thumbprint === thumbprint && key.status !== "revoked");
  const links: string[] = [];
  for (const { link } of from < 0 ? [] : all.slice(from + 1)) {
    if (link === null) break;
    links.push(link);
  }
  return links;
}

/** The first that is unsealed: a key file with the right id and other bytes shows here, not at somebody's logon. */
function unsealOwn(sealing: SealingRing, file: string, stored: { kid: string; sealedPrivate: string }): Uint8Array {
  try {
    return sealing.unseal(stored.sealedPrivate, decisionContext(stored.kid));
  } catch (error) {
    if (error instanceof SealingKeyFault) throw error;
    throw new SealingKeyFault(
      `the sealing key ${file} does not open what was sealed with it: it is not key ${sealing.known.id}, or was changed`,
    );
  }
}

/** Of nodes that start an org at the same moment one seals it; another with a file of its own must not go on. */
async function claimSealing(store: Store, { id, made }: SealingKey, file: string): Promise<void> {
  const standing = await store.inTransaction((tx) => tx.secrets.claimMeta("sealing-key-id", id));
  if (standing === id) return;
  if (made) rmSync(file);
  throw new SealingKeyFault(`another node has just sealed the database with key ${standing}: copy its key file to ${file}`);
}

async function makePair(sealing: SealingRing): Promise<Pair> {
  const pair = await generateKeyPair("ES256", { extractable: true });
  const { kty, crv, x, y } = await exportJWK(pair.publicKey);
  const bare = { kty, crv, x, y } as PublicJwk;
  const kid = createHash("sha256").update(`${bare.x}.${bare.y}`).digest("base64url").slice(0, 16);
  const secret = Buffer.from(JSON.stringify(await exportJWK(pair.privateKey)));
  const sealedPrivate = sealing.seal(secret, decisionContext(kid));
  return { kid, publicJwk: { ...bare, kid }, thumbprint: await calculateJwkThumbprint(bare as JWK), sealedPrivate };
}

async function storeFirst(store: Store, { thumbprint: _, ...pair }: Pair): Promise<void> {
  await store.inTransaction(async (tx) => {
    // Another node may have made it since this one looked.
    if ((await tx.secrets.claimMeta("first-decision-key", pair.kid)) !== pair.kid) return;
    await tx.secrets.insertDecisionKey({ ...pair, created: tx.now, status: "current", position: 1, link: null, inForce: tx.now });
    const data = { kid: pair.kid };
    await tx.log.append({ type: "key.decision-created", actor: { type: "system", id: "org" }, outcome: "success", data });
  });
}

/** Context under which a decision key's private part is sealed. */
export function decisionContext(kid: string): string {
  return `decision-key:${kid}`;
}

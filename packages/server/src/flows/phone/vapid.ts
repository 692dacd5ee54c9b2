/** The key by which push services know this org (VAPID, RFC 8292): made at first need, one for all nodes, sealed at rest. */
import { generateKeyPairSync } from "node:crypto";
import type { Keys } from "../../keys/keys.ts";
import type { Store } from "../store.ts";

/** Both base64url: the public one an uncompressed point, the private one 32 bytes. */
export interface VapidKeys {
  publicKey: string;
  privateKey: string;
}

const NAME = "vapid";
const CONTEXT = `setting:${NAME}`;

export async function vapidKeys({ store, keys }: { store: Store; keys: Keys }): Promise<VapidKeys> {
  const stored = await store.read((tx) => tx.settings.byName(NAME));
  if (stored) return open(keys, stored.sealedSecret);
  const pair = newPair();
  const sealedSecret = keys.seal(Buffer.from(JSON.stringify(pair)), CONTEXT);
  const setting = { name: NAME, document: { publicKey: pair.publicKey }, sealedSecret, updatedBy: "org" };
  const standing = await store.inTransaction((tx) => tx.settings.claim({ ...setting, updated: tx.now }));
  return open(keys, standing.sealedSecret);
}

function open(keys: Keys, sealed: string): VapidKeys {
  return JSON.parse(Buffer.from(keys.unseal(sealed, CONTEXT)).toString()) as VapidKeys;
}

function newPair(): VapidKeys {
  const { x = "", y = "", d = "" } = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
  return { publicKey: point.toString("base64url"), privateKey: d };
}

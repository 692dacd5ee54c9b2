/** Signs where the chains of all nodes end, regularly and before anything is exported or removed (S21). */
import { createHash } from "node:crypto";
import { type CheckpointClaims, JWS_TYPES, type LogHead, NO_CHECKPOINT } from "@sallyport/contracts";
import type { Keys } from "../../keys/keys.ts";
import { endsOfChains } from "../ends-of-chains.ts";
import type { Store } from "../store.ts";
import type { CheckpointRow } from "../store-logons.ts";

export interface CheckpointDeps {
  store: Store;
  keys: Keys;
}

/** The newest checkpoint; a new one if the log has gone on since. Signed outside the unit: what it names was committed before. */
export async function writeCheckpoint({ store, keys }: CheckpointDeps): Promise<CheckpointRow> {
  for (;;) {
    const { last, heads, now } = await store.read(async (tx) => ({
      last: await tx.log.lastCheckpoint(),
      heads: await endsOfChains(tx.log),
      now: tx.now,
    }));
    if (last && sameHeads(last.heads, heads)) return last;
    const previous = last ? createHash("sha256").update(last.signed).digest("hex") : NO_CHECKPOINT;
    const claims: CheckpointClaims = { typ: "checkpoint", number: (last?.number ?? 0) + 1, heads, previous, now };
    const row = { number: claims.number, at: now, heads, signed: await keys.sign(JWS_TYPES.checkpoint, claims) };
    // Another node may have been faster: its checkpoint then is the one before ours.
    if (await store.inTransaction((tx) => tx.log.insertCheckpoint(row))) return row;
  }
}

function sameHeads(one: LogHead[], other: LogHead[]): boolean {
  const text = (heads: LogHead[]) => heads.map(({ node, seq, hash }) => `${node}/${seq}/${hash}`).join(" ");
  return text(one) === text(other);
}

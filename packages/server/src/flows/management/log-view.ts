/** Reads of the system log: the chains for verify and export, the newest events, and the signed head. */
import { JWS_TYPES, type LogEvent, type LogHead } from "@sallyport/contracts";
import type { Keys } from "../../keys/keys.ts";
import type { Store } from "../store.ts";
import type { Outcome } from "./outcome.ts";
import { done } from "./outcome.ts";

/** One chain after the other, nodes by name; `after` is `node:seq` of the last event seen. */
export function readChain(store: Store, after: string | undefined, limit: number): Promise<Outcome<LogEvent[]>> {
  const cut = after?.lastIndexOf(":") ?? -1;
  const from = after === undefined ? undefined : { node: after.slice(0, cut), seq: Number(after.slice(cut + 1)) };
  if (from && !(cut > 0 && Number.isSafeInteger(from.seq) && from.seq >= 0)) {
    return Promise.resolve({ kind: "invalid", causes: ["after: is not a place in the log, such as node-1:17"] });
  }
  return store.read(async (tx) => {
    const events: LogEvent[] = [];
    for (const node of (await tx.log.nodes()).sort()) {
      if (from && node < from.node) continue;
      const seq = from?.node === node ? from.seq : 0;
      events.push(...(await tx.log.chain(node, seq, limit - events.length)));
      if (events.length >= limit) break;
    }
    return done(events);
  });
}

export function placeOf(event: LogEvent): string {
  return `${event.node}:${event.seq}`;
}

/** The newest `limit` events, oldest first. */
export async function readTail(store: Store, limit: number): Promise<LogEvent[]> {
  const newest = await store.read((tx) => tx.log.list({ descending: true, limit }));
  return newest.reverse();
}

/** Where this node's chain ends, signed by the decision key: to be kept elsewhere and compared later (S21). */
export async function signedHead(store: Store, keys: Keys): Promise<LogHead & { signed: string }> {
  const { head, now } = await store.read(async (tx) => ({ head: await tx.log.head(), now: tx.now }));
  return { ...head, signed: await keys.sign(JWS_TYPES.head, { typ: "head", ...head, now }) };
}

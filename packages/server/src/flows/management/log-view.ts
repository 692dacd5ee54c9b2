/** Reads of the system log: the chains for verify and export, all events from where somebody stopped, the newest ones, and the signed head. */
import { JWS_TYPES, type LogEvent, type LogHead } from "@sallyport/contracts";
import type { Keys } from "../../keys/keys.ts";
import type { Store, Tx } from "../store.ts";
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

export interface Placed {
  event: LogEvent;
  /** Where to go on after this event: the place in every chain. */
  after: string;
}

/**
 * Events of all nodes, oldest first. Each node writes its chain in order, and only whole: whoever goes on from the place in every chain
 * misses nothing, also if one node's commit took longer than another's. By position or time they would.
 */
export function readOn(
  store: Store,
  query: { since?: number | undefined; until?: number | undefined; type?: string | undefined; after?: string | undefined; limit: number },
): Promise<Outcome<Placed[]>> {
  const { since, limit, after, ...only } = query;
  const places = readPlaces(after);
  if (!places)
    return Promise.resolve({ kind: "invalid", causes: ["after: is no place in the log; follow the links of the answers as they are"] });
  return store.read(async (tx) => {
    const chains: LogEvent[][] = [];
    for (const node of await tx.log.nodes()) {
      const from = since === undefined ? 1 : await tx.log.firstSince(node, since);
      if (from === undefined) continue;
      chains.push(await tx.log.chain(node, Math.max(places.get(node) ?? 0, from - 1), limit, only));
    }
    return done(merge(chains, places, limit));
  });
}

/** By time, and never against the order of a chain. */
function merge(chains: LogEvent[][], places: Map<string, number>, limit: number): Placed[] {
  const at = chains.map(() => 0);
  const merged: Placed[] = [];
  while (merged.length < limit) {
    let first: { event: LogEvent; chain: number } | undefined;
    for (const [chain, events] of chains.entries()) {
      const event = events[at[chain] ?? 0];
      if (event && (!first || event.published < first.event.published)) first = { event, chain };
    }
    if (!first) break;
    at[first.chain] = (at[first.chain] ?? 0) + 1;
    places.set(first.event.node, first.event.seq);
    merged.push({ event: first.event, after: [...places].map(([node, seq]) => `${node}:${seq}`).join(",") });
  }
  return merged;
}

function readPlaces(after: string | undefined): Map<string, number> | undefined {
  const places = new Map<string, number>();
  for (const text of after?.split(",") ?? []) {
    const [, node, seq] = /^([^,]+):([0-9]{1,15})$/.exec(text) ?? [];
    if (node === undefined) return undefined;
    places.set(node, Number(seq));
  }
  return places;
}

/**
 * The newest `limit` events, oldest first. `names`: with the present login of each user whom an event knows by id alone; such an event is for
 * reading, and no longer the one that its hash covers.
 */
export function readTail(store: Store, limit: number, names: boolean): Promise<LogEvent[]> {
  return store.read(async (tx) => {
    const newest = (await tx.log.list({ descending: true, limit })).reverse();
    return names ? withNames(tx, newest) : newest;
  });
}

async function withNames(tx: Tx, events: LogEvent[]): Promise<LogEvent[]> {
  const ids = new Set(events.flatMap(({ actor, target }) => [actor, target].flatMap((who) => (isNameless(who) ? [who.id] : []))));
  const logins = new Map<string, string | undefined>();
  for (const id of ids) logins.set(id, (await tx.users.byId(id))?.profile.login);
  const named = <T extends Who>(who: T): T => {
    const name = isNameless(who) ? logins.get(who.id) : undefined;
    return name === undefined ? who : { ...who, name };
  };
  return events.map(({ actor, target, ...event }) => ({ ...event, actor: named(actor), ...(target ? { target: named(target) } : {}) }));
}

type Who = { type: string; id: string; name?: string | undefined };

function isNameless(who: Who | undefined): who is Who {
  return who?.type === "user" && who.name === undefined;
}

/** Where this node's chain ends, signed by the decision key: to be kept elsewhere and compared later (S21). */
export async function signedHead(store: Store, keys: Keys): Promise<LogHead & { signed: string }> {
  const { head, now } = await store.read(async (tx) => ({ head: await tx.log.head(), now: tx.now }));
  return { ...head, signed: await keys.sign(JWS_TYPES.head, { typ: "head", ...head, now }) };
}

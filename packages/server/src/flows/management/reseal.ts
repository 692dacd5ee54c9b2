/** Seals every stored secret anew with another key, a few at a time, while the org goes on; a run that was cut off is taken up again. */
import type { Keys } from "../../keys/keys.ts";
import { SealingKeyFault } from "../../keys/sealing-key.ts";
import type { Store } from "../store.ts";
import { SEALED_PLACES } from "../store-keys.ts";
import { KEYS_CHANGED } from "./decision-keys.ts";
import { type Caller, done, type Outcome } from "./outcome.ts";

export interface ResealDeps {
  store: Store;
  keys: Keys;
}

/** Where the store says which key it is sealed with, and to which one it passes. */
export const SEALING_ID = "sealing-key-id";
export const SEALING_NEXT = "sealing-key-next";
/** Secrets a commit: nobody waits longer than for these. */
const AT_ONCE = 100;

export interface SealingView {
  id: string;
  /** Key to which the secrets are being passed; null if none. */
  next: string | null;
  /** Secrets that are still sealed with `id`. */
  remaining: number;
  /** Why the run that this process began does not go on; null if it does. */
  stopped: string | null;
}

const stops = new WeakMap<Keys, string>();

export function viewSealing({ store, keys }: ResealDeps): Promise<SealingView> {
  return store.read(async (tx) => {
    const id = (await tx.secrets.meta(SEALING_ID)) ?? "";
    const next = (await tx.secrets.meta(SEALING_NEXT)) ?? null;
    return { id, next, remaining: await tx.secrets.countSealed(id), stopped: stops.get(keys) ?? null };
  });
}

const UNDER_WAY = { kind: "conflict", why: "secrets are being sealed anew already" } as const;
/** Whose next key is being made: a second one's file would take the place of the first one's. */
const beginning = new WeakSet<Keys>();

/** The next key is on the disk before the store names it, and named before anything is sealed with it. */
export async function beginReseal(deps: ResealDeps, caller: Caller, keyFile: string | undefined): Promise<Outcome<undefined>> {
  if (beginning.has(deps.keys)) return UNDER_WAY;
  beginning.add(deps.keys);
  try {
    return await begin(deps, caller, keyFile);
  } catch (error) {
    if (error instanceof SealingKeyFault) return { kind: "conflict", why: error.message };
    throw error;
  } finally {
    beginning.delete(deps.keys);
  }
}

async function begin({ store, keys }: ResealDeps, caller: Caller, keyFile: string | undefined): Promise<Outcome<undefined>> {
  if ((await store.read((tx) => tx.secrets.meta(SEALING_NEXT))) !== undefined) return UNDER_WAY;
  const id = keys.prepareSealingKey(keyFile);
  const standing = await store.inTransaction(async (tx) => {
    const claimed = await tx.secrets.claimMeta(SEALING_NEXT, id);
    if (claimed !== id) return claimed;
    await tx.changes.announce(KEYS_CHANGED);
    await tx.log.append({ type: "key.sealing-created", actor: caller.actor, outcome: "success", data: { kid: id } });
    return id;
  });
  if (standing !== id) return UNDER_WAY;
  await keys.refresh();
  return done(undefined);
}

/** Goes on with a run that was begun, to its end; does nothing if there is none. May be cut off anywhere; whoever waits can see why. */
export async function finishReseal(deps: ResealDeps): Promise<void> {
  stops.delete(deps.keys);
  try {
    await finish(deps);
  } catch (error) {
    stops.set(deps.keys, (error as Error).message);
    throw error;
  }
}

async function finish({ store, keys }: ResealDeps): Promise<void> {
  await keys.refresh();
  const { id: before, next } = await viewSealing({ store, keys });
  if (next === null) return;
  do {
    for (const place of SEALED_PLACES) await resealPlace({ store, keys }, place, next);
    // What was sealed with the old key just before the new one was named is committed by now.
    await store.inTransaction(async () => undefined);
  } while ((await store.read((tx) => tx.secrets.countSealed(before))) > 0);
  keys.moveSealingKey();
  await store.inTransaction(async (tx) => {
    if ((await tx.secrets.meta(SEALING_NEXT)) !== next) return;
    const count = await tx.secrets.countSealed(next);
    await tx.secrets.setMeta(SEALING_ID, next);
    await tx.secrets.dropMeta(SEALING_NEXT);
    const data = { kid: next, before, count };
    await tx.changes.announce(KEYS_CHANGED);
    await tx.log.append({ type: "key.sealing-rotated", actor: { type: "system", id: "org" }, outcome: "success", data });
  });
  await keys.refresh();
}

async function resealPlace({ store, keys }: ResealDeps, place: (typeof SEALED_PLACES)[number], next: string): Promise<void> {
  for (let after = ""; ; ) {
    const last = await store.inTransaction(async (tx) => {
      const rows = await tx.secrets.sealedAfter(place, after, AT_ONCE);
      for (const { id, sealed } of rows) {
        const context = `${place}:${id}`;
        if (sealed === "" || sealed.split(".")[1] === next) continue;
        await tx.secrets.replaceSealed(place, id, sealed, keys.seal(keys.unseal(sealed, context), context));
      }
      return rows.length < AT_ONCE ? undefined : rows.at(-1)?.id;
    });
    if (last === undefined) return;
    after = last;
  }
}

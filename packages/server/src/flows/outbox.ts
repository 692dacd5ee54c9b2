/** Puts a message for the world into the outbox, within the unit of work that decides on it; the delivery sends it after the commit. */
import type { Keys } from "../keys/keys.ts";
import { newId } from "./ids.ts";
import type { Tx } from "./store.ts";
import type { OutboxRow } from "./store-requests.ts";

/** Announced with every new message. */
export const OUTBOX_CHANGED = "outbox";

export interface Message {
  kind: OutboxRow["kind"];
  /** Id of what it is about: a challenge, a user. */
  about: string;
  /** JSON, sealed: what the kind's deliverer reads. */
  payload: object;
  /** Milliseconds after which it is worth nothing. */
  lifeMs: number;
}

/** Context under which a message is sealed. */
export const outboxContext = (id: string): string => `outbox:${id}`;

/** Answers the message's id. */
export async function putOut(tx: Tx, keys: Pick<Keys, "seal">, { kind, about, payload, lifeMs }: Message): Promise<string> {
  const id = newId("out");
  const sealed = keys.seal(Buffer.from(JSON.stringify(payload)), outboxContext(id));
  const times = { created: tx.now, expires: tx.now + lifeMs, nextAt: tx.now, tries: 0, doneAt: null, error: null };
  await tx.outbox.insert({ id, kind, about, sealed, ...times });
  await tx.changes.announce(OUTBOX_CHANGED);
  return id;
}

/** Sends what waits in the outbox: each kind by itself, one node at a time for each message, by the database's clock. */

import { OUTBOX_CHANGED, outboxContext } from "../flows/outbox.ts";
import type { Store } from "../flows/store.ts";
import type { OutboxRow } from "../flows/store-requests.ts";
import type { Keys } from "../keys/keys.ts";
import type { Deliverer, Deliverers, Letter, Sent } from "./deliverer.ts";
import { giveUpExpired, settle } from "./settle.ts";

/** No message takes longer. */
export const SEND_MS = 30_000;
/** Another node may send it after that: this one is dead then. */
const HOLD_MS = 2 * SEND_MS;
/** So many of one kind at once: a silent mail server must not hold up everybody else's code for half a minute. */
const LANES = 4;
/** Looks so often in any case, and at once when somebody announces a message. */
const LOOK_MS = 15_000;
/** What is being sent when the server stops may end until then. */
const STOP_MS = 3_000;
const EXPIRED_AT_ONCE = 100;

export interface DeliveryDeps {
  store: Store;
  keys: Pick<Keys, "unseal">;
  deliverers: Deliverers;
  /** What could not even be written down. */
  say(error: unknown, sentence: string): void;
  counted(kind: OutboxRow["kind"], result: Sent["kind"]): void;
}

export interface DeliveryWorker {
  /** Takes no more; what is under way ends, or is cut off and goes again later. */
  stop(): Promise<void>;
}

type Kind = OutboxRow["kind"];

export function deliver(deps: DeliveryDeps): DeliveryWorker {
  const cut = new AbortController();
  const queues = (Object.entries(deps.deliverers) as [Kind, Deliverer][]).map(([kind, deliverer]) =>
    queueOf(deps, kind, deliverer, cut.signal),
  );
  const unwatch = deps.store.watch(OUTBOX_CHANGED, () => {
    for (const queue of queues) queue.look();
  });
  const expiry = setInterval(() => void expire(deps), LOOK_MS).unref();
  return {
    async stop() {
      unwatch();
      clearInterval(expiry);
      const timer = setTimeout(() => cut.abort(new Error("the server stops")), STOP_MS);
      await Promise.all(queues.map((queue) => queue.stop()));
      clearTimeout(timer);
    },
  };
}

async function expire({ store, say }: DeliveryDeps): Promise<void> {
  try {
    while ((await store.inTransaction((tx) => giveUpExpired(tx, EXPIRED_AT_ONCE))) === EXPIRED_AT_ONCE);
  } catch (error) {
    say(error, "messages whose time is over could not be given up");
  }
}

/** Messages of one kind. `look`: something may be due. */
function queueOf(deps: DeliveryDeps, kind: Kind, deliverer: Deliverer, cut: AbortSignal) {
  let stopping = false;
  let looks = 0;
  let timer: NodeJS.Timeout | undefined;
  const lanes = new Set<Promise<void>>();

  const lane = async () => {
    try {
      for (let seen = looks; !stopping; ) {
        const taken = await take(deps.store, kind);
        if (taken) await sendOne(deps, deliverer, taken, cut);
        else if (seen === looks) break;
        else seen = looks;
      }
    } catch (error) {
      deps.say(error, `messages of kind ${kind} could not be taken from the outbox`);
    }
  };
  const look = () => {
    looks += 1;
    if (stopping) return;
    clearTimeout(timer);
    while (lanes.size < LANES) {
      const running: Promise<void> = lane().then(() => {
        lanes.delete(running);
        if (lanes.size === 0) void rest();
      });
      lanes.add(running);
    }
  };
  /** Nothing is due: until the next one is. */
  const rest = async () => {
    const due = await msUntilDue(deps.store, kind).catch(() => LOOK_MS);
    if (stopping || lanes.size > 0) return;
    clearTimeout(timer);
    timer = setTimeout(look, Math.min(LOOK_MS, due)).unref();
  };
  return {
    look,
    async stop() {
      stopping = true;
      clearTimeout(timer);
      await Promise.all(lanes);
    },
  };
}

interface Taken {
  row: OutboxRow;
  /** When, by the database's clock, epoch ms. */
  began: number;
}

/** A look costs nothing where nothing is due. Another node may be faster: then there is nothing, or the next one. */
async function take(store: Store, kind: Kind): Promise<Taken | undefined> {
  while ((await msUntilDue(store, kind)) === 0) {
    const taken = await store.inTransaction(async (tx) => ({ row: await tx.outbox.take(tx.now, tx.now + HOLD_MS, kind), began: tx.now }));
    if (taken.row) return { row: taken.row, began: taken.began };
  }
  return undefined;
}

function msUntilDue(store: Store, kind: Kind): Promise<number> {
  return store.read(async (tx) => Math.max(0, ((await tx.outbox.nextDue(tx.now, kind)) ?? Number.POSITIVE_INFINITY) - tx.now));
}

async function sendOne(deps: DeliveryDeps, deliverer: Deliverer, { row, began }: Taken, cut: AbortSignal): Promise<void> {
  const sent = await attempt(deps, deliverer, row, cut);
  deps.counted(row.kind, sent.kind);
  await deps.store.inTransaction((tx) => settle(tx, row, began, sent));
}

async function attempt(deps: DeliveryDeps, deliverer: Deliverer, row: OutboxRow, cut: AbortSignal): Promise<Sent> {
  const { id, about, tries, created, expires } = row;
  try {
    const payload: unknown = JSON.parse(Buffer.from(deps.keys.unseal(row.sealed, outboxContext(id))).toString());
    const letter: Letter = { id, about, payload, tries, created, expires };
    return await deliverer.send(letter, AbortSignal.any([cut, AbortSignal.timeout(SEND_MS)]));
  } catch (error) {
    if (!cut.aborted) deps.say(error, `the message ${id} could not be sent`);
    return { kind: "later", fault: { server: "none", error: "the org failed at it; its own log says why", channel: false } };
  }
}

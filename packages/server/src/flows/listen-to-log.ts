/** The one way to hear what units of work write to the log: within the unit, or once it is committed. */
import { type Store, standIn, type Tx } from "./store.ts";
import type { NewEvent } from "./store-logons.ts";

export interface LogListener {
  /** Within the unit that writes it: what this writes through `tx` is committed with it. @param id of the event */
  written?(tx: Tx, event: NewEvent, id: string): Promise<void>;
  /** Only what is on the disk, in the order in which it was written; must not throw. */
  committed?(event: NewEvent): void;
}

/** The same store, with somebody who listens: no flow can write an event past them. */
export function listenToLog(store: Store, listener: LogListener): Store {
  return {
    get node() {
      return store.node;
    },
    read: (fn) => store.read(fn),
    ready: () => store.ready(),
    purge: (before) => store.purge(before),
    backup: (target, signal) => store.backup(target, signal),
    lookOver: (world, signal) => store.lookOver(world, signal),
    watch: (topic, onChange) => store.watch(topic, onChange),
    close: () => store.close(),
    async inTransaction(fn) {
      let events: NewEvent[] = [];
      const answer = await store.inTransaction((tx) => {
        // The unit may run again after a serialization failure: what the first try wrote did not happen.
        events = [];
        return fn(heard(tx, listener, events));
      });
      for (const event of events) listener.committed?.(event);
      return answer;
    },
  };
}

function heard(tx: Tx, listener: LogListener, events: NewEvent[]): Tx {
  const append: Tx["log"]["append"] = async (event) => {
    const appended = await tx.log.append(event);
    events.push(event);
    await listener.written?.(tx, event, appended.id);
    return appended;
  };
  let log: Tx["log"] | undefined;
  return standIn(tx, {
    // Many a unit writes no event at all.
    get log() {
      log ??= { ...tx.log, append };
      return log;
    },
  });
}

/** Reads one log into the tally, whatever its size and encoding. */
import { toBytes } from "../encoding.ts";
import { LogEvents } from "./log-events.ts";
import type { Tally } from "./tally.ts";

export interface LogReader {
  /** Resolves to the number of events of the other product in it. `name` stands in the evidence. */
  read(name: string, chunks: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number>;
}

/** One reader for any number of logs, one after the other: its buffer is used again. */
export function logReader(tally: Tally): LogReader {
  const events = new LogEvents((event) => tally.add(event));
  return {
    async read(name, chunks, signal) {
      tally.begin(name);
      try {
        for await (const chunk of toBytes(chunks)) {
          signal?.throwIfAborted();
          events.push(chunk);
        }
      } finally {
        // What was read before a fault counts: a disk that breaks off hides nothing that was seen.
        events.end();
        tally.end();
      }
      return tally.events;
    },
  };
}

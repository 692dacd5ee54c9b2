/** Counts callers that proved nothing, so that their refusals are known but cannot fill the disk: one event per source and minute (S21). */
import { normalizeIP } from "@fastify/rate-limit";
import type { Logger } from "pino";
import type { Store } from "../flows/store.ts";
import { plainAddress } from "../http/client-address.ts";

export interface RefusedCallers {
  /** @param source IP literal of the caller. @param path what was tried, one short word such as `host`, `enrol`, `api`. */
  count(source: string | undefined, path: string): void;
  /** Writes what was counted so far; called by the clock each minute, and at the end of the process. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

interface Count {
  count: number;
  paths: Set<string>;
}

/** Sources with a line of their own; the rest of the minute is one line, or many senders could fill the disk all the same. */
const SOURCES_A_MINUTE = 100;
const REST = "others";

export function countRefusedCallers(store: Store, log: Logger): RefusedCallers {
  let counts = new Map<string, Count>();
  const flush = async (): Promise<void> => {
    const done = counts;
    counts = new Map();
    if (done.size > 0)
      await write(store, done).catch((err: unknown) => log.error({ err }, "refused callers could not be written to the log"));
  };
  const timer = setInterval(() => void flush(), 60_000).unref();
  return {
    count(source, path) {
      const name = sourceName(source);
      const key = counts.has(name) || counts.size < SOURCES_A_MINUTE ? name : REST;
      const entry = counts.get(key) ?? { count: 0, paths: new Set() };
      entry.count += 1;
      entry.paths.add(path);
      counts.set(key, entry);
    },
    flush,
    async stop() {
      clearInterval(timer);
      await flush();
    },
  };
}

/** A /64 of IPv6 is one caller: whoever has it can use every address of it. */
function sourceName(source: string | undefined): string {
  const plain = plainAddress(source);
  return plain === "local" || plain === "unknown" ? plain : normalizeIP(plain, 64);
}

async function write(store: Store, counts: Map<string, Count>): Promise<void> {
  await store.inTransaction(async (tx) => {
    const minute = `${new Date(tx.now).toISOString().slice(0, 16)}Z`;
    for (const [source, { count, paths }] of counts) {
      await tx.log.append({
        type: "org.callers-refused",
        actor: { type: "system", id: "org" },
        outcome: "failure",
        data: { source, minute, count, paths: [...paths] },
      });
    }
  });
}

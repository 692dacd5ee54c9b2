/** Opens where the org keeps things: its folder, and SQLite inside it or PostgreSQL elsewhere. */
import { dirname, join } from "node:path";
import type { Logger } from "pino";
import type { DataFiles } from "./data-folder.ts";
import { afterTimeline } from "./flows/after-timeline.ts";
import { DatabaseFault, type Store } from "./flows/store.ts";
import { ServerRefused } from "./listening.ts";
import { openPostgres } from "./store/postgres.ts";
import type { DatabaseAddress } from "./store/postgres-connection.ts";
import { holdAlone } from "./store/sole-holder.ts";
import { openSqlite } from "./store/sqlite.ts";

/** @param database PostgreSQL; SQLite in the folder if absent. @param newChain for a database that was restored. Throws `ServerRefused`. */
export async function openData(files: DataFiles, database: DatabaseAddress | undefined, log: Logger, newChain = false): Promise<Store> {
  try {
    if (database === undefined) return await openSqlite({ file: files.database, now: Date.now, newChain });
    return await openNode(files, database, log, newChain);
  } catch (error) {
    if (error instanceof DatabaseFault) throw new ServerRefused(error.causeId, error.message, { cause: error });
    throw new ServerRefused("org.database", `the database cannot be used: ${(error as Error).message}`, { cause: error });
  }
}

/** What a node holds in its folder, where no database is. */
export function nodeFile(files: DataFiles): string {
  return join(dirname(files.database), "node");
}

/** One of several nodes: the database is shared, the folder with the admin socket is this process's alone. */
async function openNode(files: DataFiles, database: DatabaseAddress, log: Logger, newChain: boolean): Promise<Store> {
  const alone = holdAlone(nodeFile(files));
  try {
    const say = (level: "info" | "warn", sentence: string) => log[level](sentence);
    const store = await openPostgres({ ...database, newChain, onTimeline: afterTimeline, say });
    return Object.assign(store, {
      close: closing(store.close, alone.release),
    });
  } catch (error) {
    alone.release();
    throw error;
  }
}

function closing(first: () => Promise<void>, then: () => void): () => Promise<void> {
  return async () => {
    await first();
    then();
  };
}

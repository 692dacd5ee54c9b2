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

/** @param database PostgreSQL; SQLite in the folder if absent. Throws `ServerRefused`. */
export async function openData(files: DataFiles, database: DatabaseAddress | undefined, log: Logger): Promise<Store> {
  try {
    return database === undefined ? await openSqlite({ file: files.database, now: Date.now }) : await openNode(files, database, log);
  } catch (error) {
    if (error instanceof DatabaseFault) throw new ServerRefused(error.causeId, error.message, { cause: error });
    throw new ServerRefused("org.database", `the database cannot be used: ${(error as Error).message}`, { cause: error });
  }
}

/** One of several nodes: the database is shared, the folder with the admin socket is this process's alone. */
async function openNode(files: DataFiles, database: DatabaseAddress, log: Logger): Promise<Store> {
  const alone = holdAlone(join(dirname(files.database), "node"));
  try {
    const store = await openPostgres({ ...database, onTimeline: afterTimeline, say: (level, sentence) => log[level](sentence) });
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

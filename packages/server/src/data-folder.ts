/** The folder of the database, the sealing key and the admin socket: its owner's alone. */
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { ServerRefused } from "./listening.ts";

export interface DataFiles {
  database: string;
  sealingKey: string;
  adminSocket: string;
}

/** Makes the folder if it is absent. Throws `ServerRefused` (`org.database`, `config.exposed`). */
export function openDataFolder(data: string): DataFiles {
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    refuseExposed(data);
  } catch (error) {
    if (error instanceof ServerRefused) throw error;
    throw new ServerRefused("org.database", `the data folder ${data} cannot be used: ${(error as Error).message}`, { cause: error });
  }
  return { database: join(data, "org.db"), sealingKey: join(data, "sealing.key"), adminSocket: join(data, "admin.sock") };
}

/** Whoever can enter the folder could read the database and reach for the admin socket: it must be its owner's alone (S38). */
export function refuseExposed(data: string): void {
  if ((statSync(data).mode & 0o077) === 0) return;
  throw new ServerRefused("config.exposed", `others can enter the data folder ${data}; run: chmod 700 ${data}`);
}

/** The org server: start it, what it may refuse to start for, and how to move an org to another database. */

export { DatabaseFault } from "./flows/store.ts";
export { type ServerHandle, type ServerOptions, ServerRefused, startServer } from "./main.ts";
export { afterExternalRestore, checkBackup, type RestoreResult, restoreBackup } from "./restore.ts";
export type { BackupFacts } from "./store/backup-file.ts";
export { type Moved, moveOrg, type Place } from "./store/move/move.ts";

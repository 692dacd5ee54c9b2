/** The org server: start it, what it may refuse to start for, and how to move an org to another database. */

export { type ServerHandle, type ServerOptions, ServerRefused, startServer } from "./main.ts";
export { moveOrg } from "./move.ts";
export { afterExternalRestore, checkBackup, type RestoreResult, restoreBackup } from "./restore.ts";
export type { BackupFacts } from "./store/backup-file.ts";
export type { Moved, Place } from "./store/move/move.ts";

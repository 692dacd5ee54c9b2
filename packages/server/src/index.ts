/** The org server: start it, and what it may refuse to start for. */
export { type ServerHandle, type ServerOptions, ServerRefused, startServer } from "./main.ts";
export { afterExternalRestore, checkBackup, type RestoreResult, restoreBackup } from "./restore.ts";
export type { BackupFacts } from "./store/backup-file.ts";

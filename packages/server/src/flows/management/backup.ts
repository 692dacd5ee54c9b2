/** Writes a backup while the org goes on, and says so in the log. */
import { closeSync, openSync, rmSync, statSync } from "node:fs";
import type { LogHead } from "@sallyport/contracts";
import { DatabaseFault, type Store } from "../store.ts";
import { type Caller, done, type Outcome } from "./outcome.ts";

export interface Written {
  at: string;
  head: LogHead;
  bytes: number;
  milliseconds: number;
}

/** `file` must not exist: it is made for the server's account alone, and is gone again if it could not be finished. */
export async function writeBackup(store: Store, caller: Caller, file: string, signal: AbortSignal): Promise<Outcome<Written>> {
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    return { kind: "conflict", why: `the server cannot write ${file}: ${(error as Error).message}` };
  }
  const began = performance.now();
  try {
    const { at, head } = await store.backup(file, signal);
    const written = {
      at: new Date(at).toISOString(),
      head,
      bytes: statSync(file).size,
      milliseconds: Math.round(performance.now() - began),
    };
    const data = { file, bytes: written.bytes, seq: head.seq, milliseconds: written.milliseconds };
    await store.inTransaction((tx) => tx.log.append({ type: "org.backed-up", actor: caller.actor, outcome: "success", data }));
    return done(written);
  } catch (error) {
    for (const rest of ["", "-journal"]) rmSync(file + rest, { force: true });
    // Who asks is the owner of the machine: they may know what the database says.
    if (error instanceof DatabaseFault) return { kind: "conflict", why: error.message };
    throw error;
  }
}

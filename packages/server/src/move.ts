/** Wires a move of an org to another database: the folder that it goes into must be its owner's alone, as a server's. */
import { statSync } from "node:fs";
import { refuseExposed } from "./data-folder.ts";
import { DatabaseFault } from "./flows/store.ts";
import { ServerRefused } from "./listening.ts";
import { type Moved, moveOrg as moveRows, type Place } from "./store/move/move.ts";

/**
 * Moves everything from one place to the other, as `store/move/move.ts` says. Throws `ServerRefused` with one sentence and its cause,
 * also where others can enter the folder (`config.exposed`); then nothing has been written.
 */
export async function moveOrg(from: Place, to: Place): Promise<Moved> {
  if ("folder" in to && statSync(to.folder, { throwIfNoEntry: false })?.isDirectory()) refuseExposed(to.folder);
  try {
    return await moveRows(from, to);
  } catch (error) {
    if (error instanceof DatabaseFault) throw new ServerRefused(error.causeId, error.message, { cause: error });
    throw error;
  }
}

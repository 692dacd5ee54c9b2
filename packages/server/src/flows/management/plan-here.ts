/** Reads and plans in the very thread that asks: for directories that are no more than data. */
import type { Directory } from "../directory.ts";
import { readAndPlan } from "./plan-sync.ts";
import { inHand, type SyncReader } from "./planned.ts";

export function planHere(directory: Directory): SyncReader {
  return async (job, ask, options) => inHand(await readAndPlan(directory, job, ask, options));
}

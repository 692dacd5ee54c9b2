/** Where the log's chains end: what is signed in a checkpoint, and what is left when a database went back in time. */
import type { LogHead } from "@sallyport/contracts";
import type { LogStore } from "./store-logons.ts";

/** One place for each node, as the unit of work sees the log. */
export async function endsOfChains(log: Pick<LogStore, "nodes" | "last">): Promise<LogHead[]> {
  const ends: LogHead[] = [];
  for (const node of await log.nodes()) {
    const last = await log.last(node);
    if (last) ends.push(last);
  }
  return ends;
}

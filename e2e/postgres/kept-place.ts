/** What an agent keeps in its state: a place of the log that it was told of. */
import { writeFileSync } from "node:fs";
import type { Cluster } from "./cluster.ts";

/** The newest event of database `org` at this moment, as a `state.json`. */
export function keepPlace(cluster: Cluster, file: string): string {
  const place = "json_build_object('node', node, 'seq', seq, 'hash', event::json->>'hash')";
  const head = JSON.parse(cluster.sql(`SELECT ${place} FROM events ORDER BY position DESC LIMIT 1`, "org"));
  writeFileSync(file, JSON.stringify({ heads: [head] }));
  return file;
}

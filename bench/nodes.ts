/** The same logon on PostgreSQL with one, two and three nodes, all on this machine's processors, against the floor of the same run. */
import { chmodSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Cluster } from "../e2e/postgres/cluster.ts";
import { end, folder, makeKeys, measure, peopleFor, populate, startFloor, startOrg } from "./logon-client.ts";

const MOST = 3;
const SIZES = { warm: 50, latency: 200, rate: 1000 };

makeKeys();
// PostgreSQL runs as its own user, and must get through to its folder.
chmodSync(folder, 0o755);
const cluster = await Cluster.make(join(folder, "postgres"), 15450);
try {
  cluster.sql("CREATE DATABASE org");
  process.env["SALLYPORT_DATABASE"] = cluster.url("org");
  const key = ["--sealing-key", join(folder, "sealing.key")];
  await startOrg(0, key);
  await startFloor();
  const people = await populate(MOST * peopleFor(SIZES));
  // What autovacuum would do within a minute: nobody opens an org and fills it in the same second.
  cluster.sql("ANALYZE", "org");
  for (let nodes = 1; nodes <= MOST; nodes++) {
    if (nodes > 1) await startOrg(nodes - 1, key);
    process.stdout.write(
      `PostgreSQL 15, ${nodes} node${nodes > 1 ? "s" : ""}; nodes, database, floor and callers share ${availableParallelism()} processors\n`,
    );
    await measure(people, SIZES);
  }
} finally {
  await end(() => cluster.stop());
}

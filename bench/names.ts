/** How long it takes to say whom a typed name means, among 100,000 users on SQLite and on PostgreSQL; floor: one row found by its key, on the same connection. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { COMMAND } from "../e2e/machine/processes.ts";
import { Cluster } from "../e2e/postgres/cluster.ts";
import { Node } from "../e2e/postgres/node.ts";
import { peopleOfTwoDomains, SERIES } from "./people-of-two-domains.ts";

const USERS = 100_000;
/** The 99th percentile, in ms. */
const MOST_MS = 1;
const MEASURE = join(import.meta.dirname, "../packages/server/test/measure-names.ts");
const APP = "app_many";

const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
chmodSync(folder, 0o755);

const app = `INSERT INTO apps (id, label, folded, status, name_rules, policy_version, policy, created)
  VALUES ('${APP}', 'many', 'many', 'ACTIVE', '["login"]', 1, '{"rules":[]}', 1)`;
const statements = (series: string) => [app, ...peopleOfTwoDomains(series, APP)];

function run(...args: string[]): string {
  const done = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(done.stderr);
  return done.stdout;
}

function measure(name: string, where: string): void {
  const { p50, p99, floor50, floor99 } = JSON.parse(run(MEASURE, where, APP, String(USERS)));
  const ms = (value: number) => `${value.toFixed(3)} ms`;
  process.stdout.write(
    `name, ${name.padEnd(10)} p50 ${ms(p50)}   p99 ${ms(p99)}; floor p50 ${ms(floor50)}   p99 ${ms(floor99)}; ratio of p50 ${(p50 / floor50).toFixed(1)}\n`,
  );
  if (p99 > MOST_MS) process.exitCode = 1;
}

const cluster = await Cluster.make(join(folder, "postgres"), 15452);
try {
  const org = new Node(join(folder, "org"), 18093, "");
  await org.start(join(folder, "sealing.key"));
  await org.stop();
  cluster.sql("CREATE DATABASE org");
  run(COMMAND, "migrate", "--from", join(folder, "org/data"), "--to", cluster.url("org"), "--json");
  const file = join(folder, "org/data/org.db");
  const db = new DatabaseSync(file);
  db.exec(`PRAGMA synchronous = OFF; BEGIN; ${statements(SERIES.sqlite(USERS)).join(";")}; COMMIT; ANALYZE`);
  db.close();
  cluster.sql(statements(SERIES.postgres(USERS)).join(";"), "org");
  // As in an org that has had its people for a while: a table just filled has its dead rows looked over and its pages written behind the reader's back.
  for (const settle of ["VACUUM ANALYZE", "CHECKPOINT"]) cluster.sql(settle, "org");
  measure("SQLite", file);
  measure("PostgreSQL", cluster.url("org"));
} finally {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
}

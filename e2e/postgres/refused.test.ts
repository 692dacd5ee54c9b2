/** What keeps a node from starting on PostgreSQL: one sentence, exit 1, its cause, and nothing half-made. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Daemon, run } from "../machine/processes.ts";
import { asPostgres, Cluster, PATIENCE_S } from "./cluster.ts";
import { Node } from "./node.ts";

const FOLDER = "/run/pg-refused";
let cluster: Cluster;
let count = 0;

before(async () => {
  cluster = await Cluster.make(FOLDER, 15434);
});
after(() => cluster?.stop());

/** One line on standard error, no stack, no password, exit 1. */
async function refused(database: string, sentence: RegExp, cause = "org.database", more: string[] = [], key = "key"): Promise<void> {
  const folder = `${FOLDER}-node${count++}`;
  const args = ["--disable-warning=ExperimentalWarning", ...Node.args(folder, 18089, `${FOLDER}-${key}`), "--database", database];
  const done = await run(process.execPath, [...args, ...more, "--json"], { timeout: PATIENCE_S * 1000 });
  const [json = "", ...lines] = done.out.trim().split("\n");
  assert.equal(done.code, 1, done.out);
  assert.equal(lines.length, 1, done.out);
  assert.match(lines[0] ?? "", sentence);
  assert.equal(JSON.parse(json).cause, cause);
  assert.doesNotMatch(done.out, /battery|\n\s+at /);
}

test("a wrong password", () => refused(cluster.url("postgres", "postgres", "wrong"), /refuses the password/));

test("a password file is read, must be closed to others, and stands in for one in the URL", async () => {
  const url = `postgres://postgres@127.0.0.1:${cluster.port}/nowhere`;
  const file = `${FOLDER}-password`;
  writeFileSync(file, readFileSync(`${FOLDER}/password`));
  chmodSync(file, 0o644);
  await refused(url, /can be read by others; run: chmod 600/, "config.exposed", ["--database-password-file", file]);
  chmodSync(file, 0o600);
  await refused(url, /no such database/, "org.database", ["--database-password-file", file]);
});

test("a database that is not there", () => refused(cluster.url("nowhere"), /no such database/));

test("a server that is not there", async () => {
  await refused("postgres://postgres@127.0.0.1:1/org", /cannot be reached: nothing listens/);
  await refused("postgres://postgres@no-such-host.invalid/org", /cannot be reached: its name does not resolve/);
});

test("what is no address", () => refused("mysql://root@localhost/org", /not like postgres:\/\//));

test("a role without the right to make tables", async () => {
  cluster.sql("CREATE ROLE poor LOGIN PASSWORD 'x'");
  cluster.sql("CREATE DATABASE poor");
  await refused(cluster.url("poor", "poor", "x"), /lacks a right \(permission denied for schema public\)/);
});

test("a database in another encoding", async () => {
  cluster.sql("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'");
  await refused(cluster.url("latin"), /encoded in LATIN1/);
});

test("a server that is too old: one that says so of itself, since a real one is no longer packaged", async () => {
  cluster.sql("CREATE DATABASE old");
  cluster.sql("CREATE FUNCTION public.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT '130014' $$", "old");
  cluster.sql("ALTER DATABASE old SET search_path = public, pg_catalog");
  await refused(cluster.url("old"), /PostgreSQL 13; 14 or newer is needed/);
});

test("a standby", async () => {
  const standby = await cluster.standby(`${FOLDER}-standby`, 15435);
  await refused(standby.url("postgres"), /is a standby/);
  await standby.stop();
});

test("a newer schema, and one that a changed build made; the database is left as it is", async () => {
  cluster.sql("CREATE DATABASE newer");
  const node = new Node(`${FOLDER}-first/n`, 18088, cluster.url("newer"));
  await node.start(`${FOLDER}-key`);
  await node.stop();
  cluster.sql("INSERT INTO migrations VALUES (999, 'later')", "newer");
  const dump = () => asPostgres("pg_dump", "-h", FOLDER, "-p", `${cluster.port}`, "newer").replace(/^.restrict .*|^.unrestrict .*/gm, "");
  const before = dump();
  await refused(cluster.url("newer"), /schema 999/, "org.migration");
  assert.equal(dump(), before);
  cluster.sql("DELETE FROM migrations WHERE version = 999; UPDATE migrations SET checksum = 'x'", "newer");
  await refused(cluster.url("newer"), /changed build/, "org.migration");
  cluster.sql("DROP DATABASE newer");
});

test("S7: another sealing key than the one that the org was sealed with, and none at all", async () => {
  cluster.sql("CREATE DATABASE sealed");
  const node = new Node(`${FOLDER}-sealer/n`, 18088, cluster.url("sealed"));
  await node.start(`${FOLDER}-key`);
  await node.stop();
  const other = `sallyport-sealing-key v1 0123456789abcdef ${"A".repeat(43)}\n`;
  writeFileSync(`${FOLDER}-other`, other, { mode: 0o600 });
  await refused(cluster.url("sealed"), /but the database was sealed with key/, "org.sealing-key", [], "other");
  await refused(cluster.url("sealed"), /is missing.*copy it from another node/, "org.sealing-key", [], "absent");
  assert.ok(!existsSync(`${FOLDER}-absent`));
});

test("S7: of two nodes that start an empty org with a key file each, one starts and the other is told so", async () => {
  cluster.sql("CREATE DATABASE twice");
  const starts = ["a", "b"].map((name, index) => {
    const args = Node.args(`${FOLDER}-twice-${name}`, 18086 + index, `${FOLDER}-twice-${name}.key`);
    const env = { SALLYPORT_DATABASE: cluster.url("twice") };
    return new Daemon(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], `${FOLDER}-twice-${name}.log`, env);
  });
  // The key of the loser is missing, or its own was made and taken away again: as the race went.
  const kept = starts.map((start) => start.said(/The org is at/, PATIENCE_S).then(() => true));
  const lost = starts.map((start) =>
    start.said(/sealing key .* is missing|has just sealed the database with key/, PATIENCE_S).then(() => false),
  );
  const won = await Promise.all([0, 1].map((index) => Promise.any([kept[index], lost[index]])));
  assert.deepEqual(won.sort(), [false, true]);
  assert.equal(["a", "b"].filter((name) => existsSync(`${FOLDER}-twice-${name}.key`)).length, 1);
  await Promise.all(starts.map((start) => start.stop()));
});

/** S37 on PostgreSQL: after pg_dump and pg_restore no code that was used in between works again, and the org says that it was restored. */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { must, until } from "../machine/processes.ts";
import { asPostgres, Cluster, PASSWORD, PATIENCE_S } from "./cluster.ts";
import { Host } from "./host.ts";
import { keepPlace } from "./kept-place.ts";
import { Node, ORG_URL } from "./node.ts";

const FOLDER = "/run/pg-restore";
let cluster: Cluster;
let node: Node;

before(async () => {
  cluster = await Cluster.make(FOLDER, 15437);
  cluster.sql("CREATE DATABASE org");
  node = new Node(`${FOLDER}-node/n`, 18091, cluster.url("org"), { SALLYPORT_DATABASE: cluster.url("org") });
});
after(async () => {
  await node.stop("SIGKILL");
  await cluster.stop();
});

const socket = () => ["-h", cluster.folder, "-p", `${cluster.port}`, "-U", "postgres"];

test("a backup is pg_dump's, and says so; after pg_restore one command ends what must not outlive it", async () => {
  const key = `${FOLDER}-key`;
  await node.start(key);
  const refused = await node.command("backup", `${FOLDER}-backup.db`);
  assert.equal(refused.code, 1);
  const pgDump = /PostgreSQL, which has its own tools: run (pg_dump --format=custom --file=org\.dump '[^']+'), and keep/.exec(
    refused.out,
  )?.[1];
  assert.ok(pgDump, refused.out);
  assert.doesNotMatch(refused.out, new RegExp(PASSWORD.slice(0, 4)));
  const app = (await node.call("POST", "/api/v1/apps", { label: "story" })).id;
  const host = new Host(ORG_URL);
  await host.enrol(node.port, (await node.call("POST", "/api/v1/host-codes", { app })).code);
  const person = await node.person(app, "alice");
  const { token } = await node.call("POST", "/api/v1/tokens", { name: "ci", role: "auditor" });
  assert.match(token, /^spt_/);
  const dump = `${FOLDER}-dump/org.dump`;
  mkdirSync(`${FOLDER}-dump`);
  // As an administrator copies it from the sentence.
  must("env", [`PGPASSWORD=${PASSWORD}`, "sh", "-c", `umask 022 && cd ${FOLDER}-dump && ${pgDump}`]);
  // The next one, which a clock a little ahead shows: it has a minute at least before it is out of its time, for all that comes now.
  const code = must("oathtool", ["--totp", "-b", "--now", `@${Math.floor(Date.now() / 1000) + 30}`, person.secret]).trim();
  assert.ok((await host.verify(node.port, await host.open(node.port, "alice"), code)).body.decision);
  // A place that the dump does not have.
  const kept = keepPlace(cluster, `${FOLDER}-state.json`);
  await node.stop();

  asPostgres("pg_restore", ...socket(), "--clean", "--if-exists", "--single-transaction", "--dbname=org", dump);
  // As in a dump of last night: nobody holds the nodes' names any more.
  cluster.sql("UPDATE leases SET expires = 0", "org");
  const ended = await node.command("restore", "--after-external", "--database", cluster.url("org"), "--sealing-key", key, "--json");
  assert.equal(ended.code, 0, ended.out);
  const { tokens, hosts } = JSON.parse(ended.out);
  assert.deepEqual([tokens, hosts], [1, 1]);
  assert.equal(cluster.sql("SELECT count(*) FROM events WHERE type = 'org.restored'", "org"), "1");
  await node.start(key);
  // An assertion counts whole seconds, and one of the second of the restore may be from before it: a host is taken from the next one on.
  await until("the host is taken again", async () => (await host.ask(node.port, "alice")).status === 200 || undefined, PATIENCE_S);
  const again = await host.verify(node.port, await host.open(node.port, "alice"), code);
  assert.deepEqual([again.status, again.body.cause], [403, "factor.code-used"]);
  const verified = await node.command("log", "verify", "--head", kept, "--json");
  assert.equal(verified.code, 0, verified.out);
  assert.match(verified.out, /the restore of [^ ]+ lost what came after [0-9]+; the agent in [^ ]+ names [0-9]+/);
});

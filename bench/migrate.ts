/** `sallyport migrate` there and back: rows a second, every one compared; floor: what PostgreSQL's own dump and restore take for the same rows. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { COMMAND } from "../e2e/machine/processes.ts";
import { asPostgres, Cluster } from "../e2e/postgres/cluster.ts";
import { Node } from "../e2e/postgres/node.ts";

const USERS = 20_000;
const EVENTS = 150_000;
/** Rows a second that a move must reach. */
const LEAST = 5_000;

const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
chmodSync(folder, 0o755);

/** An org whose tables hold what years leave behind, written past the server: how it is read and written again is what counts. */
function fill(file: string): void {
  const db = new DatabaseSync(file);
  db.exec("BEGIN");
  const user = db.prepare(
    "INSERT INTO users (id, source, external_id, login, status, profile, created, updated) VALUES (?, 'local', ?, ?, 'ACTIVE', ?, 1, 1)",
  );
  const name = db.prepare("INSERT INTO user_names VALUES ('login', ?, ?)");
  for (let index = 0; index < USERS; index++) {
    const login = `person${index}`;
    user.run(`usr_${index}`, `usr_${index}`, login, JSON.stringify({ login, email: `${login}@corp.example`, firstName: "Ada" }));
    name.run(login, `usr_${index}`);
  }
  const event = db.prepare(
    "INSERT INTO events (node, seq, id, published, type, actor_id, event) VALUES ('bench', ?, ?, ?, 'logon.allowed', 'hst', ?)",
  );
  for (let seq = 1; seq <= EVENTS; seq++) event.run(seq, `evt_${seq}`, seq, JSON.stringify({ seq, text: "x".repeat(700) }));
  db.exec("COMMIT");
  db.close();
}

interface Moved {
  rows: number;
  seconds: number;
}

function migrate(from: string, to: string): Moved {
  const args = ["--disable-warning=ExperimentalWarning", COMMAND, "migrate", "--from", from, "--to", to, "--json"];
  const done = spawnSync(process.execPath, args, { encoding: "utf8", maxBuffer: 1 << 26 });
  if (done.status !== 0) throw new Error(done.stderr);
  return JSON.parse(done.stdout);
}

function dumpAndRestore(cluster: Cluster): number {
  const began = performance.now();
  const at = ["-h", cluster.folder, "-p", `${cluster.port}`];
  const file = join(cluster.folder, "dump");
  asPostgres("pg_dump", ...at, "-Fc", "-Z0", "-f", file, "org");
  asPostgres("pg_restore", ...at, "-d", "copy", file);
  return (performance.now() - began) / 1000;
}

const cluster = await Cluster.make(join(folder, "postgres"), 15451);
try {
  const org = new Node(join(folder, "org"), 18091, "");
  await org.start(join(folder, "sealing.key"));
  await org.stop();
  fill(join(folder, "org/data/org.db"));
  for (const name of ["org", "copy"]) cluster.sql(`CREATE DATABASE ${name}`);
  const there = migrate(join(folder, "org/data"), cluster.url("org"));
  const back = migrate(cluster.url("org"), join(folder, "back"));
  const floor = there.rows / dumpAndRestore(cluster);
  for (const [way, { rows, seconds }] of Object.entries({ "SQLite → PostgreSQL": there, "PostgreSQL → SQLite": back })) {
    const rate = rows / seconds;
    const ratio = (rate / floor).toFixed(2);
    process.stdout.write(
      `migrate, ${way}: ${rows} rows, ${rate.toFixed(0)} rows/s; floor (dump and restore) ${floor.toFixed(0)} rows/s; ratio ${ratio}\n`,
    );
    if (rate < LEAST) throw new Error(`fewer than ${LEAST} rows a second`);
  }
} finally {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** What a backup of an org with 1,000,000 events does to those who log on meanwhile: the same logons without it, before and after, in one run. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { text } from "node:stream/consumers";
import { hashEvent, type LogEvent } from "@sallyport/contracts";
import { end, folder, makeKeys, manage, populate, ROOT, startOrg, stop } from "./logon-client.ts";
import { type Figures, figuresLine, SteadyLogons } from "./steady-logons.ts";

const EVENTS = Number(process.argv[2] ?? 1_000_000);
/** A code works once: nobody logs on twice within a step. */
const PEOPLE = 1600;
const QUIET_MS = 25_000;
/** How much longer than without a backup the longest logon may take. */
const MOST_MS = 50;

const data = join(folder, "data");

/** Events as years leave them behind, joined to the chain, written past the server. */
function fill(): void {
  const db = new DatabaseSync(join(data, "org.db"));
  db.exec("PRAGMA synchronous = OFF; BEGIN");
  const { event: last } = db.prepare("SELECT event FROM events ORDER BY seq DESC LIMIT 1").get() as { event: string };
  let { node, seq, hash: previous } = JSON.parse(last) as LogEvent;
  const insert = db.prepare(
    "INSERT INTO events (node, seq, id, published, type, reference, actor_id, host, event) VALUES (?, ?, ?, ?, 'logon.allowed', ?, ?, ?, ?)",
  );
  const host = "hst_00000000000000000000";
  for (const began = Date.now(); seq < EVENTS; ) {
    seq += 1;
    const reference = `B${seq}`;
    const rest: Omit<LogEvent, "hash"> = {
      node,
      seq,
      id: `evt_bench${seq}`,
      published: new Date(began).toISOString(),
      type: "logon.allowed",
      actor: { type: "host", id: host, name: "srv01" },
      target: { type: "user", id: `usr_${seq % 5000}` },
      outcome: "success",
      reference,
      host,
      data: {
        username: `person${seq % 5000}`,
        service: "sshd",
        scenario: "logon",
        address: { value: "203.0.113.7", origin: "socket" },
        amr: ["pwd", "otp"],
      },
      previous,
    };
    previous = hashEvent(rest);
    insert.run(node, seq, rest.id, began, reference, host, host, JSON.stringify({ ...rest, hash: previous }));
  }
  db.exec("COMMIT");
  db.close();
}

let logons: SteadyLogons;

/** With the largest size that the database's log reached, MB. */
async function logonsDuring(until: Promise<unknown>): Promise<Figures & { wal: number }> {
  let wal = 0;
  const figures = await logons.during(until, () => {
    wal = Math.max(wal, statSync(join(data, "org.db-wal")).size / 1e6);
  });
  return { ...figures, wal };
}

async function backup(): Promise<{ bytes: number; events: number; took: number }> {
  const began = performance.now();
  const args = ["--disable-warning=ExperimentalWarning", join(ROOT, "packages/cli/src/main.ts"), "backup", join(folder, "backup.db")];
  const child = spawn(process.execPath, [...args, "--data", data, "--json"], { stdio: ["ignore", "pipe", "inherit"] });
  const [said] = await Promise.all([text(child.stdout), once(child, "exit")]);
  if (child.exitCode !== 0) throw new Error(`the backup ended with ${child.exitCode}`);
  return { ...JSON.parse(said), took: performance.now() - began };
}

const quiet = () => new Promise((resolve) => setTimeout(resolve, QUIET_MS));

const line = (name: string, figures: Figures & { wal: number }) => figuresLine(name, figures, `   WAL ${figures.wal.toFixed(1)} MB`);

try {
  makeKeys();
  await startOrg(0);
  logons = new SteadyLogons(await populate(PEOPLE));
  await stop();
  fill();
  await startOrg(0);
  await logonsDuring(new Promise((resolve) => setTimeout(resolve, 5000)));
  const before = await logonsDuring(quiet());
  const writing = manage("POST", "/api/v1/org/backup", { file: join(folder, "written.db") });
  const written = await logonsDuring(writing);
  const between = await logonsDuring(quiet());
  const command = backup();
  const whole = await logonsDuring(command);
  const after = await logonsDuring(quiet());
  const { bytes, events, took } = await command;
  const { milliseconds } = await writing;
  line("before", before);
  line("while written", written);
  line("between", between);
  line("whole command", whole);
  line("after", after);
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  process.stdout.write(
    `${events} events, ${(bytes / 1e6).toFixed(0)} MB: written in ${seconds(milliseconds)} s; the command, with its check, ${seconds(took)} s\n`,
  );
  const more = Math.max(written.max, whole.max) - Math.max(before.max, between.max, after.max);
  process.stdout.write(`longest logon: ${more.toFixed(1)} ms more than without (at most ${MOST_MS})\n`);
  if (more > MOST_MS) process.exitCode = 1;
} finally {
  await end();
}

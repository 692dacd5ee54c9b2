/** One of several processes that race for the same single use, directly on one SQLite file: prints how often it won. */
import type { DatabaseSync } from "node:sqlite";
import { sqliteBuilder } from "../../src/store/builder.ts";
import { clientsStore } from "../../src/store/clients.ts";
import { enrolmentsStore } from "../../src/store/enrolments.ts";
import { hostsStore } from "../../src/store/hosts.ts";
import { secretsStore } from "../../src/store/secrets.ts";
import { SqliteConnection } from "../../src/store/sqlite-connection.ts";
import { transactionsStore } from "../../src/store/transactions.ts";

const [file = "", what = "", rounds = "1"] = process.argv.slice(2);
const sql = new SqliteConnection(file, { readOnly: false });
sql.exec("PRAGMA busy_timeout = 20000; PRAGMA synchronous = OFF");
const build = sqliteBuilder();
const clients = clientsStore(sql, build);
const hosts = hostsStore(sql, build);
const enrolments = enrolmentsStore(sql, build, 1);

/** Each answers true for a win. Every round is another thing to win. */
const RACES: Record<string, (round: number) => Promise<boolean>> = {
  jti: (round) => hosts.consumeJti("hst", `jti${round}`, 1),
  code: (round) => hosts.consumeCode(`code${round}`, 1),
  step: (round) => enrolments.consumeStep("enr", round),
  link: (round) => secretsStore(sql, build).consumeLink(`link${round}`, "race", 1),
  advance: (round) => transactionsStore(sql, build).advance(`trx${round}`, 1, { status: "SUCCESS" }),
  generation: (round) => hosts.rotateGeneration(`hst${round}`, "g1", `g2-${process.pid}`, "c", "b"),
  nonce: (round) => clients.consumeNonce("client", `nonce${round}`, 1),
  rotation: (round) => clients.advance(`client${round}`, 1),
  registration: async () => (await clients.takeRegistration("client")) !== undefined,
  try: async () => (await enrolments.takeTry("enr", 100, 1)) !== undefined,
  // The mutant: what every one of the above would be without its guard. It must lose the race.
  mutant: (round) => readThenWrite(round),
};

async function readThenWrite(round: number): Promise<boolean> {
  const db = (sql as unknown as { db: DatabaseSync }).db;
  const used = db.prepare("SELECT used_at FROM host_codes WHERE id = ?").get(`code${round}`) as { used_at: number | null };
  // What any await between reading and writing does: somebody else's turn.
  await new Promise((resolve) => setTimeout(resolve, 1));
  if (used.used_at !== null) return false;
  db.prepare("UPDATE host_codes SET used_at = 1 WHERE id = ?").run(`code${round}`);
  return true;
}

// All start together: the parent writes one line when everybody is ready.
process.stdout.write("ready\n");
await new Promise((resolve) => process.stdin.once("data", resolve));
const won: number[] = [];
for (let round = 0; round < Number(rounds); round++) {
  if (await RACES[what]?.(round)) won.push(round);
}
process.stdout.write(`${JSON.stringify(won)}\n`);
process.exit(0);

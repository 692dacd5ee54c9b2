/** One of several processes that race for the same single use, directly on one database: prints in which rounds it won. */
import { bypassCodesStore } from "../../src/store/bypass-codes.ts";
import { challengesStore } from "../../src/store/challenges.ts";
import { clientsStore } from "../../src/store/clients.ts";
import { enrolmentsStore } from "../../src/store/enrolments.ts";
import { hostsStore } from "../../src/store/hosts.ts";
import { leasesStore } from "../../src/store/leases.ts";
import { NameLookup } from "../../src/store/name-lookup.ts";
import { outboxStore } from "../../src/store/outbox.ts";
import { recoveryCodesStore } from "../../src/store/recovery-codes.ts";
import { secretsStore } from "../../src/store/secrets.ts";
import { sendCapsStore } from "../../src/store/send-caps.ts";
import { ticketsStore } from "../../src/store/tickets.ts";
import { transactionsStore } from "../../src/store/transactions.ts";
import { usersStore } from "../../src/store/users.ts";
import { openDirectly } from "./directly.ts";

const [target = "", what = "", rounds = "1"] = process.argv.slice(2);
const { sql, build } = await openDirectly(target);
const clients = clientsStore(sql, build);
const hosts = hostsStore(sql, build);
const enrolments = enrolmentsStore(sql, build, 1);
const leases = leasesStore(sql, build);
const challenges = challengesStore(sql, build);

/** Each answers true for a win. Every round is another thing to win. */
const RACES: Record<string, (round: number) => Promise<boolean>> = {
  jti: (round) => hosts.consumeJti("hst", `jti${round}`, 1),
  code: (round) => hosts.consumeCode(`code${round}`, 1),
  step: (round) => enrolments.consumeStep("enr", round),
  link: (round) => secretsStore(sql, build).consumeLink(`link${round}`, "race", 1),
  "recovery code": (round) => recoveryCodesStore(sql, build).consume("set", `s${round}`, 1),
  "bypass code": (round) => bypassCodesStore(sql, build).consume(`byp${round}`, 1, null),
  advance: (round) => transactionsStore(sql, build).advance(`trx${round}`, 1, { status: "SUCCESS" }),
  generation: (round) => hosts.rotateGeneration(`hst${round}`, "g1", `g2-${process.pid}`, "c", "b"),
  nonce: (round) => clients.consumeNonce("client", `nonce${round}`, 1),
  rotation: (round) => clients.advance(`client${round}`, 1),
  registration: async () => (await clients.takeRegistration("client")) !== undefined,
  lease: async (round) => (await leases.take(`new${round}`, `${process.pid}`, 1, 10)) !== undefined,
  "ended lease": async (round) => (await leases.take(`ended${round}`, `${process.pid}`, 100, 10)) !== undefined,
  challenge: (round) => challenges.answer(`chl${round}`, "yes", 1),
  ticket: (round) => ticketsStore(sql, build).consume(`tkt${round}`, 1),
  counter: (round) => enrolments.raiseCounter(`key${round}`, 7),
  letter: async (round) => (await outboxStore(sql, build).take(1 + round, 1000, undefined)) !== undefined,
  "password try": async () => (await usersStore(sql, build, new NameLookup(build)).takePasswordTry("usr_race", 100, 1)) !== undefined,
  "ticket try": async () => (await ticketsStore(sql, build).takeTry("tkt_try", 100, 1)) !== undefined,
  push: (round) => sendCapsStore(sql, build).take("usr_race", "push", 1_000_000_000 + round, 1_000_000),
  try: async () => (await enrolments.takeTry("enr", 100, 1)) !== undefined,
  // The mutants: what every one of the above would be without its guard. They must lose the race.
  mutant: (round) => readThenWrite(round),
  "recovery mutant": (round) => unusedThenUse(round),
  "challenge mutant": (round) => openThenAnswer(round),
  "step mutant": (round) => freshThenBurn(round),
  "lease mutant": (round) => freeThenTake(round),
};

/** What any await between reading and writing does: somebody else's turn. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

async function readThenWrite(round: number): Promise<boolean> {
  const used = await sql.first(build.selectFrom("host_codes").select("used_at").where("id", "=", `code${round}`));
  await turn();
  if (used?.used_at !== null) return false;
  await sql.run(build.updateTable("host_codes").set({ used_at: 1 }).where("id", "=", `code${round}`));
  return true;
}

async function unusedThenUse(round: number): Promise<boolean> {
  const found = await recoveryCodesStore(sql, build).find("set", `s${round}`);
  await turn();
  if (found?.usedAt !== null) return false;
  await sql.run(
    build.updateTable("recovery_codes").set({ used_at: 1 }).where("enrolment_id", "=", "set").where("selector", "=", `s${round}`),
  );
  return true;
}

async function openThenAnswer(round: number): Promise<boolean> {
  const found = await challenges.byId(`chl${round}`);
  await turn();
  if (found?.answeredAt !== null) return false;
  await sql.run(build.updateTable("challenges").set({ answer: "yes", answered_at: 1 }).where("id", "=", `chl${round}`));
  return true;
}

async function freshThenBurn(round: number): Promise<boolean> {
  const used = await sql.first(build.selectFrom("used_steps").select("step").where("enrolment_id", "=", "enr").where("step", "=", round));
  await turn();
  if (used !== undefined) return false;
  const step = { enrolment_id: "enr", step: round, at: 1 };
  await sql.run(
    build
      .insertInto("used_steps")
      .values(step)
      .onConflict((c) => c.doNothing()),
  );
  return true;
}

async function freeThenTake(round: number): Promise<boolean> {
  const free = await leases.free(`ended${round}`, 100);
  await turn();
  if (!free.includes(`ended${round}`)) return false;
  await sql.run(
    build
      .updateTable("leases")
      .set({ holder: `${process.pid}`, expires: 110 })
      .where("name", "=", `ended${round}`),
  );
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

/** Single uses and caps hold when several processes race for them; without the guard they do not, so these tests can fail. Exported, and run on each database. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";
import type { Store } from "../../src/flows/store.ts";
import {
  addUser,
  appRow,
  bypassCodeRow,
  challengeRow,
  clientRow,
  enrolmentRow,
  hostRow,
  outboxRow,
  recoveryCodeRow,
  ticketRow,
  transactionRow,
} from "./rows.ts";

const ROUNDS = 40;
/** What is used up by whoever comes first. */
const ONCE = [
  "jti",
  "code",
  "step",
  "link",
  "advance",
  "generation",
  "nonce",
  "rotation",
  "recovery code",
  "bypass code",
  "challenge",
  "ticket",
  "counter",
  "letter",
];

/** An empty store, and where the racers find the same database (see `openDirectly`). */
export type NewDatabase = () => Promise<{ store: Store; target: string }>;

/** A database with something to win in every round. */
async function prepare(newDatabase: NewDatabase): Promise<string> {
  const { store, target } = await newDatabase();
  await store.inTransaction(async (tx) => {
    const app = appRow("race");
    await tx.apps.insert(app);
    const user = await addUser(tx, "racer", { id: "usr_race" });
    await tx.tickets.insert(ticketRow(user.id, { id: "tkt_try", selector: "tries" }));
    await tx.enrolments.insert(enrolmentRow(user.id, { id: "enr" }));
    await tx.enrolments.insert(enrolmentRow(user.id, { id: "set", kind: "recovery" }));
    await tx.clients.insert(clientRow(app.id, { id: "client", cap: 100 }));
    for (let round = 0; round < ROUNDS; round++) {
      const id = `code${round}`;
      const rest = { name: null, sealedSecret: "v1", created: 1, createdBy: "t", expires: 10, usedAt: null };
      await tx.hosts.insertCode({ id, appId: app.id, ...rest });
      await tx.clients.insert(clientRow(app.id, { id: `client${round}` }));
      await tx.hosts.insert(hostRow(app.id, { id: `hst${round}`, generation: "g1" }));
      await tx.transactions.insert(transactionRow({ id: `trx${round}` }));
      await tx.secrets.insertLink({ hash: `link${round}`, purpose: "race", expires: 10 });
      await tx.recoveryCodes.insert([recoveryCodeRow("set", `s${round}`)]);
      await tx.bypassCodes.insert(bypassCodeRow(user.id, app.id, { id: `byp${round}`, selector: `s${round}`, expires: 10 }));
      await tx.challenges.insert(challengeRow(user.id, { id: `chl${round}` }));
      await tx.tickets.insert(ticketRow(user.id, { id: `tkt${round}`, selector: `s${round}` }));
      await tx.enrolments.insert(enrolmentRow(user.id, { id: `key${round}`, kind: "passkey" }));
      // One is due at a time, and put off far beyond the race by whoever takes it.
      await tx.outbox.insert(outboxRow({ nextAt: 1 + round, expires: 5000 }));
      await tx.leases.take(`ended${round}`, "nobody", 1, 10);
    }
  });
  await store.close();
  return target;
}

/** Wins of each process, in rounds. */
async function race(newDatabase: NewDatabase, what: string, processes: number, rounds: number): Promise<number[][]> {
  const target = await prepare(newDatabase);
  const racers = Array.from({ length: processes }, () => {
    const args = ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "racer.ts"), target, what, String(rounds)];
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return { child, lines, gone: once(child, "close") };
  });
  for (const { lines } of racers) assert.equal((await lines.next()).value, "ready");
  for (const { child } of racers) child.stdin.write("go\n");
  const won = await Promise.all(racers.map(async ({ lines }) => JSON.parse((await lines.next()).value ?? "[]") as number[]));
  await Promise.all(racers.map(({ gone }) => gone));
  return won;
}

const winners = (won: number[][], round: number) => won.filter((rounds) => rounds.includes(round)).length;

/** @param processes at most: a database server takes only so many connections. */
export function raceContract(name: string, newDatabase: NewDatabase, processes = 16): void {
  describe(`races on ${name}`, () => {
    for (const what of [...ONCE, "lease", "ended lease"]) {
      test(`S4: ${processes} processes race for each ${what}: exactly one wins`, async () => {
        const won = await race(newDatabase, what, processes, ROUNDS);
        for (let round = 0; round < ROUNDS; round++) assert.equal(winners(won, round), 1, `round ${round}`);
      });
    }

    test("S1: 512 tries by 8 processes take exactly the cap of 100", async () => {
      const won = await race(newDatabase, "try", 8, 64);
      assert.equal(won.flat().length, 100);
    });

    for (const what of ["password try", "ticket try"]) {
      test(`S1, S2: 512 of a ${what} by 8 processes take exactly the cap of 100`, async () => {
        const won = await race(newDatabase, what, 8, 64);
        assert.equal(won.flat().length, 100);
      });
    }

    test("S10: 512 logons by 8 processes take exactly the five pushes of one user", async () => {
      const won = await race(newDatabase, "push", 8, 64);
      assert.equal(won.flat().length, 5);
    });

    test("S4: 512 registrations by 8 processes take exactly the client's cap of 100", async () => {
      const won = await race(newDatabase, "registration", 8, 64);
      assert.equal(won.flat().length, 100);
    });

    for (const mutant of ["mutant", "lease mutant", "recovery mutant", "challenge mutant", "step mutant"]) {
      test(`the ${mutant} that reads first and writes afterwards lets more than one through`, async () => {
        const won = await race(newDatabase, mutant, processes, ROUNDS);
        const doubled = Array.from({ length: ROUNDS }, (_, round) => winners(won, round)).filter((count) => count > 1).length;
        assert.ok(doubled > 0, "the race is sharp enough to catch a missing guard");
      });
    }
  });
}

/** Single uses and caps hold when several processes race for them; without the guard they do not, so these tests can fail. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { openSqlite } from "../../src/store/sqlite.ts";
import { addUser, appRow, clientRow, enrolmentRow, hostRow, transactionRow } from "./rows.ts";

const ROUNDS = 40;
let folder: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-races-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** A database with something to win in every round. */
async function prepare(name: string): Promise<string> {
  const file = join(folder, `${name}.db`);
  const store = await openSqlite({ file, now: () => 1 });
  await store.inTransaction(async (tx) => {
    const app = appRow("race");
    await tx.apps.insert(app);
    const user = await addUser(tx, "racer");
    await tx.enrolments.insert(enrolmentRow(user.id, { id: "enr" }));
    await tx.clients.insert(clientRow(app.id, { id: "client", cap: 100 }));
    for (let round = 0; round < ROUNDS; round++) {
      const code = {
        id: `code${round}`,
        appId: app.id,
        name: null,
        sealedSecret: "v1",
        created: 1,
        createdBy: "t",
        expires: 10,
        usedAt: null,
      };
      await tx.hosts.insertCode(code);
      await tx.clients.insert(clientRow(app.id, { id: `client${round}` }));
      await tx.hosts.insert(hostRow(app.id, { id: `hst${round}`, generation: "g1" }));
      await tx.transactions.insert(transactionRow({ id: `trx${round}` }));
      await tx.secrets.insertLink({ hash: `link${round}`, purpose: "race", expires: 10 });
    }
  });
  await store.close();
  return file;
}

/** Wins of each process, in rounds. */
async function race(what: string, processes: number, rounds: number): Promise<number[][]> {
  const file = await prepare(`${what}${processes}`);
  const racers = Array.from({ length: processes }, () => {
    const args = ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "racer.ts"), file, what, String(rounds)];
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

for (const what of ["jti", "code", "step", "link", "advance", "generation", "nonce", "rotation"]) {
  test(`S4: 16 processes race for each ${what}: exactly one wins`, async () => {
    const won = await race(what, 16, ROUNDS);
    for (let round = 0; round < ROUNDS; round++) assert.equal(winners(won, round), 1, `round ${round}`);
  });
}

test("S1: 512 tries by 8 processes take exactly the cap of 100", async () => {
  const won = await race("try", 8, 64);
  assert.equal(won.flat().length, 100);
});

test("S4: 512 registrations by 8 processes take exactly the client's cap of 100", async () => {
  const won = await race("registration", 8, 64);
  assert.equal(won.flat().length, 100);
});

test("the mutant that reads first and writes afterwards lets more than one through", async () => {
  const won = await race("mutant", 16, ROUNDS);
  const doubled = Array.from({ length: ROUNDS }, (_, round) => winners(won, round)).filter((count) => count > 1).length;
  assert.ok(doubled > 0, "the race is sharp enough to catch a missing guard");
});

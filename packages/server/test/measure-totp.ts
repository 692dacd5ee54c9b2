/** How many TOTP codes an org on SQLite verifies in a second, each used up durably, through the flow of the product. Prints JSON; for `bench/totp.ts`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret, TOTP } from "otpauth";
import { verifyFactor } from "../src/flows/authn/verify-factor.ts";
import { newTotp } from "../src/flows/enrolling/totp.ts";
import { hashToken } from "../src/flows/host-link/start-logon.ts";
import { newId, newStateToken } from "../src/flows/ids.ts";
import type { Store } from "../src/flows/store.ts";
import { type Keys, openKeys } from "../src/keys/keys.ts";
import { argonPasswords } from "../src/passwords/passwords.ts";
import { openSqlite } from "../src/store/sqlite.ts";
import { addUser, transactionRow } from "./store/rows.ts";

interface Ready {
  stateToken: string;
  factorId: string;
  secret: string;
}

const [count = "8000", atOnce = "256"] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
const store = await openSqlite({ file: join(folder, "org.db"), now: Date.now });
try {
  const keys = await openKeys(store, join(folder, "sealing.key"));
  const deps = { store, keys, passwords: argonPasswords(), orgUrl: "https://localhost" };
  const ready = await prepare(store, keys, Number(count));
  const queue = ready.map(({ secret, ...rest }) => ({ ...rest, passCode: new TOTP({ secret: Secret.fromBase32(secret) }).generate() }));
  const floor = await rate(queue, (one) => store.inTransaction((tx) => tx.secrets.setMeta(`bench ${one.factorId}`, "1")));
  const began = process.cpuUsage();
  const verified = await rate(queue, async (one) => {
    const outcome = await verifyFactor(deps, (fn) => store.inTransaction((tx) => fn(tx, undefined)), one);
    if (outcome.kind !== "right") throw new Error(outcome.kind);
  });
  const { user, system } = process.cpuUsage(began);
  // What one verification takes of a processor, in ms: means something on a busy machine as well.
  process.stdout.write(`${JSON.stringify({ verified, floor, cpuMs: (user + system) / 1000 / queue.length })}\n`);
} finally {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
}

/** Everybody with a factor and a transaction that waits for its code. */
async function prepare(into: Store, keys: Keys, people: number): Promise<Ready[]> {
  const ready: Ready[] = [];
  while (ready.length < people) {
    await into.inTransaction(async (tx) => {
      for (let index = 0; index < 200; index++) {
        const secret = new Secret({ size: 20 });
        const user = await addUser(tx, `person${ready.length}`);
        const factor = newTotp(keys, {
          id: newId("enr"),
          userId: user.id,
          secret: new Uint8Array(secret.buffer),
          active: true,
          now: tx.now,
        });
        await tx.enrolments.insert(factor);
        const stateToken = newStateToken();
        const own = {
          id: newId("trx"),
          userId: user.id,
          drive: "page" as const,
          factors: [factor.id],
          opened: tx.now,
          expires: tx.now + 300_000,
        };
        await tx.transactions.insert(transactionRow({ ...own, tokenHash: hashToken(stateToken) }));
        ready.push({ stateToken, factorId: factor.id, secret: secret.base32 });
      }
    });
  }
  return ready;
}

async function rate<T>(all: T[], work: (one: T) => Promise<void>): Promise<number> {
  const queue = [...all];
  const began = performance.now();
  await Promise.all(
    Array.from({ length: Number(atOnce) }, async () => {
      for (let one = queue.pop(); one; one = queue.pop()) await work(one);
    }),
  );
  return (all.length / (performance.now() - began)) * 1000;
}

/** Measures how long it takes to resolve a name: `node measure-names.ts <file or address> <app> <people>`; prints one JSON value, times in ms. */
import assert from "node:assert/strict";
import type { NameRule } from "@sallyport/contracts";
import { plainRule } from "@sallyport/contracts";
import { resolveName } from "../src/flows/host-link/resolve-name.ts";
import type { Store } from "../src/flows/store.ts";
import { openPostgres } from "../src/store/postgres.ts";
import { openSqlite } from "../src/store/sqlite.ts";

const [where = "", appId = "", count = "1"] = process.argv.slice(2);
/** So many readings at once that each of the store's connections is open, and has planned the statement, before time is taken. */
const AT_ONCE = 8;
const WARM = 2000;
const LOOKS = 5000;

const rules: NameRule[] = [...plainRule.options, { rule: "prefix", prefix: "adm-", then: "samAccountName" }];

/** All the forms in which somebody may be named, and some who are nobody. */
function typed(at: number): { username: string; known: boolean } {
  const n = 50 * Math.ceil(((at * 7919) % Number(count)) / 50) + 2;
  const known = n <= Number(count);
  const forms = [
    `person${n}`,
    `CORP\\person${n}`,
    `old-corp\\Person${n}`,
    `person${n}@corp.test`,
    `adm-person${n}`,
    `person${n}@mail.test`,
  ];
  return at % 10 === 9 ? { username: `nobody${at}`, known: false } : { username: forms[at % forms.length] as string, known };
}

async function open(): Promise<Store> {
  if (!where.startsWith("postgres")) return openSqlite({ file: where, now: Date.now });
  return openPostgres({ url: where, onTimeline: async () => undefined, say: () => undefined });
}

const store = await open();
try {
  const app = await store.read((tx) => tx.apps.byId(appId));
  assert.ok(app);
  const host = { id: "hst", name: "srv01", domain: "CORP" };
  const look = (at: number) =>
    store.read(async (tx) => {
      const { username, known } = typed(at);
      const began = performance.now();
      const { resolution } = await resolveName(tx, { ...app, nameRules: rules }, host, { username });
      const ms = performance.now() - began;
      assert.equal(resolution.kind, known ? "found" : "unknown", username);
      return { ms, found: known };
    });
  for (let at = 0; at < WARM; at += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, (_, one) => look(at + one)));
  const times: number[] = [];
  let found = 0;
  for (let at = WARM; at < WARM + LOOKS; at++) {
    const looked = await look(at);
    times.push(looked.ms);
    found += looked.found ? 1 : 0;
  }
  // The floor: one statement that finds a row of an index, on the same connection.
  const floor: number[] = [];
  for (let at = 0; at < LOOKS; at++)
    await store.read(async (tx) => {
      const began = performance.now();
      await tx.users.byId(`usr_many${1 + ((at * 7919) % Number(count))}`);
      floor.push(performance.now() - began);
    });
  const part = (all: number[], share: number) => all.sort((a, b) => a - b)[Math.floor(all.length * share)];
  const figures = { found, p50: part(times, 0.5), p99: part(times, 0.99), floor50: part(floor, 0.5), floor99: part(floor, 0.99) };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
} finally {
  await store.close();
}

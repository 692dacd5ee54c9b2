/** The store's contract and races on PostgreSQL. Not part of `npm test`: `e2e/postgres` runs it, with a server at SALLYPORT_TEST_POSTGRES. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import pg from "pg";
import { openPostgres } from "../../src/store/postgres.ts";
import { raceContract } from "./races.contract.ts";
import { storeContract } from "./store.contract.ts";

/** A superuser's URL without a database. */
const SERVER = process.env["SALLYPORT_TEST_POSTGRES"] ?? "";
const folder = mkdtempSync(join(tmpdir(), "sallyport-clock-"));
chmodSync(folder, 0o755);
after(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;

async function newDatabase(): Promise<string> {
  const name = `t${process.pid}_${count++}`;
  await run("postgres", `CREATE DATABASE ${name}`);
  return `${SERVER}/${name}`;
}

async function run(database: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client(`${SERVER}/${database}`);
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

/** The server's clock becomes the test's: a function of the same name that is found first reads it from a file. */
async function withClock(url: string): Promise<{ now: number }> {
  const file = join(folder, `${count}`);
  const database = new URL(url).pathname.slice(1);
  await run(
    database,
    "CREATE SCHEMA clock",
    `CREATE FUNCTION clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
      AS $$ SELECT to_timestamp(pg_read_file('${file}')::numeric::float8 / 1000) $$`,
    `ALTER DATABASE ${database} SET search_path = public, clock, pg_catalog`,
  );
  writeFileSync(file, "1");
  let now = 1;
  return {
    get now() {
      return now;
    },
    set now(value: number) {
      now = value;
      writeFileSync(file, String(value));
    },
  };
}

const open = (url: string) => openPostgres({ url, onTimeline: async () => undefined, say: () => undefined });

storeContract("PostgreSQL", async () => {
  const url = await newDatabase();
  const clock = await withClock(url);
  const store = await open(url);
  return { store, clock, close: () => store.close() };
});

raceContract("PostgreSQL", async () => {
  const target = await newDatabase();
  return { store: await open(target), target };
});

/** New databases on the PostgreSQL at SALLYPORT_TEST_POSTGRES (a superuser's URL without a database), with a clock that a test moves. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import pg from "pg";
import type { Store } from "../../src/flows/store.ts";
import { openPostgres } from "../../src/store/postgres.ts";

const SERVER = process.env["SALLYPORT_TEST_POSTGRES"] ?? "";
const folder = mkdtempSync(join(tmpdir(), "sallyport-clock-"));
chmodSync(folder, 0o755);
after(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;

export async function newDatabase(): Promise<string> {
  const name = `t${process.pid}_${count++}`;
  await runOn("postgres", `CREATE DATABASE ${name}`);
  return `${SERVER}/${name}`;
}

export async function runOn(database: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client(`${SERVER}/${database}`);
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

/** The server's clock becomes the test's: a function of the same name that is found first reads it from a file. */
export async function withClock(url: string): Promise<{ now: number }> {
  const file = join(folder, `${count}`);
  const database = new URL(url).pathname.slice(1);
  await runOn(
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

export const openStore = (url: string): Promise<Store> => openPostgres({ url, onTimeline: async () => undefined, say: () => undefined });

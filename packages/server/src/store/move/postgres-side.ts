/** A PostgreSQL as a side of a move. */
import { Client } from "pg";
import { DatabaseFault } from "../../flows/store.ts";
import { type Applied, migratePostgres, missingSteps } from "../migrate.ts";
import { CLOCK, connectionConfig, type DatabaseAddress, PostgresConnection } from "../postgres-connection.ts";
import { asPostgresFault } from "../postgres-faults.ts";
import { greet } from "../postgres-greeting.ts";
import { AT_ONCE, type Side } from "./side.ts";
import { quoted, type Row, type Table } from "./table.ts";

/** A move takes its time: the limits of a logon are not for it. */
const PATIENT = { statement_timeout: "0", idle_in_transaction_session_timeout: "0", enable_seqscan: "on" };
const LONGEST_MS = 10 * 60_000;

/** Throws `DatabaseFault` when the database cannot be used. */
export async function openPostgresSide(address: DatabaseAddress, as: "source" | "target"): Promise<Side> {
  const client = new Client({ ...connectionConfig(address, PATIENT), query_timeout: LONGEST_MS });
  const connection = new PostgresConnection(client, LONGEST_MS);
  client.on("error", () => undefined);
  try {
    await client.connect();
    await greet(connection);
    if (as === "target") await migratePostgres(connection);
    else await refuseOlder(connection);
    return postgresSide(connection, nameOf(address.url));
  } catch (error) {
    await client.end().catch(() => undefined);
    throw asPostgresFault(error);
  }
}

function nameOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}${port === "" ? "" : `:${port}`}${pathname}`;
}

async function refuseOlder(connection: PostgresConnection): Promise<void> {
  const [known] = await connection.exec("SELECT to_regclass('migrations') IS NOT NULL AS known");
  if (known?.["known"] !== true) throw new DatabaseFault("org.database", "there is no org in this database");
  const done = (await connection.exec("SELECT version, checksum FROM migrations")) as unknown as Applied[];
  if (missingSteps(done).length === 0) return;
  throw new DatabaseFault("org.migration", "the org in this database has an older schema: start and stop `sallyport serve` on it once");
}

function postgresSide(connection: PostgresConnection, name: string): Side {
  const { client } = connection;
  return {
    name,
    async begin(as, tables) {
      // A server that starts takes the same lock: it waits, and finds the org moved.
      await connection.exec("BEGIN ISOLATION LEVEL REPEATABLE READ; LOCK TABLE migrations IN EXCLUSIVE MODE");
      if (as === "source") await refuseHeld(connection);
      else await refuseUsed(connection, name, tables);
    },
    async *rows(table) {
      const names = quoted(table.columns.map((column) => column.name));
      const ordered = `SELECT ${names} FROM ${table.name} ORDER BY ${quoted(table.order)}`;
      await connection.exec(`DECLARE reading NO SCROLL CURSOR FOR ${ordered}`);
      for (;;) {
        const { rows } = await client.query<Row & unknown[]>({ text: `FETCH ${AT_ONCE} FROM reading`, rowMode: "array" });
        if (rows.length > 0) yield rows;
        if (rows.length < AT_ONCE) break;
      }
      await connection.exec("CLOSE reading");
    },
    async insert(table, rows) {
      // A column at a time: the server takes a thousand rows as one statement of a few parameters.
      const columns = table.columns.map((_, index) => rows.map((row) => row[index]));
      const types = table.columns.map(({ text }, index) => `$${index + 1}::${text ? "text" : "bigint"}[]`).join(", ");
      const names = quoted(table.columns.map((column) => column.name));
      await connection.exec("SAVEPOINT portion");
      try {
        await client.query(`INSERT INTO ${table.name} (${names}) SELECT * FROM unnest(${types})`, columns);
        await connection.exec("RELEASE portion");
      } catch (error) {
        await connection.exec("ROLLBACK TO portion; RELEASE portion");
        throw asPostgresFault(error);
      }
    },
    async renumber({ name: table, numbered }) {
      if (numbered === undefined) return;
      const highest = `(SELECT max("${numbered}") FROM ${table})`;
      await connection.exec(`SELECT setval(pg_get_serial_sequence('${table}', '${numbered}'), ${highest}) WHERE ${highest} IS NOT NULL`);
    },
    commit: async () => void (await connection.exec("COMMIT")),
    close: () => client.end(),
  };
}

/** A node that was killed holds its name until the lease ends. */
async function refuseHeld(connection: PostgresConnection): Promise<void> {
  const [held] = await connection.exec(
    `SELECT name, holder, ceil((expires - now) / 1000.0)::bigint AS seconds FROM leases, (SELECT ${CLOCK}) AS clock
      WHERE name LIKE 'node/%' AND expires > now ORDER BY name LIMIT 1`,
  );
  if (!held) return;
  const [host, pid] = String(held["holder"]).split(":");
  throw new DatabaseFault(
    "org.database",
    `a sallyport serve (process ${pid} on ${host}) holds the database; stop it first, or wait ${held["seconds"]} s if it was killed`,
  );
}

async function refuseUsed(connection: PostgresConnection, name: string, tables: readonly Table[]): Promise<void> {
  for (const table of tables) {
    const [row] = await connection.exec(`SELECT 1 AS one FROM ${table.name} LIMIT 1`);
    if (row) throw new DatabaseFault("org.database", `${name} is not empty: its table ${table.name} has rows`);
  }
}

/** What a PostgreSQL server must be before it is used: new enough, UTF-8, able to write, durable. */
import { DatabaseFault } from "../flows/store.ts";
import type { PostgresConnection } from "./postgres-connection.ts";

/** The oldest one that its makers still looked after when this was written, and that has all we use. */
const LEAST_VERSION = 14;

export interface Greeting {
  /** Rises with every failover and every restore to a point in time (postgresql.org/docs/15/continuous-archiving.html). */
  timeline: number;
}

/** Throws `DatabaseFault` with one sentence for a server that cannot be used. */
export async function greet(connection: PostgresConnection): Promise<Greeting> {
  const [row] = await connection.exec(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding,
      current_setting('synchronous_commit') AS durable, pg_is_in_recovery() AS standby`,
  );
  const version = Math.floor(Number(row?.["version"]) / 10_000);
  if (version < LEAST_VERSION) throw refuse(`the database server is PostgreSQL ${version}; ${LEAST_VERSION} or newer is needed`);
  if (row?.["encoding"] !== "UTF8") throw refuse(`the database is encoded in ${row?.["encoding"]}; create it with ENCODING 'UTF8'`);
  if (row["standby"] === true) throw refuse("the database server is a standby and takes no writes: name the primary");
  // A commit that was answered must survive a power cut; what asks for more than that (standbys) stays as the administrator set it.
  if (row["durable"] === "off") await connection.exec("SET synchronous_commit = on");
  const [wal] = await connection.exec("SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8) AS timeline");
  return { timeline: Number.parseInt(String(wal?.["timeline"]), 16) };
}

function refuse(sentence: string): DatabaseFault {
  return new DatabaseFault("org.database", sentence);
}

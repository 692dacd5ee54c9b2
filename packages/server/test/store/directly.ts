/** A database without a store around it: a file of SQLite, or a URL of PostgreSQL. */
import pg from "pg";
import { type Builder, postgresBuilder, sqliteBuilder } from "../../src/store/builder.ts";
import { connectionConfig, PostgresConnection } from "../../src/store/postgres-connection.ts";
import type { Sql } from "../../src/store/sql.ts";
import { SqliteConnection } from "../../src/store/sqlite-connection.ts";

export async function openDirectly(target: string): Promise<{ sql: Sql; build: Builder }> {
  if (target.startsWith("postgres:")) {
    const client = new pg.Client(connectionConfig({ url: target }));
    await client.connect();
    return { sql: new PostgresConnection(client), build: postgresBuilder() };
  }
  const sql = new SqliteConnection(target, { readOnly: false });
  sql.exec("PRAGMA busy_timeout = 20000; PRAGMA synchronous = OFF");
  return { sql, build: sqliteBuilder() };
}

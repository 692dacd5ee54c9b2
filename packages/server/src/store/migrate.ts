/** Brings a database to the newest schema, whole or not at all; a newer one than known is refused. */
import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { DatabaseFault } from "../flows/store.ts";
import { MIGRATIONS, type Migration, SCHEMA_VERSION } from "./migrations.ts";
import { asFault } from "./sqlite-connection.ts";

const POSITION = "integer PRIMARY KEY AUTOINCREMENT";

/** Throws `DatabaseFault`: `org.migration` for a newer or changed schema, `org.database` for what the disk says. */
export function migrateSqlite(db: DatabaseSync): void {
  try {
    db.exec("CREATE TABLE IF NOT EXISTS migrations (version integer PRIMARY KEY, checksum text NOT NULL)");
    const done = db.prepare("SELECT version, checksum FROM migrations ORDER BY version").all() as { version: number; checksum: string }[];
    const newest = done.at(-1)?.version ?? 0;
    if (newest > SCHEMA_VERSION) {
      throw new DatabaseFault(
        "org.migration",
        `the database has schema ${newest}, this version knows ${SCHEMA_VERSION}: install the version that wrote it, or restore a backup`,
      );
    }
    for (const migration of MIGRATIONS) apply(db, migration, done.find((row) => row.version === migration.version)?.checksum);
  } catch (error) {
    throw asFault(error);
  }
}

function apply(db: DatabaseSync, migration: Migration, known: string | undefined): void {
  const checksum = createHash("sha256").update(migration.statements.join(";\n")).digest("hex");
  if (known === checksum) return;
  if (known !== undefined) {
    throw new DatabaseFault(
      "org.migration",
      `schema ${migration.version} of the database is not the one that this version knows: it was made by a changed build`,
    );
  }
  db.exec("BEGIN IMMEDIATE");
  try {
    for (const statement of migration.statements) db.exec(statement.replace("{position}", POSITION));
    db.prepare("INSERT INTO migrations (version, checksum) VALUES (?, ?)").run(migration.version, checksum);
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

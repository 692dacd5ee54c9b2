/** Forgets what was kept only so that it could not be used twice, a few rows at a time between the units of others. */
import { type RawBuilder, sql as text } from "kysely";
import type { Builder } from "./builder.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { Sql } from "./sql.ts";

/** What is kept only so that it cannot be used twice, and the column that says until when it could be; `host_names` counts hours. */
const PURGED = [
  { table: "host_jtis", column: "expires", unit: 1 },
  { table: "used_steps", column: "at", unit: 1 },
  { table: "links", column: "expires", unit: 1 },
  { table: "bypass_codes", column: "expires", unit: 1 },
  { table: "challenges", column: "expires", unit: 1 },
  { table: "tickets", column: "expires", unit: 1 },
  { table: "outbox", column: "expires", unit: 1 },
  { table: "sessions", column: "expires", unit: 1 },
  { table: "host_names", column: "hour", unit: 3_600_000 },
] as const;
/** Rows a commit: nobody waits longer than for these. */
const PURGE_AT_ONCE = 500;

/** How a database names a row's place, and finds a few rows by it. */
export const ROW_PLACE = {
  sqlite: (some: RawBuilder<unknown>) => text`rowid IN (SELECT rowid ${some})`,
  // As an array, so that each row is fetched by its place instead of the table being read through.
  postgres: (some: RawBuilder<unknown>) => text`ctid = ANY (ARRAY (SELECT ctid ${some}))`,
};

/** @param before epoch ms; what ended earlier is forgotten. @param sql the connection that `commits` writes on. */
export async function purgeWith(
  commits: GroupCommit,
  sql: Sql,
  build: Builder,
  place: (some: RawBuilder<unknown>) => RawBuilder<unknown>,
  before: number,
): Promise<void> {
  await commits.add((tx) => tx.transactions.purge(before));
  for (const { table, column, unit } of PURGED) {
    const ended = text`FROM ${text.table(table)} WHERE ${text.ref(column)} < ${Math.floor(before / unit)} LIMIT ${text.lit(PURGE_AT_ONCE)}`;
    const some = text<{ one: number }>`DELETE FROM ${text.table(table)} WHERE ${place(ended)} RETURNING 1 AS one`;
    while ((await commits.add(async () => (await sql.all({ compile: () => some.compile(build) })).length)) === PURGE_AT_ONCE);
  }
}

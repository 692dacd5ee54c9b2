/** The two atomic primitives on which every single use and every counter stands (S1, S4). */
/*
 * Each is ONE statement, so that it is right under READ COMMITTED and SERIALIZABLE, in one process or many: of any number of callers
 * at once exactly the allowed number gets a row back. Nothing may read first and write afterwards in their place.
 */
import type { Compilable } from "kysely";
import type { Sql } from "./sql.ts";

/** `statement` inserts a unique row (ON CONFLICT DO NOTHING) or marks an unmarked one, and RETURNs it: true for the one caller who got it. */
export async function consumeOne(sql: Sql, statement: Compilable<unknown>): Promise<boolean> {
  return (await sql.first(statement)) !== undefined;
}

/** `statement` raises a counter only WHERE it is still below its bound, and RETURNs the new count; undefined when the bound was reached. */
export async function incrementIf(sql: Sql, statement: Compilable<{ count: number }>): Promise<number | undefined> {
  const row = await sql.first(statement);
  return row === undefined ? undefined : Number(row.count);
}

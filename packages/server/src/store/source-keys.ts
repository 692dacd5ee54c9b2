/** How people and groups are found by the key that their source gave them (S29), and get another one. */
import { Conflict } from "../flows/store.ts";
import type { SourceKeys } from "../flows/store-directory.ts";
import type { Builder } from "./builder.ts";
import type { Schema } from "./schema.ts";
import type { Sql } from "./sql.ts";

/** Ids of one statement: databases bound the number of values. */
const AT_ONCE = 500;

export function sourceKeys<T extends "users" | "groups", Row>(
  sql: Sql,
  build: Builder,
  table: T,
  fromRow: (row: Schema[T]) => Row,
): SourceKeys<Row> {
  // Both tables have the same three columns; as a union the builder would not know them.
  const name = table as "users";
  const byKey = (source: string, externalId: string) =>
    sql.first(build.selectFrom(name).selectAll().where("source", "=", source).where("external_id", "=", externalId));
  return {
    async byExternalId(source, externalId) {
      const row = await byKey(source, externalId);
      return row && fromRow(row as unknown as Schema[T]);
    },
    async ownedBy(source, ids) {
      const owned: string[] = [];
      for (let at = 0; at < ids.length; at += AT_ONCE) {
        const some = ids.slice(at, at + AT_ONCE);
        const statement = build.selectFrom(name).select("id").where("source", "=", source).where("id", "in", some);
        owned.push(...(await sql.all(statement)).map(({ id }) => id));
      }
      return owned;
    },
    async pageOfSource(source, { skip, limit, without }) {
      const all = build.selectFrom(name).where("source", "=", source);
      // A comparison with NULL is neither true nor false: who was deactivated by nobody named is counted.
      const counted =
        without === undefined
          ? all
          : all.where((eb) => eb.or([eb("status", "<>", "DEPROVISIONED"), eb("status_by", "is", null), eb("status_by", "<>", without)]));
      const row = await sql.first(counted.select((eb) => eb.fn.countAll<number>().as("count")));
      const page = counted.selectAll().orderBy("external_id").limit(limit).offset(skip);
      const rows = limit === 0 ? [] : await sql.all(page);
      return { total: Number(row?.count ?? 0), rows: rows.map((one) => fromRow(one as unknown as Schema[T])) };
    },
    async rekey(id, externalId) {
      const row = await sql.first(build.selectFrom(name).select("source").where("id", "=", id));
      const other = row && (await byKey(row.source, externalId));
      // Read first so that it is a conflict and not a fault; the unique index still stands behind it.
      if (other && other.id !== id) throw new Conflict(`the id ${externalId} of the source ${row.source}`);
      await sql.run(build.updateTable(name).set({ external_id: externalId }).where("id", "=", id));
    },
  };
}

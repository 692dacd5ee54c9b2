/** Stored clashes of names that wait for a decision, or had one. */
import type { DuplicateRow, DuplicatesStore } from "../flows/store-sources.ts";
import type { Builder } from "./builder.ts";
import { consumeOne } from "./primitives.ts";
import type { Schema } from "./schema.ts";
import type { Sql } from "./sql.ts";

export function duplicatesStore(sql: Sql, build: Builder): DuplicatesStore {
  const one = async (column: "id" | "fingerprint", value: string) => {
    const row = await sql.first(build.selectFrom("duplicates").selectAll().where(column, "=", value));
    return row && fromRow(row);
  };
  return {
    insert: (duplicate) =>
      consumeOne(
        sql,
        build
          .insertInto("duplicates")
          .values(toStored(duplicate))
          .onConflict((c) => c.doNothing())
          .returning("id"),
      ),
    byId: (id) => one("id", id),
    byFingerprint: (fingerprint) => one("fingerprint", fingerprint),
    async ofUser(userId) {
      const rows = await sql.all(build.selectFrom("duplicates").selectAll().where("users", "like", `%"${userId}"%`).orderBy("id"));
      return rows.map(fromRow).filter(({ userIds }) => userIds.includes(userId));
    },
    async list({ limit, after = "", status }) {
      let statement = build.selectFrom("duplicates").selectAll().where("id", ">", after).orderBy("id").limit(limit);
      if (status !== undefined) statement = statement.where("status", "=", status);
      return (await sql.all(statement)).map(fromRow);
    },
    move: (id, from, change) =>
      consumeOne(
        sql,
        build.updateTable("duplicates").set(changeOf(change)).where("id", "=", id).where("status", "=", from).returning("id"),
      ),
  };
}

function changeOf({ decision, decidedBy, ...rest }: Parameters<DuplicatesStore["move"]>[2]): Partial<Schema["duplicates"]> {
  return {
    ...rest,
    ...(decision === undefined ? {} : { decision: decision === null ? null : JSON.stringify(decision) }),
    ...(decidedBy === undefined ? {} : { decided_by: decidedBy }),
  };
}

function toStored({ userIds, decision, decidedBy, ...rest }: DuplicateRow): Schema["duplicates"] {
  return {
    ...rest,
    users: JSON.stringify(userIds),
    decision: decision == null ? null : JSON.stringify(decision),
    decided_by: decidedBy,
  };
}

function fromRow({ users, decision, decided_by, status, ...rest }: Schema["duplicates"]): DuplicateRow {
  return {
    ...rest,
    userIds: JSON.parse(users),
    status: status as DuplicateRow["status"],
    decision: decision === null ? null : JSON.parse(decision),
    decidedBy: decided_by,
  };
}

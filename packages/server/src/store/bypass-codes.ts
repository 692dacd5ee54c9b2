/** Stored bypass codes: used up, and withdrawn, in one statement each. */
import type { BypassCodeRow, BypassCodesStore } from "../flows/store-codes.ts";
import type { Builder } from "./builder.ts";
import { consumeOne } from "./primitives.ts";
import type { Schema } from "./schema.ts";
import type { Sql } from "./sql.ts";

export function bypassCodesStore(sql: Sql, build: Builder): BypassCodesStore {
  const all = build.selectFrom("bypass_codes").selectAll();
  const open = (id: string) =>
    build.updateTable("bypass_codes").where("id", "=", id).where("used_at", "is", null).where("revoked_at", "is", null).returning("id");
  return {
    insert: (code) => sql.run(build.insertInto("bypass_codes").values(toStored(code))),
    async byId(id) {
      const row = await sql.first(all.where("id", "=", id));
      return row && fromRow(row);
    },
    async find(userId, selector) {
      const row = await sql.first(all.where("user_id", "=", userId).where("selector", "=", selector));
      return row && fromRow(row);
    },
    async ofUser(userId) {
      return (await sql.all(all.where("user_id", "=", userId).orderBy("created", "desc").orderBy("id"))).map(fromRow);
    },
    consume: (id, now, usedOn) => consumeOne(sql, open(id).set({ used_at: now, used_on: usedOn }).where("expires", ">", now)),
    revoke: (id, now) => consumeOne(sql, open(id).set({ revoked_at: now }).where("expires", ">", now)),
  };
}

function toStored({ userId, appId, createdBy, usedAt, usedOn, revokedAt, ...rest }: BypassCodeRow): Schema["bypass_codes"] {
  return { ...rest, user_id: userId, app_id: appId, created_by: createdBy, used_at: usedAt, used_on: usedOn, revoked_at: revokedAt };
}

function fromRow({ user_id, app_id, created_by, used_at, used_on, revoked_at, ...rest }: Schema["bypass_codes"]): BypassCodeRow {
  return { ...rest, userId: user_id, appId: app_id, createdBy: created_by, usedAt: used_at, usedOn: used_on, revokedAt: revoked_at };
}

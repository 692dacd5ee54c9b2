/** Stored enrolment tickets: used up, withdrawn and confirmed in one statement each. */
import type { TicketRow, TicketsStore } from "../flows/store-requests.ts";
import type { Builder } from "./builder.ts";
import { consumeOne } from "./primitives.ts";
import type { Schema } from "./schema.ts";
import type { Sql } from "./sql.ts";

export function ticketsStore(sql: Sql, build: Builder): TicketsStore {
  const all = build.selectFrom("tickets").selectAll();
  const open = (id: string, now: number) =>
    build
      .updateTable("tickets")
      .where("id", "=", id)
      .where("used_at", "is", null)
      .where("revoked_at", "is", null)
      .where("expires", ">", now)
      .returning("id");
  return {
    insert: (ticket) => sql.run(build.insertInto("tickets").values(toStored(ticket))),
    async byId(id) {
      const row = await sql.first(all.where("id", "=", id));
      return row && fromRow(row);
    },
    async ofUser(userId) {
      return (await sql.all(all.where("user_id", "=", userId).orderBy("created", "desc").orderBy("id"))).map(fromRow);
    },
    consume: (id, now) => consumeOne(sql, open(id, now).set({ used_at: now })),
    revoke: (id, now) => consumeOne(sql, open(id, now).set({ revoked_at: now })),
    confirm: (id, now, by) => consumeOne(sql, open(id, now).set({ confirmed_at: now, confirmed_by: by }).where("confirmed_at", "is", null)),
  };
}

function toStored(row: TicketRow): Schema["tickets"] {
  const { userId, createdBy, usedAt, revokedAt, confirmedAt, confirmedBy, ...rest } = row;
  const times = { used_at: usedAt, revoked_at: revokedAt, confirmed_at: confirmedAt };
  return { ...rest, ...times, user_id: userId, created_by: createdBy, confirmed_by: confirmedBy };
}

function fromRow(row: Schema["tickets"]): TicketRow {
  const { user_id, created_by, used_at, revoked_at, confirmed_at, confirmed_by, ...rest } = row;
  const times = { usedAt: used_at, revokedAt: revoked_at, confirmedAt: confirmed_at };
  return { ...rest, ...times, userId: user_id, createdBy: created_by, confirmedBy: confirmed_by };
}

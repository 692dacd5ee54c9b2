/** Stored enrolment tickets: used up, withdrawn and confirmed in one statement each. */
import type { TicketRow, TicketsStore } from "../flows/store-requests.ts";
import type { Builder } from "./builder.ts";
import { consumeOne, incrementIf } from "./primitives.ts";
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
    takeTry: (id, cap, now) =>
      incrementIf(
        sql,
        build
          .updateTable("tickets")
          .set((eb) => ({ failures: eb("failures", "+", 1) }))
          .where("id", "=", id)
          .where("used_at", "is", null)
          .where("revoked_at", "is", null)
          .where("expires", ">", now)
          .where("failures", "<", cap)
          .where("next_try_at", "<=", now)
          .returning("failures as count"),
      ),
    setTries: (id, { failures, nextTryAt }) =>
      sql.run(build.updateTable("tickets").set({ failures, next_try_at: nextTryAt }).where("id", "=", id)),
    returnTry: (id) =>
      sql.run(
        build
          .updateTable("tickets")
          .set((eb) => ({ failures: eb("failures", "-", 1), next_try_at: 0 }))
          .where("id", "=", id)
          .where("failures", ">", 0),
      ),
  };
}

function toStored(row: TicketRow): Schema["tickets"] {
  const { userId, createdBy, usedAt, revokedAt, confirmedAt, confirmedBy, nextTryAt, ...rest } = row;
  const times = { next_try_at: nextTryAt, used_at: usedAt, revoked_at: revokedAt, confirmed_at: confirmedAt };
  return { ...rest, ...times, user_id: userId, created_by: createdBy, confirmed_by: confirmedBy };
}

function fromRow(row: Schema["tickets"]): TicketRow {
  const { user_id, created_by, used_at, revoked_at, confirmed_at, confirmed_by, next_try_at, ...rest } = row;
  const times = { nextTryAt: next_try_at, usedAt: used_at, revokedAt: revoked_at, confirmedAt: confirmed_at };
  return { ...rest, ...times, userId: user_id, createdBy: created_by, confirmedBy: confirmed_by };
}

/** Stored letters to the world: one node takes each at a time, in one statement. */
import type { OutboxRow, OutboxStore } from "../flows/store-requests.ts";
import type { Builder } from "./builder.ts";
import type { Schema } from "./schema.ts";
import type { Sql } from "./sql.ts";

export function outboxStore(sql: Sql, build: Builder): OutboxStore {
  const all = build.selectFrom("outbox").selectAll();
  return {
    insert: ({ nextAt, doneAt, ...rest }) => sql.run(build.insertInto("outbox").values({ ...rest, next_at: nextAt, done_at: doneAt })),
    async byId(id) {
      const row = await sql.first(all.where("id", "=", id));
      return row && fromRow(row);
    },
    async take(now, nextAt) {
      const due = build
        .selectFrom("outbox")
        .select("id")
        .where("done_at", "is", null)
        .where("next_at", "<=", now)
        .where("expires", ">", now)
        .orderBy("next_at")
        .orderBy("id")
        .limit(1);
      // The second condition counts where another node was faster between the two halves of the statement.
      const taken = build
        .updateTable("outbox")
        .set((eb) => ({ next_at: nextAt, tries: eb("tries", "+", 1) }))
        .where("id", "=", due)
        .where("next_at", "<=", now)
        .where("done_at", "is", null)
        .returningAll();
      const row = await sql.first(taken);
      return row && fromRow(row);
    },
    done: (id, now) => sql.run(build.updateTable("outbox").set({ done_at: now, error: null }).where("id", "=", id)),
    failed: (id, error, nextAt) => sql.run(build.updateTable("outbox").set({ error, next_at: nextAt }).where("id", "=", id)),
    async list({ limit, after }) {
      const page = all.orderBy("id").limit(limit);
      return (await sql.all(after === undefined ? page : page.where("id", ">", after))).map(fromRow);
    },
  };
}

function fromRow({ next_at, done_at, kind, ...rest }: Schema["outbox"]): OutboxRow {
  return { ...rest, kind: kind as OutboxRow["kind"], nextAt: next_at, doneAt: done_at };
}

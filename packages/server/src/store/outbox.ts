/** Stored letters to the world: one node takes each at a time, in one statement. */
import type { OutboxRow, OutboxStore } from "../flows/store-requests.ts";
import type { Builder } from "./builder.ts";
import type { Schema } from "./schema.ts";
import type { Sql } from "./sql.ts";

export function outboxStore(sql: Sql, build: Builder): OutboxStore {
  const all = build.selectFrom("outbox").selectAll();
  const waiting = (now: number) => build.selectFrom("outbox").where("done_at", "is", null).where("expires", ">", now);
  return {
    insert: ({ nextAt, doneAt, ...rest }) => sql.run(build.insertInto("outbox").values({ ...rest, next_at: nextAt, done_at: doneAt })),
    async byId(id) {
      const row = await sql.first(all.where("id", "=", id));
      return row && fromRow(row);
    },
    async take(now, nextAt, kind) {
      const due = waiting(now)
        .select("id")
        .where("next_at", "<=", now)
        .$if(kind !== undefined, (some) => some.where("kind", "=", kind as string))
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
    async nextDue(now, kind) {
      const first = waiting(now).select((eb) => eb.fn.min<number | null>("next_at").as("at"));
      const at = (await sql.first(first.where("kind", "=", kind)))?.at;
      return at === null || at === undefined ? undefined : Number(at);
    },
    done: (id, now) => sql.run(build.updateTable("outbox").set({ done_at: now, error: null, sealed: "" }).where("id", "=", id)),
    giveUp: (id, now, error) => sql.run(build.updateTable("outbox").set({ done_at: now, error, sealed: "" }).where("id", "=", id)),
    async takeExpired(now, limit) {
      const over = build
        .selectFrom("outbox")
        .select("id")
        .where("done_at", "is", null)
        .where("expires", "<=", now)
        .orderBy("id")
        .limit(limit);
      const given = build.updateTable("outbox").set({ done_at: now, sealed: "" }).where("id", "in", over).where("done_at", "is", null);
      return (await sql.all(given.returningAll())).map(fromRow);
    },
    async waiting(now) {
      const counted = waiting(now)
        .select((eb) => ["kind", eb.fn.countAll<number>().as("count")] as const)
        .groupBy("kind");
      return new Map((await sql.all(counted)).map(({ kind, count }) => [kind as OutboxRow["kind"], Number(count)]));
    },
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

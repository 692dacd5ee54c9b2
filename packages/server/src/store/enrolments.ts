/** Stored enrolments: tries are taken and time steps used up in one statement each. */
import { sql as raw } from "kysely";
import type { EnrolmentRow, EnrolmentsStore } from "../flows/store-logons.ts";
import type { Builder } from "./builder.ts";
import { consumeOne, incrementIf } from "./primitives.ts";
import type { Schema } from "./schema.ts";
import type { Sql } from "./sql.ts";

export function enrolmentsStore(sql: Sql, build: Builder, now: number): EnrolmentsStore {
  /** S37: steps that may have been used before a restore. */
  const refused = (id: string, step: number) =>
    build.selectFrom("enrolments").select("id").where("id", "=", id).where("refused_through", ">=", step);
  return {
    insert: (enrolment) => sql.run(build.insertInto("enrolments").values(toStored(enrolment))),
    async byId(id) {
      const row = await sql.first(build.selectFrom("enrolments").selectAll().where("id", "=", id));
      return row && fromRow(row);
    },
    async ofUser(userId) {
      return (await sql.all(build.selectFrom("enrolments").selectAll().where("user_id", "=", userId).orderBy("created").orderBy("id"))).map(
        fromRow,
      );
    },
    async update(id, change) {
      const { nextTryAt, sealedSecret, lastUsed, data, ...rest } = change;
      const set = {
        ...rest,
        ...(nextTryAt === undefined ? {} : { next_try_at: nextTryAt }),
        ...(sealedSecret === undefined ? {} : { sealed_secret: sealedSecret }),
        ...(lastUsed === undefined ? {} : { last_used: lastUsed }),
        ...(data === undefined ? {} : { data: JSON.stringify(data) }),
      };
      if (Object.keys(set).length > 0) await sql.run(build.updateTable("enrolments").set(set).where("id", "=", id));
    },
    async remove(id) {
      await sql.run(build.deleteFrom("recovery_codes").where("enrolment_id", "=", id));
      await sql.run(build.deleteFrom("used_steps").where("enrolment_id", "=", id));
      await sql.run(build.deleteFrom("enrolments").where("id", "=", id));
    },
    takeTry: (id, cap, at) =>
      incrementIf(
        sql,
        build
          .updateTable("enrolments")
          .set((eb) => ({ failures: eb("failures", "+", 1) }))
          .where("id", "=", id)
          .where("status", "=", "ACTIVE")
          .where("failures", "<", cap)
          .where("next_try_at", "<=", at)
          .returning("failures as count"),
      ),
    returnTry: (id) =>
      sql.run(
        build
          .updateTable("enrolments")
          .set((eb) => ({ failures: eb("failures", "-", 1), next_try_at: 0 }))
          .where("id", "=", id)
          .where("failures", ">", 0),
      ),
    consumeStep: (id, step) =>
      consumeOne(
        sql,
        build
          .insertInto("used_steps")
          .columns(["enrolment_id", "step", "at"])
          .expression(
            build
              .selectNoFrom([
                raw<string>`cast(${id} as text)`.as("enrolment_id"),
                raw<number>`cast(${step} as bigint)`.as("step"),
                raw<number>`cast(${now} as bigint)`.as("at"),
              ])
              .where((eb) => eb.not(eb.exists(refused(id, step)))),
          )
          .onConflict((c) => c.doNothing())
          .returning("step"),
      ),
    async byHandle(handle) {
      const row = await sql.first(build.selectFrom("enrolments").selectAll().where("handle", "=", handle));
      return row && fromRow(row);
    },
    async anyOf(kind) {
      const some = build.selectFrom("enrolments").select("id").where("kind", "=", kind).where("status", "<>", "RESET").limit(1);
      return (await sql.first(some)) !== undefined;
    },
    raiseCounter: (id, counter) =>
      consumeOne(
        sql,
        build
          .updateTable("enrolments")
          .set({ counter })
          .where("id", "=", id)
          .where((eb) => (counter === 0 ? eb("counter", "=", 0) : eb("counter", "<", counter)))
          .returning("id"),
      ),
  };
}

function toStored({ userId, sealedSecret, nextTryAt, lastUsed, data, ...rest }: EnrolmentRow): Schema["enrolments"] {
  const renamed = { user_id: userId, sealed_secret: sealedSecret, next_try_at: nextTryAt, last_used: lastUsed, data: JSON.stringify(data) };
  return { ...rest, ...renamed, refused_through: -1 };
}

function fromRow(row: Schema["enrolments"]): EnrolmentRow {
  const { user_id, sealed_secret, next_try_at, last_used, data, refused_through: _, ...rest } = row;
  return {
    ...(rest as Omit<EnrolmentRow, "userId" | "sealedSecret" | "nextTryAt" | "lastUsed" | "data">),
    userId: user_id,
    sealedSecret: sealed_secret,
    nextTryAt: next_try_at,
    lastUsed: last_used,
    data: JSON.parse(data),
  };
}

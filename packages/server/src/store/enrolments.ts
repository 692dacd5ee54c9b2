/** Stored enrolments: tries are taken and time steps used up in one statement each. */
import { sql as raw } from "kysely";
import type { EnrolmentRow, EnrolmentsStore } from "../flows/store-logons.ts";
import type { Builder } from "./builder.ts";
import { compiledByColumns, compiledOnce } from "./compiled-once.ts";
import { consumeOne, incrementIf } from "./primitives.ts";
import type { Schema } from "./schema.ts";
import type { Sql } from "./sql.ts";

const ofUser = compiledOnce((build, { userId }: { userId: string }) =>
  build.selectFrom("enrolments").selectAll().where("user_id", "=", userId).orderBy("created").orderBy("id"),
);
const update = compiledByColumns((build, row: Partial<Schema["enrolments"]>, { key }: { key: string }) =>
  build.updateTable("enrolments").set(row).where("id", "=", key),
);
const takeTry = compiledOnce((build, { id, cap, at }: { id: string; cap: number; at: number }) =>
  build
    .updateTable("enrolments")
    .set((eb) => ({ failures: eb("failures", "+", 1) }))
    .where("id", "=", id)
    .where("status", "=", "ACTIVE")
    .where("failures", "<", cap)
    .where("next_try_at", "<=", at)
    .returning("failures as count"),
);
const consumeStep = compiledOnce((build, { id, step, now }: { id: string; step: number; now: number }) => {
  // S37: steps that may have been used before a restore.
  const refused = build.selectFrom("enrolments").select("id").where("id", "=", id).where("refused_through", ">=", step);
  const used = build
    .selectNoFrom([
      raw<string>`cast(${id} as text)`.as("enrolment_id"),
      raw<number>`cast(${step} as bigint)`.as("step"),
      raw<number>`cast(${now} as bigint)`.as("at"),
    ])
    .where((eb) => eb.not(eb.exists(refused)));
  return build
    .insertInto("used_steps")
    .columns(["enrolment_id", "step", "at"])
    .expression(used)
    .onConflict((c) => c.doNothing())
    .returning("step");
});

export function enrolmentsStore(sql: Sql, build: Builder, now: number): EnrolmentsStore {
  return {
    insert: (enrolment) => sql.run(build.insertInto("enrolments").values(toStored(enrolment))),
    async byId(id) {
      const row = await sql.first(build.selectFrom("enrolments").selectAll().where("id", "=", id));
      return row && fromRow(row);
    },
    async ofUser(userId) {
      return (await sql.all(ofUser(build, { userId }))).map(fromRow);
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
      if (Object.keys(set).length > 0) await sql.run(update(build, set, { key: id }));
    },
    async remove(id) {
      await sql.run(build.deleteFrom("recovery_codes").where("enrolment_id", "=", id));
      await sql.run(build.deleteFrom("used_steps").where("enrolment_id", "=", id));
      await sql.run(build.deleteFrom("enrolments").where("id", "=", id));
    },
    takeTry: (id, cap, at) => incrementIf(sql, takeTry(build, { id, cap, at })),
    returnTry: (id) =>
      sql.run(
        build
          .updateTable("enrolments")
          .set((eb) => ({ failures: eb("failures", "-", 1), next_try_at: 0 }))
          .where("id", "=", id)
          .where("failures", ">", 0),
      ),
    consumeStep: (id, step) => consumeOne(sql, consumeStep(build, { id, step, now })),
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

// Field by field: what gathers the rest of a row is slow, and every factor that is judged comes through here.
function fromRow(row: Schema["enrolments"]): EnrolmentRow {
  return {
    id: row.id,
    userId: row.user_id,
    kind: row.kind as EnrolmentRow["kind"],
    status: row.status as EnrolmentRow["status"],
    sealedSecret: row.sealed_secret,
    digits: row.digits,
    algorithm: row.algorithm as EnrolmentRow["algorithm"],
    period: row.period,
    drift: row.drift,
    failures: row.failures,
    nextTryAt: row.next_try_at,
    created: row.created,
    updated: row.updated,
    name: row.name,
    handle: row.handle,
    data: JSON.parse(row.data),
    counter: row.counter,
    lastUsed: row.last_used,
  };
}

/** Stored recovery codes: each is used up in one statement. */
import type { RecoveryCodesStore } from "../flows/store-codes.ts";
import type { Builder } from "./builder.ts";
import { consumeOne } from "./primitives.ts";
import type { Sql } from "./sql.ts";

export function recoveryCodesStore(sql: Sql, build: Builder): RecoveryCodesStore {
  const active = (id: string) => build.selectFrom("enrolments").select("id").where("id", "=", id).where("status", "=", "ACTIVE");
  return {
    async insert(codes) {
      const rows = codes.map(({ enrolmentId, usedAt, ...rest }) => ({ ...rest, enrolment_id: enrolmentId, used_at: usedAt }));
      if (rows.length > 0) await sql.run(build.insertInto("recovery_codes").values(rows));
    },
    async find(enrolmentId, selector) {
      const statement = build.selectFrom("recovery_codes").selectAll().where("enrolment_id", "=", enrolmentId);
      const row = await sql.first(statement.where("selector", "=", selector));
      return row && { enrolmentId, selector, hash: row.hash, usedAt: row.used_at };
    },
    async selectors(enrolmentId) {
      const statement = build.selectFrom("recovery_codes").select("selector").where("enrolment_id", "=", enrolmentId);
      return (await sql.all(statement)).map(({ selector }) => selector);
    },
    async remaining(enrolmentId) {
      const statement = build.selectFrom("recovery_codes").select((eb) => eb.fn.countAll<number>().as("count"));
      const row = await sql.first(statement.where("enrolment_id", "=", enrolmentId).where("used_at", "is", null));
      return Number(row?.count ?? 0);
    },
    consume: (enrolmentId, selector, now) =>
      consumeOne(
        sql,
        build
          .updateTable("recovery_codes")
          .set({ used_at: now })
          .where("enrolment_id", "=", enrolmentId)
          .where("selector", "=", selector)
          .where("used_at", "is", null)
          .where((eb) => eb.exists(active(enrolmentId)))
          .returning("selector"),
      ),
    remove: (enrolmentId) => sql.run(build.deleteFrom("recovery_codes").where("enrolment_id", "=", enrolmentId)),
  };
}

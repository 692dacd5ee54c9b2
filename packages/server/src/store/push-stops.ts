/** Stored stops of pushes: each is lifted once, in one statement. */
import type { PushStopRow, PushStopsStore } from "../flows/store-requests.ts";
import type { Builder } from "./builder.ts";
import { consumeOne } from "./primitives.ts";
import type { Schema } from "./schema.ts";
import type { Sql } from "./sql.ts";

export function pushStopsStore(sql: Sql, build: Builder): PushStopsStore {
  const all = build.selectFrom("push_stops").selectAll();
  const standing = all.where("lifted_at", "is", null);
  return {
    insert: (stop) => sql.run(build.insertInto("push_stops").values(toStored(stop))),
    async byId(id) {
      const row = await sql.first(all.where("id", "=", id));
      return row && fromRow(row);
    },
    async standing(userId) {
      return (await sql.all(standing.where("user_id", "=", userId).orderBy("created").orderBy("id"))).map(fromRow);
    },
    async list({ limit, after }) {
      const page = standing.orderBy("id").limit(limit);
      return (await sql.all(after === undefined ? page : page.where("id", ">", after))).map(fromRow);
    },
    lift: (id, now, by) =>
      consumeOne(
        sql,
        build
          .updateTable("push_stops")
          .set({ lifted_at: now, lifted_by: by })
          .where("id", "=", id)
          .where("lifted_at", "is", null)
          .returning("id"),
      ),
  };
}

function toStored({ userId, hostId, challengeId, liftedAt, liftedBy, ...rest }: PushStopRow): Schema["push_stops"] {
  return { ...rest, user_id: userId, host_id: hostId, challenge_id: challengeId, lifted_at: liftedAt, lifted_by: liftedBy };
}

function fromRow({ user_id, host_id, challenge_id, lifted_at, lifted_by, scope, ...rest }: Schema["push_stops"]): PushStopRow {
  return {
    ...rest,
    scope: scope as PushStopRow["scope"],
    userId: user_id,
    hostId: host_id,
    challengeId: challenge_id,
    liftedAt: lifted_at,
    liftedBy: lifted_by,
  };
}

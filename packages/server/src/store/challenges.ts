/** Stored challenges: each is answered once, in one statement. */
import type { ChallengeRow, ChallengesStore } from "../flows/store-requests.ts";
import type { Builder } from "./builder.ts";
import { compiledOnce } from "./compiled-once.ts";
import { consumeOne } from "./primitives.ts";
import type { Schema } from "./schema.ts";
import type { Sql } from "./sql.ts";

const supersedeAll = compiledOnce((build, { transactionId, now }: { transactionId: string; now: number }) =>
  build
    .updateTable("challenges")
    .where("answered_at", "is", null)
    .set({ answer: "superseded", answered_at: now })
    .where("transaction_id", "=", transactionId),
);

export function challengesStore(sql: Sql, build: Builder): ChallengesStore {
  const all = () => build.selectFrom("challenges").selectAll();
  const unanswered = () => build.updateTable("challenges").where("answered_at", "is", null);
  return {
    insert: (challenge) => sql.run(build.insertInto("challenges").values(toStored(challenge))),
    async byId(id) {
      const row = await sql.first(all().where("id", "=", id));
      return row && fromRow(row);
    },
    async bySecret(kind, secret) {
      const row = await sql.first(all().where("kind", "=", kind).where("secret", "=", secret));
      return row && fromRow(row);
    },
    async openOf(enrolmentId, now) {
      const open = all().where("enrolment_id", "=", enrolmentId).where("answered_at", "is", null).where("expires", ">", now);
      return (await sql.all(open.orderBy("created").orderBy("id"))).map(fromRow);
    },
    answer: (id, answer, now) =>
      consumeOne(sql, unanswered().set({ answer, answered_at: now }).where("id", "=", id).where("expires", ">", now).returning("id")),
    async supersede(transactionId, now, except) {
      if (except === undefined) return sql.run(supersedeAll(build, { transactionId, now }));
      const others = unanswered().set({ answer: "superseded", answered_at: now }).where("transaction_id", "=", transactionId);
      await sql.run(others.where("id", "<>", except));
    },
    seen: (id, now) => sql.run(build.updateTable("challenges").set({ seen_at: now }).where("id", "=", id).where("seen_at", "is", null)),
    async countSince(userId, kind, since) {
      const count = build.selectFrom("challenges").select((eb) => eb.fn.countAll<number>().as("count"));
      const row = await sql.first(count.where("user_id", "=", userId).where("created", ">=", since).where("kind", "=", kind));
      return Number(row?.count ?? 0);
    },
    async answersSince(userId, answer, since) {
      const answered = all().where("user_id", "=", userId).where("answered_at", ">=", since).where("answer", "=", answer);
      return (await sql.all(answered.orderBy("answered_at").orderBy("id"))).map(fromRow);
    },
  };
}

function toStored(row: ChallengeRow): Schema["challenges"] {
  const { transactionId, enrolmentId, userId, hostId, answeredAt, seenAt, data, ...rest } = row;
  const ids = { transaction_id: transactionId, enrolment_id: enrolmentId, user_id: userId, host_id: hostId };
  return { ...rest, ...ids, data: JSON.stringify(data), answered_at: answeredAt, seen_at: seenAt };
}

function fromRow(row: Schema["challenges"]): ChallengeRow {
  const { transaction_id, enrolment_id, user_id, host_id, answered_at, seen_at, data, kind, answer, ...rest } = row;
  return {
    ...rest,
    kind: kind as ChallengeRow["kind"],
    transactionId: transaction_id,
    enrolmentId: enrolment_id,
    userId: user_id,
    hostId: host_id,
    data: JSON.parse(data),
    answeredAt: answered_at,
    answer: answer as ChallengeRow["answer"],
    seenAt: seen_at,
  };
}

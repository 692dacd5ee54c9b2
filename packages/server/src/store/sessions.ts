/** Stored sessions of browsers. */
import type { SessionRow, SessionsStore } from "../flows/store-requests.ts";
import type { Builder } from "./builder.ts";
import { consumeOne } from "./primitives.ts";
import type { Schema } from "./schema.ts";
import type { Sql } from "./sql.ts";

export function sessionsStore(sql: Sql, build: Builder): SessionsStore {
  const all = build.selectFrom("sessions").selectAll();
  const revoked = (now: number) => build.updateTable("sessions").set({ revoked_at: now }).where("revoked_at", "is", null);
  const one = async (column: "id" | "token_hash", value: string) => {
    const row = await sql.first(all.where(column, "=", value));
    return row && fromRow(row);
  };
  return {
    insert: (session) => sql.run(build.insertInto("sessions").values(toStored(session))),
    byId: (id) => one("id", id),
    byTokenHash: (tokenHash) => one("token_hash", tokenHash),
    async ofUser(userId, now) {
      const alive = all.where("user_id", "=", userId).where("expires", ">", now).where("revoked_at", "is", null);
      return (await sql.all(alive.orderBy("created", "desc").orderBy("id"))).map(fromRow);
    },
    async update(id, { tokenHash, lastSeen, factorAt, amr }) {
      const set = {
        ...(tokenHash === undefined ? {} : { token_hash: tokenHash }),
        ...(lastSeen === undefined ? {} : { last_seen: lastSeen }),
        ...(factorAt === undefined ? {} : { factor_at: factorAt }),
        ...(amr === undefined ? {} : { amr: JSON.stringify(amr) }),
      };
      if (Object.keys(set).length > 0) await sql.run(build.updateTable("sessions").set(set).where("id", "=", id));
    },
    revoke: (id, now) => consumeOne(sql, revoked(now).where("id", "=", id).returning("id")),
    async revokeOf(userId, now, except) {
      const theirs = revoked(now).where("user_id", "=", userId);
      return (await sql.all((except === undefined ? theirs : theirs.where("id", "<>", except)).returning("id"))).length;
    },
  };
}

function toStored({ tokenHash, userId, amr, lastSeen, factorAt, userAgent, revokedAt, ...rest }: SessionRow): Schema["sessions"] {
  const renamed = { token_hash: tokenHash, user_id: userId, last_seen: lastSeen, factor_at: factorAt, user_agent: userAgent };
  return { ...rest, ...renamed, amr: JSON.stringify(amr), revoked_at: revokedAt };
}

function fromRow(row: Schema["sessions"]): SessionRow {
  const { token_hash, user_id, last_seen, factor_at, user_agent, revoked_at, amr, ...rest } = row;
  const renamed = { tokenHash: token_hash, userId: user_id, lastSeen: last_seen, factorAt: factor_at, userAgent: user_agent };
  return { ...rest, ...renamed, amr: JSON.parse(amr), revokedAt: revoked_at };
}

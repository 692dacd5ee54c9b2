/** Stored keys and tokens of the org itself, one-time links, and small facts. */
import type { SecretsStore, TokenRow } from "../flows/store-logons.ts";
import type { Builder } from "./builder.ts";
import { consumeOne } from "./primitives.ts";
import type { Schema } from "./schema.ts";
import type { Sql } from "./sql.ts";

export function secretsStore(sql: Sql, build: Builder): SecretsStore {
  const token = async (column: "hash" | "id", value: string) => {
    const row = await sql.first(build.selectFrom("tokens").selectAll().where(column, "=", value));
    return row && fromRow(row);
  };
  return {
    insertToken: ({ createdBy, lastUsed, ...rest }) =>
      sql.run(build.insertInto("tokens").values({ ...rest, created_by: createdBy, last_used: lastUsed })),
    tokenByHash: (hash) => token("hash", hash),
    tokenById: (id) => token("id", id),
    async listTokens({ limit, after }) {
      let statement = build.selectFrom("tokens").selectAll().orderBy("id").limit(limit);
      if (after !== undefined) statement = statement.where("id", ">", after);
      return (await sql.all(statement)).map(fromRow);
    },
    async updateToken(id, { lastUsed, revoked }) {
      const set = { ...(lastUsed === undefined ? {} : { last_used: lastUsed }), ...(revoked === undefined ? {} : { revoked }) };
      if (Object.keys(set).length > 0) await sql.run(build.updateTable("tokens").set(set).where("id", "=", id));
    },
    async decisionKeys() {
      const rows = await sql.all(build.selectFrom("decision_keys").selectAll().orderBy("created", "desc"));
      return rows.map((row) => ({
        kid: row.kid,
        publicJwk: JSON.parse(row.public_jwk),
        sealedPrivate: row.sealed_private,
        created: row.created,
      }));
    },
    insertDecisionKey: (key) =>
      sql.run(
        build.insertInto("decision_keys").values({
          kid: key.kid,
          public_jwk: JSON.stringify(key.publicJwk),
          sealed_private: key.sealedPrivate,
          created: key.created,
          status: "current",
          position: 1,
          link: null,
          in_force: key.created,
        }),
      ),
    meta: async (key) => (await sql.first(build.selectFrom("meta").select("value").where("key", "=", key)))?.value,
    setMeta: (key, value) =>
      sql.run(
        build
          .insertInto("meta")
          .values({ key, value })
          .onConflict((c) => c.column("key").doUpdateSet({ value })),
      ),
    dropMeta: (key) => sql.run(build.deleteFrom("meta").where("key", "=", key)),
    async claimMeta(key, value) {
      const claimed = build.insertInto("meta").values({ key, value });
      if (await consumeOne(sql, claimed.onConflict((c) => c.doNothing()).returning("key"))) return value;
      return (await sql.first(build.selectFrom("meta").select("value").where("key", "=", key)))?.value ?? value;
    },
    insertLink: (link) => sql.run(build.insertInto("links").values(link)),
    consumeLink: (hash, purpose, now) =>
      consumeOne(
        sql,
        build.deleteFrom("links").where("hash", "=", hash).where("purpose", "=", purpose).where("expires", ">", now).returning("hash"),
      ),
    linkExists: async (hash, purpose, now) =>
      (await sql.first(
        build.selectFrom("links").select("hash").where("hash", "=", hash).where("purpose", "=", purpose).where("expires", ">", now),
      )) !== undefined,
  };
}

function fromRow({ created_by, last_used, ...rest }: Schema["tokens"]): TokenRow {
  return { ...rest, role: rest.role as TokenRow["role"], createdBy: created_by, lastUsed: last_used };
}

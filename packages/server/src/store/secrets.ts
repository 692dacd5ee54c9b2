/** Stored keys and tokens of the org itself, one-time links, and small facts. */
import { sql as raw } from "kysely";
import type { DecisionKeyRow, SealedPlace, SecretsStore, TokenRow } from "../flows/store-keys.ts";
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
      return (await sql.all(build.selectFrom("decision_keys").selectAll().orderBy("position"))).map(keyFromRow);
    },
    insertDecisionKey: ({ publicJwk, sealedPrivate, inForce, ...rest }) =>
      sql.run(
        build
          .insertInto("decision_keys")
          .values({ ...rest, public_jwk: JSON.stringify(publicJwk), sealed_private: sealedPrivate, in_force: inForce }),
      ),
    moveDecisionKey: (kid, from, { sealedPrivate, inForce, ...rest }) =>
      consumeOne(
        sql,
        build
          .updateTable("decision_keys")
          .set({
            ...rest,
            ...(sealedPrivate === undefined ? {} : { sealed_private: sealedPrivate }),
            ...(inForce === undefined ? {} : { in_force: inForce }),
          })
          .where("kid", "=", kid)
          .where("status", "=", from)
          .returning("kid"),
      ),
    ...sealedStore(sql, build),
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

/** Every column of the schema that holds a sealed text: one that is missing here would be lost with its key. */
export const SEALED = {
  enrolment: { table: "enrolments", id: "id", column: "sealed_secret" },
  "host-code": { table: "host_codes", id: "id", column: "sealed_secret" },
  "client-secret": { table: "client_secrets", id: "id", column: "sealed_secret" },
  "decision-key": { table: "decision_keys", id: "kid", column: "sealed_private" },
  source: { table: "sources", id: "name", column: "sealed_secret" },
  outbox: { table: "outbox", id: "id", column: "sealed" },
  setting: { table: "settings", id: "name", column: "sealed_secret" },
} as const satisfies Record<SealedPlace, { table: keyof Schema; id: string; column: string }>;

/** The columns are the table's own, from the list above: nothing of a caller becomes SQL. */
function sealedStore(sql: Sql, build: Builder): Pick<SecretsStore, "sealedAfter" | "replaceSealed" | "countSealed"> {
  return {
    sealedAfter(place, afterId, limit) {
      const { table, id, column } = SEALED[place];
      const [key, value] = [raw.ref<string>(id), raw.ref<string>(column)];
      const statement = build.selectFrom(table).select([key.as("id"), value.as("sealed")]);
      return sql.all(statement.where(key, ">", afterId).orderBy(key).limit(limit));
    },
    replaceSealed(place, rowId, from, to) {
      const { table, id, column } = SEALED[place];
      const set = raw<{ id: string }>`update ${raw.table(table)} set ${raw.ref(column)} = ${to}
        where ${raw.ref(id)} = ${rowId} and ${raw.ref(column)} = ${from} returning ${raw.ref(id)} as id`;
      return consumeOne(sql, { compile: () => set.compile(build) });
    },
    async countSealed(keyId) {
      let count = 0;
      for (const { table, column } of Object.values(SEALED)) {
        const statement = build.selectFrom(table).select((eb) => eb.fn.countAll<number>().as("count"));
        const row = await sql.first(statement.where(raw.ref<string>(column), "like", `v1.${keyId}.%`));
        count += Number(row?.count ?? 0);
      }
      return count;
    },
  };
}

function keyFromRow({ public_jwk, sealed_private, in_force, ...rest }: Schema["decision_keys"]): DecisionKeyRow {
  const status = rest.status as DecisionKeyRow["status"];
  // A key of the time before there were several has signed since it was made.
  const inForce = in_force ?? (status === "current" ? rest.created : null);
  return { ...rest, status, publicJwk: JSON.parse(public_jwk), sealedPrivate: sealed_private, inForce };
}

function fromRow({ created_by, last_used, ...rest }: Schema["tokens"]): TokenRow {
  return { ...rest, role: rest.role as TokenRow["role"], createdBy: created_by, lastUsed: last_used };
}

/** Stored clients, their secrets, and what of their registrations works once. */
import type { ClientRow, ClientSecretRow, ClientsStore } from "../flows/store-clients.ts";
import type { Builder } from "./builder.ts";
import { consumeOne, incrementIf } from "./primitives.ts";
import type { Schema } from "./schema.ts";
import type { Sql } from "./sql.ts";

export function clientsStore(sql: Sql, build: Builder): ClientsStore {
  return {
    insert: (client) => sql.run(build.insertInto("clients").values(toStored(client))),
    async byId(id) {
      const row = await sql.first(build.selectFrom("clients").selectAll().where("id", "=", id));
      return row && fromRow(row);
    },
    async list({ limit, after }) {
      let statement = build.selectFrom("clients").selectAll().orderBy("id").limit(limit);
      if (after !== undefined) statement = statement.where("id", ">", after);
      return (await sql.all(statement)).map(fromRow);
    },
    revoke: (id, now) => sql.run(build.updateTable("clients").set({ revoked: now }).where("id", "=", id).where("revoked", "is", null)),
    takeRegistration: (id) =>
      incrementIf(
        sql,
        build
          .updateTable("clients")
          .set((eb) => ({ registered: eb("registered", "+", 1) }))
          .where("id", "=", id)
          .where("revoked", "is", null)
          .where((eb) => eb("registered", "<", eb.ref("cap")))
          .returning("registered as count"),
      ),
    consumeNonce: (id, nonce, now) =>
      consumeOne(
        sql,
        build
          .insertInto("client_nonces")
          .values({ client_id: id, nonce, at: now })
          .onConflict((c) => c.doNothing())
          .returning("nonce"),
      ),
    advance: (id, expected) =>
      consumeOne(
        sql,
        build
          .updateTable("clients")
          .set({ version: expected + 1 })
          .where("id", "=", id)
          .where("version", "=", expected)
          .returning("id"),
      ),
    ...secrets(sql, build),
  };
}

function secrets(sql: Sql, build: Builder) {
  return {
    insertSecret: ({ clientId, sealedSecret, ...rest }: ClientSecretRow) =>
      sql.run(build.insertInto("client_secrets").values({ ...rest, client_id: clientId, sealed_secret: sealedSecret })),
    async secrets(clientId: string): Promise<ClientSecretRow[]> {
      const statement = build.selectFrom("client_secrets").selectAll().where("client_id", "=", clientId).orderBy("created", "desc");
      const rows = await sql.all(statement.orderBy("id", "desc"));
      return rows.map(({ client_id, sealed_secret, ...rest }) => ({ ...rest, clientId: client_id, sealedSecret: sealed_secret }));
    },
    setRetires: (secretId: string, at: number) =>
      sql.run(build.updateTable("client_secrets").set({ retires: at }).where("id", "=", secretId)),
  };
}

function toStored({ appId, createdBy, approve, ...rest }: ClientRow): Schema["clients"] {
  return { ...rest, app_id: appId, created_by: createdBy, approve: approve ? 1 : 0 };
}

function fromRow({ app_id, created_by, approve, ...rest }: Schema["clients"]): ClientRow {
  return { ...rest, appId: app_id, createdBy: created_by, approve: approve === 1 };
}

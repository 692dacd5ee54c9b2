/** Stored leases: who alone does a job, or writes a node's chain, until when, and the fence by which a late holder is known. */
import type { LeasesStore } from "../flows/store-keys.ts";
import type { Builder } from "./builder.ts";
import type { Sql } from "./sql.ts";

export function leasesStore(sql: Sql, build: Builder): LeasesStore {
  const after = (prefix: string) => `${prefix}\u{10ffff}`;
  return {
    async take(name, holder, now, ms) {
      const statement = build
        .insertInto("leases")
        .values({ name, holder, fence: 1, expires: now + ms })
        .onConflict((c) =>
          c
            .column("name")
            .doUpdateSet((eb) => ({ holder, expires: now + ms, fence: eb("leases.fence", "+", 1) }))
            .where("leases.expires", "<=", now),
        )
        .returning("fence");
      return (await sql.first(statement))?.fence;
    },
    async renew(name, { holder, fence }, until) {
      const statement = build
        .updateTable("leases")
        .set({ expires: until })
        .where("name", "=", name)
        .where("fence", "=", fence)
        .where("holder", "=", holder)
        .returning("fence");
      return (await sql.first(statement)) !== undefined;
    },
    async free(prefix, now) {
      const statement = build
        .selectFrom("leases")
        .select("name")
        .where("name", ">=", prefix)
        .where("name", "<", after(prefix))
        .where("expires", "<=", now)
        .orderBy("name");
      return (await sql.all(statement)).map(({ name }) => name);
    },
    forget: (prefix) => sql.run(build.deleteFrom("leases").where("name", ">=", prefix).where("name", "<", after(prefix))),
  };
}

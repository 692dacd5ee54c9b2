/** Stored domains with the other names that mean the same. */
import type { DomainRow, DomainsStore } from "../flows/store-sources.ts";
import type { Builder } from "./builder.ts";
import type { Schema } from "./schema.ts";
import type { Sql } from "./sql.ts";

export function domainsStore(sql: Sql, build: Builder): DomainsStore {
  return {
    async put(domain) {
      const row = { ...domain, folded: domain.name.toLowerCase(), aliases: JSON.stringify(domain.aliases) };
      const { name, netbios, aliases, source } = row;
      await sql.run(
        build
          .insertInto("domains")
          .values(row)
          .onConflict((c) => c.column("folded").doUpdateSet({ name, netbios, aliases, source })),
      );
    },
    async byName(name) {
      const row = await sql.first(build.selectFrom("domains").selectAll().where("folded", "=", name.toLowerCase()));
      return row && fromRow(row);
    },
    async list() {
      return (await sql.all(build.selectFrom("domains").selectAll().orderBy("folded"))).map(fromRow);
    },
    async remove(name) {
      const statement = build.deleteFrom("domains").where("folded", "=", name.toLowerCase()).returning("folded");
      return (await sql.first(statement)) !== undefined;
    },
  };
}

function fromRow({ folded: _, ...row }: Schema["domains"]): DomainRow {
  return { ...row, aliases: JSON.parse(row.aliases) };
}

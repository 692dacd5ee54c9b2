/** Stored settings of the whole org, each under its name. */
import type { SettingRow, SettingsStore } from "../flows/store-requests.ts";
import type { Builder } from "./builder.ts";
import type { Sql } from "./sql.ts";

export function settingsStore(sql: Sql, build: Builder): SettingsStore {
  const byName: SettingsStore["byName"] = async (name) => {
    const row = await sql.first(build.selectFrom("settings").selectAll().where("name", "=", name));
    if (!row) return undefined;
    const { sealed_secret, updated_by, document, ...rest } = row;
    return { ...rest, document: JSON.parse(document), sealedSecret: sealed_secret, updatedBy: updated_by };
  };
  return {
    byName,
    put(setting) {
      const { name, ...values } = toStored(setting);
      const insert = build.insertInto("settings").values({ name, ...values });
      return sql.run(insert.onConflict((conflict) => conflict.column("name").doUpdateSet(values)));
    },
    async claim(setting) {
      await sql.run(
        build
          .insertInto("settings")
          .values(toStored(setting))
          .onConflict((conflict) => conflict.doNothing()),
      );
      return (await byName(setting.name)) ?? setting;
    },
    async remove(name) {
      return (await sql.first(build.deleteFrom("settings").where("name", "=", name).returning("name"))) !== undefined;
    },
  };
}

function toStored({ name, document, sealedSecret, updated, updatedBy }: SettingRow) {
  return { name, document: JSON.stringify(document), sealed_secret: sealedSecret, updated, updated_by: updatedBy };
}

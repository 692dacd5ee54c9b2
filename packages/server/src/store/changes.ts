/** Stored changes: a number for each topic that rises when a unit of work announces that what others keep in memory is old. */
import { sql as text } from "kysely";
import type { ChangesStore } from "../flows/store.ts";
import type { Builder } from "./builder.ts";
import type { Sql } from "./sql.ts";

const PREFIX = "changes/";

/** @param hint tells who listens now, once the unit is committed; whoever does not hear it looks by and by. */
export function changesStore(sql: Sql, build: Builder, hint: (topic: string) => Promise<void>): ChangesStore {
  return {
    async announce(topic) {
      const next = text<string>`CAST(CAST(meta.value AS bigint) + 1 AS text)`;
      const first = build.insertInto("meta").values({ key: PREFIX + topic, value: "1" });
      await sql.run(first.onConflict((c) => c.column("key").doUpdateSet({ value: next })));
      await hint(topic);
    },
    async numbers() {
      const rows = build.selectFrom("meta").select(["key", "value"]).where("key", ">=", PREFIX).where("key", "<", `${PREFIX}\u{10ffff}`);
      return new Map((await sql.all(rows)).map(({ key, value }) => [key.slice(PREFIX.length), value]));
    },
  };
}

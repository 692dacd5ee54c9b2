/** Notices that the database went back in time: after a failover or a restore it may have forgotten what was used up. */
import type { Builder } from "./builder.ts";
import { CLOCK, type PostgresConnection } from "./postgres-connection.ts";

export interface TimelineChange {
  before: number;
  after: number;
}

const KEY = "timeline";

/**
 * Compares the database's timeline with the one that was noted; of several nodes that see a change, one calls `onChange`, in the
 * transaction that notes the new one. `now`: epoch ms.
 */
export async function keepTimeline(
  connection: PostgresConnection,
  build: Builder,
  timeline: number,
  onChange: (now: number, change: TimelineChange) => Promise<void>,
): Promise<void> {
  const [row] = await connection.exec(`BEGIN; SELECT ${CLOCK}`);
  try {
    const value = String(timeline);
    const first = build.insertInto("meta").values({ key: KEY, value });
    await connection.run(first.onConflict((c) => c.doNothing()));
    const noted = await connection.first(build.selectFrom("meta").select("value").where("key", "=", KEY).forUpdate());
    const before = Number(noted?.value);
    if (before !== timeline) {
      await onChange(Number(row?.["now"]), { before, after: timeline });
      await connection.run(build.updateTable("meta").set({ value }).where("key", "=", KEY));
    }
    await connection.exec("COMMIT");
  } catch (error) {
    await connection.exec("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

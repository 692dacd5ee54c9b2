/** Moves an org between a data folder and a PostgreSQL: every row, in one transaction, read back and compared before it counts. */
import { DatabaseFault } from "../../flows/store.ts";
import type { DatabaseAddress } from "../postgres-connection.ts";
import { openPostgresSide } from "./postgres-side.ts";
import type { Side } from "./side.ts";
import { openSqliteSide } from "./sqlite-side.ts";
import { complaintOf, placeOf, type Row, type Table } from "./table.ts";

/** A data folder, or a PostgreSQL. */
export type Place = { folder: string } | { database: DatabaseAddress };

export interface Moved {
  tables: { name: string; rows: number }[];
  rows: number;
}

/**
 * Moves everything from one place to the other; the source is left as it is. One of the two is a folder, the other a PostgreSQL.
 * Throws `DatabaseFault` with one sentence: a server holds a side, the target has rows, a row is broken (its table and key), or what was
 * read back is not what was written. Then nothing has been written.
 */
export async function moveOrg(from: Place, to: Place): Promise<Moved> {
  if ("folder" in from === "folder" in to)
    throw new DatabaseFault("org.database", "a move goes from a data folder to a PostgreSQL, or back");
  const sides: Side[] = [];
  try {
    const source = await openSide(from, "source");
    sides.push(source);
    const target = await openSide(to, "target");
    sides.push(target);
    const tables = source.tables?.() ?? target.tables?.() ?? [];
    await source.begin("source", tables);
    await target.begin("target", tables);
    for (const table of tables) await copy(table, source, target);
    const moved: Moved["tables"] = [];
    for (const table of tables) moved.push({ name: table.name, rows: await compare(table, source, target) });
    await target.commit();
    return { tables: moved, rows: moved.reduce((sum, { rows }) => sum + rows, 0) };
  } finally {
    for (const side of sides) await side.close().catch(() => undefined);
  }
}

/** The folder's side knows the tables. */
async function openSide(place: Place, as: "source" | "target"): Promise<Side & { tables?(): Table[] }> {
  return "folder" in place ? openSqliteSide(place.folder, as) : openPostgresSide(place.database, as);
}

async function copy(table: Table, source: Side, target: Side): Promise<void> {
  for await (const rows of source.rows(table)) {
    for (const row of rows) {
      const complaint = complaintOf(table, row);
      if (complaint !== undefined) throw new DatabaseFault("org.database", complaint);
    }
    await target.insert(table, rows).catch((error: unknown) => blame(table, rows, target, error));
  }
  await target.renumber(table);
}

/** Which of the rows the target does not take; its own error if it takes each alone. */
async function blame(table: Table, rows: readonly Row[], target: Side, error: unknown): Promise<never> {
  for (const row of rows) {
    await target.insert(table, [row]).catch((own: Error) => {
      throw new DatabaseFault("org.database", `${placeOf(table, row)}: ${own.message.split("\n")[0]}`, { cause: own });
    });
  }
  throw error;
}

/** Both are read in the same order, the target as it is now on its disk. Answers how many rows there are. */
async function compare(table: Table, source: Side, target: Side): Promise<number> {
  const written = target.rows(table)[Symbol.asyncIterator]();
  let count = 0;
  let some: Row[] = [];
  let at = 0;
  for await (const rows of source.rows(table)) {
    for (const row of rows) {
      if (at === some.length) {
        some = (await written.next()).value ?? [];
        at = 0;
      }
      const found = some[at++];
      if (!found || !same(row, found)) throw differs(placeOf(table, row), target);
      count += 1;
    }
  }
  const rest = at < some.length ? some[at] : (await written.next()).value?.[0];
  if (rest) throw differs(placeOf(table, rest), target);
  return count;
}

function same(one: Row, other: Row): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}

function differs(place: string, target: Side): DatabaseFault {
  return new DatabaseFault("org.database", `${place}: is not in ${target.name} as it was read; nothing has been moved`);
}

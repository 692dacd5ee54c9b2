/** One of the two databases between which an org is moved. */
import type { Row, Table } from "./table.ts";

export interface Side {
  /** How a sentence names it; without a password. */
  readonly name: string;
  /** Opens the one transaction of the move. A source must be held by no server; a target must have no rows (in `tables`). */
  begin(as: "source" | "target", tables: readonly Table[]): Promise<void>;
  /** All rows in the table's order, some at a time. */
  rows(table: Table): AsyncIterable<Row[]>;
  /** All of `rows`, or none and the database's own error. */
  insert(table: Table, rows: readonly Row[]): Promise<void>;
  /** After the last insert: what numbers rows goes on behind the highest. */
  renumber(table: Table): Promise<void>;
  commit(): Promise<void>;
  /** Undoes what was not committed. */
  close(): Promise<void>;
}

/** Rows in one go: a large one may be some kilobytes. */
export const AT_ONCE = 1_000;

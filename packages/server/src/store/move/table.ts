/** What is moved between two databases: every table of the schema, in the order in which one refers to another. */
import type { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "../migrations.ts";

export interface Column {
  name: string;
  /** `text` is a string; everything else in the schema is a whole number. */
  text: boolean;
  nullable: boolean;
}

export interface Table {
  name: string;
  columns: readonly Column[];
  /** Names of the columns by which both databases order the rows alike: the key, or all of them. */
  order: readonly string[];
  /** The column that the database numbers by itself, if there is one. */
  numbered: string | undefined;
}

export type Value = string | number | null;
/** Values in the order of the table's columns. */
export type Row = readonly Value[];

/** One of the two databases is always SQLite, and says what the tables are. */
export function readTables(db: DatabaseSync): Table[] {
  const names = MIGRATIONS.flatMap(({ statements }) => statements.flatMap((text) => /^CREATE TABLE (\w+)/.exec(text)?.[1] ?? []));
  const present = names.filter((name) => db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(name));
  return present.map((name) => readTable(db, name));
}

function readTable(db: DatabaseSync, name: string): Table {
  const info = db.prepare(`SELECT name, type, "notnull", pk FROM pragma_table_info('${name}') ORDER BY cid`).all() as unknown as {
    name: string;
    type: string;
    notnull: number;
    pk: number;
  }[];
  const key = info.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  const numbered = key.length === 1 && key[0]?.type.toLowerCase() === "integer" ? key[0].name : undefined;
  return {
    name,
    columns: info.map((column) => ({
      name: column.name,
      text: column.type.toLowerCase() === "text",
      nullable: column.notnull === 0 && column.pk === 0,
    })),
    order: (key.length > 0 ? key : info).map((column) => column.name),
    numbered,
  };
}

export const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(", ");

/** `users, row id = usr_…`: how a person finds the row again. */
export function placeOf(table: Table, row: Row): string {
  const key = table.order.slice(0, 3).map((name) => `${name} = ${String(row[table.columns.findIndex((column) => column.name === name)])}`);
  return `table ${table.name}, row ${key.join(", ")}`.slice(0, 300);
}

/** Why a row is not of its table's form: SQLite keeps anything in any column. One sentence, or undefined. */
export function complaintOf(table: Table, row: readonly unknown[]): string | undefined {
  for (const [index, column] of table.columns.entries()) {
    const value = row[index];
    const right = value === null ? column.nullable : column.text ? typeof value === "string" : Number.isSafeInteger(value);
    if (right) continue;
    const wanted = column.text ? "a text" : "a whole number";
    const is = value instanceof Uint8Array ? "bytes" : JSON.stringify(value)?.slice(0, 40);
    return `${placeOf(table, row as Row)}: column ${column.name} holds ${is}, where ${wanted} must stand`;
  }
  return undefined;
}

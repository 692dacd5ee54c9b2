/** Runs built statements: all that the stores need of a database connection. */
import type { Compilable } from "kysely";

export interface Sql {
  /** All rows of a SELECT or of a statement with RETURNING. */
  all<T>(statement: Compilable<T>): Promise<T[]>;
  /** The first row, or undefined. */
  first<T>(statement: Compilable<T>): Promise<T | undefined>;
  /** Runs a statement for its effect. */
  run(statement: Compilable<unknown>): Promise<void>;
}

/**
 * Parameters as every database takes them: PostgreSQL keeps no NUL in a text, and what a stranger typed must not make a statement fail.
 * The sign for a character that cannot be shown stands for it, so that no other name is meant.
 */
export function storable(parameters: readonly unknown[]): unknown[] {
  return parameters.map((value) => (typeof value === "string" && value.includes("\0") ? value.replaceAll("\0", "\u{fffd}") : value));
}

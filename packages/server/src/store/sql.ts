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

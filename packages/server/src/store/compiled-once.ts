/** Statements of the busiest paths: built and compiled once for each database, and run with other values each time. */
import type { Compilable, CompiledQuery } from "kysely";
import type { Builder } from "./builder.ts";

/** Stands in a statement where a value will be. */
class Place {
  readonly name: PropertyKey;
  constructor(name: PropertyKey) {
    this.name = name;
  }
}

/**
 * To build a statement and write it out takes Kysely several times as long as SQLite takes to run it.
 * @param make uses every one of `values` as a value of the statement and looks at none: what its text depends on is no value.
 */
export function compiledOnce<V extends object, R>(make: (build: Builder, values: V) => Compilable<R>) {
  const places = new Proxy({}, { get: (_, name) => new Place(name) }) as V;
  const known = new WeakMap<Builder, CompiledQuery<R>>();
  return (build: Builder, values: V): Compilable<R> => {
    const once = known.get(build) ?? make(build, places).compile();
    known.set(build, once);
    return withValues(once, values);
  };
}

/**
 * As `compiledOnce`, where the columns that are written differ: compiled once for each choice of them.
 * @param make gets `row` with the columns of the call, and looks at no value of it; `keys` are what else the statement is about, and no
 * column of `row` has the name of one.
 */
export function compiledByColumns<K extends object, V extends object, R>(make: (build: Builder, row: V, keys: K) => Compilable<R>) {
  const made = new Map<string, ReturnType<typeof compiledOnce<K & V, R>>>();
  return (build: Builder, row: V, keys: K): Compilable<R> => {
    const columns = Object.keys(row);
    const chosen = columns.join();
    const statement =
      made.get(chosen) ??
      compiledOnce<K & V, R>((builder, places) => {
        const written = Object.fromEntries(columns.map((column) => [column, places[column as keyof V]]));
        return make(builder, written as V, places);
      });
    made.set(chosen, statement);
    return statement(build, { ...row, ...keys });
  };
}

function withValues<R, V extends object>(once: CompiledQuery<R>, values: V): Compilable<R> {
  const parameters = once.parameters.map((one) => (one instanceof Place ? values[one.name as keyof V] : one));
  return { compile: () => ({ ...once, parameters }) };
}

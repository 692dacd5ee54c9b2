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
    const parameters = once.parameters.map((one) => (one instanceof Place ? values[one.name as keyof V] : one));
    return { compile: () => ({ ...once, parameters }) };
  };
}

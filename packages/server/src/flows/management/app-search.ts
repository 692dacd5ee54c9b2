/** Lists of apps: all of them, by the beginning of the label (`q`), or by an expression (`filter`). */
import { type Field, matches } from "../../search/expression.ts";
import type { Store } from "../store.ts";
import type { AppRow } from "../store-directory.ts";
import { done, type Outcome } from "./outcome.ts";
import { NO_PLACE, placeOf, readPlace } from "./place.ts";
import { readCondition, type Wanted } from "./read-condition.ts";
import { type Scanned, scan } from "./scan.ts";

const FIELDS: readonly Field<AppRow>[] = [
  { name: "id", kind: "text", of: (row) => row.id },
  { name: "label", kind: "text", of: (row) => row.label },
  { name: "status", kind: "text", of: (row) => row.status },
  { name: "created", kind: "time", of: (row) => row.created },
];

/** @param page `after`: the `next` of the page before. */
export async function listApps(
  store: Store,
  page: { limit: number; after?: string | undefined },
  wanted: Wanted,
): Promise<Outcome<Scanned<AppRow>>> {
  if (page.after !== undefined && readPlace(page.after, 1) === null) return NO_PLACE;
  const read = readCondition(wanted, FIELDS, ["label"]);
  if (read.kind !== "done") return read;
  const condition = read.value;
  return scan(
    {
      read: async (after, limit) => {
        const past = after === undefined ? undefined : readPlace(after, 1)?.[0];
        return done(await store.read((tx) => tx.apps.list({ limit, past })));
      },
      placeOf: (row) => placeOf([row.label.toLowerCase()]),
      wanted: (row) => condition === undefined || matches(condition, row),
    },
    page,
  );
}

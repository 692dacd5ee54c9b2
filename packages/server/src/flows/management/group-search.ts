/** Lists of groups: all of them, by the beginning of the name (`q`), or by an expression (`search`, `filter`). */
import { type Field, matches } from "../../search/expression.ts";
import type { Store } from "../store.ts";
import type { GroupRow } from "../store-directory.ts";
import { done, type Outcome } from "./outcome.ts";
import { NO_PLACE, placeOf, readPlace } from "./place.ts";
import { readCondition, type Wanted } from "./read-condition.ts";
import { type Scanned, scan } from "./scan.ts";

const FIELDS: readonly Field<GroupRow>[] = [
  { name: "id", kind: "text", of: (row) => row.id },
  { name: "type", kind: "text", of: (row) => typeOfGroup(row) },
  { name: "created", kind: "time", of: (row) => row.created },
  { name: "source", kind: "text", of: (row) => row.source },
  { name: "externalId", kind: "text", of: (row) => row.externalId },
  { name: "profile.name", kind: "text", of: (row) => row.name },
  { name: "profile.description", kind: "text", of: (row) => row.description },
];

/** As the public API calls groups that are made here, and those that a source keeps. */
export function typeOfGroup({ source }: GroupRow): "OKTA_GROUP" | "APP_GROUP" {
  return source === null ? "OKTA_GROUP" : "APP_GROUP";
}

/** @param page `after`: the `next` of the page before. */
export async function listGroups(
  store: Store,
  page: { limit: number; after?: string | undefined },
  wanted: Wanted,
): Promise<Outcome<Scanned<GroupRow>>> {
  if (page.after !== undefined && readPlace(page.after, 1) === null) return NO_PLACE;
  // Without an expression the index answers all of it: `q` is looked for as the list is ordered.
  const { q, ...expressions } = wanted;
  const asked = Object.values(expressions).some((text) => text !== undefined);
  const read = readCondition(asked ? wanted : {}, FIELDS, []);
  if (read.kind !== "done") return read;
  const condition = read.value;
  return scan(
    {
      read: async (after, limit) => {
        const past = after === undefined ? undefined : readPlace(after, 1)?.[0];
        return done(await store.read((tx) => tx.groups.list({ limit, query: q, past })));
      },
      placeOf: (row) => placeOf([row.name.toLowerCase()]),
      wanted: (row) => condition === undefined || matches(condition, row),
    },
    page,
  );
}

/** Lists of users: all of them, by the beginning of a name (`q`), or by an expression (`search`, `filter`). */
import { type UserProfile, userProfile } from "@sallyport/contracts";
import { foldName } from "@sallyport/logon";
import type { Expression, Field } from "../../search/expression.ts";
import { matches } from "../../search/expression.ts";
import type { Store, Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import { shownStatus } from "./expire-password.ts";
import { done, type Outcome } from "./outcome.ts";
import { NO_PLACE, placeOf, readPlace } from "./place.ts";
import { readCondition, type Wanted } from "./read-condition.ts";
import { type Scanned, scan } from "./scan.ts";

const PROFILE = Object.keys(userProfile.shape) as (keyof UserProfile)[];
/** Fields that `q` looks at, as the public API does, and the login. */
const BEGINNINGS = ["profile.login", "profile.email", "profile.firstName", "profile.lastName"];

const FIELDS: readonly Field<UserRow>[] = [
  { name: "id", kind: "text", of: (row) => row.id },
  { name: "status", kind: "text", of: shownStatus },
  { name: "created", kind: "time", of: (row) => row.created },
  { name: "lastUpdated", kind: "time", of: (row) => row.updated },
  { name: "statusChanged", kind: "time", of: (row) => row.statusSince },
  { name: "passwordChanged", kind: "time", of: (row) => row.passwordChanged },
  { name: "source", kind: "text", of: (row) => row.source },
  { name: "externalId", kind: "text", of: (row) => row.externalId },
  ...PROFILE.map((key): Field<UserRow> => ({ name: `profile.${key}`, kind: "text", of: (row) => row.profile[key] })),
];

/** @param page `after`: the `next` of the page before. */
export async function listUsers(
  store: Store,
  page: { limit: number; after?: string | undefined },
  wanted: Wanted,
): Promise<Outcome<Scanned<UserRow>>> {
  const past = page.after === undefined ? undefined : readPlace(page.after, 2);
  if (past === null) return NO_PLACE;
  const read = readCondition(wanted, FIELDS, BEGINNINGS);
  if (read.kind !== "done") return read;
  const condition = read.value;
  if (condition === undefined) return done(cut(await listFrom(store, past, page.limit + 1), page.limit));
  const named = namedBy(condition);
  if (named) {
    const rows = (await store.read((tx) => fetchNamed(tx, named))).filter((row) => matches(condition, row));
    return done(
      cut(
        rows.filter((row) => past === undefined || isPast(row, past)),
        page.limit,
      ),
    );
  }
  const query = beginningOf(condition);
  return scan(
    {
      read: async (after, limit) =>
        done(await listFrom(store, after === undefined ? undefined : (readPlace(after, 2) ?? undefined), limit, query)),
      placeOf: placeOfUser,
      wanted: (row) => matches(condition, row),
    },
    page,
  );
}

function listFrom(store: Store, past: string[] | undefined, limit: number, query?: string): Promise<UserRow[]> {
  const [login = "", id = ""] = past ?? [];
  return store.read((tx) => tx.users.list({ limit, query, past: past && { login, id } }));
}

function cut(rows: UserRow[], limit: number): Scanned<UserRow> {
  const last = rows[limit - 1];
  return rows.length > limit && last ? { rows: rows.slice(0, limit), next: placeOfUser(last) } : { rows };
}

/** Lists of users go by folded login, then id. */
function placeOfUser(row: UserRow): string {
  return placeOf([sortKey(row), row.id]);
}

function sortKey(row: UserRow): string {
  return foldName(row.profile.login) ?? row.profile.login;
}

function isPast(row: UserRow, [login = "", id = ""]: string[]): boolean {
  const key = sortKey(row);
  return key > login || (key === login && row.id > id);
}

interface Named {
  ids: string[];
  logins: string[];
}

/** Ids and logins of which every user that fits has one: found by index. Undefined if the expression does not come down to some. */
function namedBy(expression: Expression<UserRow>): Named | undefined {
  if (expression.kind === "and") return expression.of.map(namedBy).find((one) => one !== undefined);
  if (expression.kind === "or") {
    const all = expression.of.map(namedBy);
    if (all.some((one) => one === undefined)) return undefined;
    return { ids: all.flatMap((one) => one?.ids ?? []), logins: all.flatMap((one) => one?.logins ?? []) };
  }
  if (expression.kind !== "compare" || expression.operator !== "eq") return undefined;
  const { field, value, given } = expression;
  // A database would choke on NUL, which is in no id.
  if (field.name === "id") return { ids: String(given).includes("\0") ? [] : [String(given)], logins: [] };
  // A login that does not fold is nobody's.
  if (field.name === "profile.login") return { ids: [], logins: [foldName(String(value)) ?? ""] };
  return undefined;
}

async function fetchNamed(tx: Tx, { ids, logins }: Named): Promise<UserRow[]> {
  const found = new Map<string, UserRow>();
  for (const id of new Set(ids)) {
    const row = await tx.users.byId(id);
    if (row) found.set(row.id, row);
  }
  for (const login of new Set(logins)) for (const row of await tx.users.byLogin(login)) found.set(row.id, row);
  const keyed = [...found.values()].map((row) => ({ row, key: [sortKey(row), row.id] }));
  return keyed.sort((a, b) => (isPast(a.row, b.key) ? 1 : -1)).map(({ row }) => row);
}

/** The beginning of the login that everybody who fits has: their part of the list is read by index. */
function beginningOf(expression: Expression<UserRow>): string | undefined {
  if (expression.kind === "and") return expression.of.map(beginningOf).find((one) => one !== undefined);
  if (expression.kind !== "compare" || expression.operator !== "sw" || expression.field.name !== "profile.login") return undefined;
  return foldName(String(expression.value));
}

/** Stored people: users with every name under which they are found, and the values by which groups choose them. */
import { attributesOf, foldName } from "@sallyport/logon";
import { Conflict } from "../flows/store.ts";
import type { UserName, UserRow, UsersStore } from "../flows/store-directory.ts";
import type { Builder } from "./builder.ts";
import { compiledOnce } from "./compiled-once.ts";
import type { NameLookup } from "./name-lookup.ts";
import { incrementIf } from "./primitives.ts";
import type { Schema } from "./schema.ts";
import { sourceKeys } from "./source-keys.ts";
import type { Sql } from "./sql.ts";

type Stored = Schema["users"];

const byId = compiledOnce((build, { id }: { id: string }) => build.selectFrom("users").selectAll().where("id", "=", id));
const linkedTo = compiledOnce((build, { id }: { id: string }) =>
  build.selectFrom("users").selectAll().where("linked_to", "=", id).orderBy("id"),
);
const holdersOf = compiledOnce((build, { kind, folded }: { kind: string; folded: string }) =>
  namesHeld(build).where("kind", "=", kind).where("folded", "=", folded),
);
const takeTry = compiledOnce((build, { id, cap, now }: { id: string; cap: number; now: number }) =>
  build
    .updateTable("users")
    .set((eb) => ({ password_failures: eb("password_failures", "+", 1) }))
    .where("id", "=", id)
    .where("password_failures", "<", cap)
    .where("next_password_at", "<=", now)
    .returning("password_failures as count"),
);
const setTries = compiledOnce((build, { id, failures, nextAt }: { id: string; failures: number; nextAt: number }) =>
  build.updateTable("users").set({ password_failures: failures, next_password_at: nextAt }).where("id", "=", id),
);

function namesHeld(build: Builder) {
  return build
    .selectFrom("user_names")
    .innerJoin("users", "users.id", "user_names.user_id")
    .select(["kind", "folded", "user_id as userId", "users.linked_to as linkedTo"])
    .orderBy("user_id");
}

export function usersStore(sql: Sql, build: Builder, lookup: NameLookup): UsersStore {
  const addNames = async (id: string, names: UserName[]) => {
    const rows = names.map(({ kind, folded }) => ({ kind, folded, user_id: id }));
    if (rows.length > 0)
      await sql.run(
        build
          .insertInto("user_names")
          .values(rows)
          .onConflict((c) => c.doNothing()),
      );
  };
  const addAttributes = async (id: string, profile: UserRow["profile"]) => {
    const rows = attributesOf(profile).map((one) => ({ ...one, user_id: id }));
    if (rows.length > 0) await sql.run(build.insertInto("user_attributes").values(rows));
  };
  return {
    async insert(user, names) {
      const statement = build
        .insertInto("users")
        .values({ ...toStored(user), password_failures: 0, next_password_at: 0 })
        .onConflict((c) => c.doNothing())
        .returning("id");
      if (!(await sql.first(statement))) throw new Conflict(`the user ${user.profile.login} of source ${user.source}`);
      await addNames(user.id, names);
      await addAttributes(user.id, user.profile);
    },
    ...sourceKeys(sql, build, "users", fromRow),
    async byId(id) {
      return fromStored(await sql.first(byId(build, { id })));
    },
    async byLogin(folded) {
      const rows = await sql.all(build.selectFrom("users").selectAll().where("login", "=", folded).orderBy("id"));
      return rows.map((row) => fromRow(row));
    },
    async list({ limit, after, past, query }) {
      let statement = build.selectFrom("users").selectAll().orderBy("login").orderBy("id").limit(limit);
      // The first half of each is for the index: of an `or` alone no database makes a range.
      if (after !== undefined) {
        const last = build.selectFrom("users").select("login").where("id", "=", after);
        statement = statement.where("login", ">=", last).where((eb) => eb.or([eb("login", ">", last), eb("id", ">", after)]));
      }
      if (past !== undefined)
        statement = statement.where("login", ">=", past.login).where((eb) => eb.or([eb("login", ">", past.login), eb("id", ">", past.id)]));
      if (query !== undefined) statement = statement.where("login", ">=", query).where("login", "<", `${query}\u{10ffff}`);
      return (await sql.all(statement)).map((row) => fromRow(row));
    },
    async ofSource(source, { limit, after }) {
      let statement = build.selectFrom("users").selectAll().where("source", "=", source).orderBy("external_id").limit(limit);
      if (after !== undefined) statement = statement.where("external_id", ">", after);
      return (await sql.all(statement)).map((row) => fromRow(row));
    },
    async update(id, change, names) {
      const set = changeOf(change);
      if (Object.keys(set).length > 0) await sql.run(build.updateTable("users").set(set).where("id", "=", id));
      if (change.profile !== undefined) {
        await sql.run(build.deleteFrom("user_attributes").where("user_id", "=", id));
        await addAttributes(id, change.profile);
      }
      if (!names) return;
      await sql.run(build.deleteFrom("user_names").where("user_id", "=", id));
      await addNames(id, names);
    },
    async remove(id) {
      await sql.run(build.deleteFrom("users").where("id", "=", id));
    },
    async holders(names) {
      const [one, ...more] = names;
      if (!one) return [];
      if (more.length === 0) return sql.all(holdersOf(build, one));
      return sql.all(
        namesHeld(build).where((eb) => eb.or(names.map(({ kind, folded }) => eb.and([eb("kind", "=", kind), eb("folded", "=", folded)])))),
      );
    },
    lookUp: (appId, namesFor) => lookup.ask(sql, appId, namesFor),
    async linkedTo(id) {
      return (await sql.all(linkedTo(build, { id }))).map((row) => fromRow(row));
    },
    takePasswordTry: (id, cap, now) => incrementIf(sql, takeTry(build, { id, cap, now })),
    async passwordTries(id) {
      const tries = build.selectFrom("users").select(["password_failures as failures", "next_password_at as nextAt"]).where("id", "=", id);
      return (await sql.first(tries)) ?? { failures: 0, nextAt: 0 };
    },
    returnPasswordTry: (id) =>
      sql.run(
        build
          .updateTable("users")
          .set((eb) => ({ password_failures: eb("password_failures", "-", 1), next_password_at: 0 }))
          .where("id", "=", id)
          .where("password_failures", ">", 0),
      ),
    setPasswordTries: (id, { failures, nextAt }) => sql.run(setTries(build, { id, failures, nextAt })),
    async count() {
      const row = await sql.first(build.selectFrom("users").select((eb) => eb.fn.countAll<number>().as("count")));
      return Number(row?.count ?? 0);
    },
    async anyAdministrator() {
      return (await sql.first(build.selectFrom("users").select("id").where("role", "=", "owner").limit(1))) !== undefined;
    },
  };
}

function toStored(user: UserRow): Omit<Stored, "password_failures" | "next_password_at"> {
  return {
    id: user.id,
    source: user.source,
    external_id: user.externalId,
    login: foldName(user.profile.login) ?? user.profile.login,
    status: user.status,
    status_since: user.statusSince,
    status_by: user.statusBy,
    profile: JSON.stringify(user.profile),
    password_hash: user.passwordHash,
    password_changed: user.passwordChanged,
    role: user.role,
    created: user.created,
    updated: user.updated,
    linked_to: user.linkedTo,
    must_change: user.mustChange ? 1 : 0,
  };
}

function changeOf(change: Parameters<UsersStore["update"]>[1]): Partial<Stored> {
  const set: Partial<Stored> = {};
  if (change.profile !== undefined) {
    set.profile = JSON.stringify(change.profile);
    set.login = foldName(change.profile.login) ?? change.profile.login;
  }
  if (change.status !== undefined) set.status = change.status;
  if (change.statusSince !== undefined) set.status_since = change.statusSince;
  if (change.statusBy !== undefined) set.status_by = change.statusBy;
  if (change.passwordHash !== undefined) set.password_hash = change.passwordHash;
  if (change.passwordChanged !== undefined) set.password_changed = change.passwordChanged;
  if (change.mustChange !== undefined) set.must_change = change.mustChange ? 1 : 0;
  if (change.role !== undefined) set.role = change.role;
  if (change.updated !== undefined) set.updated = change.updated;
  if (change.linkedTo !== undefined) set.linked_to = change.linkedTo;
  return set;
}

function fromStored(row: Stored | undefined): UserRow | undefined {
  return row && fromRow(row);
}

/** Also for joins that select whole users. */
export function fromRow(row: Stored): UserRow {
  return {
    id: row.id,
    source: row.source,
    externalId: row.external_id,
    status: row.status as UserRow["status"],
    statusSince: row.status_since,
    statusBy: row.status_by,
    profile: JSON.parse(row.profile),
    passwordHash: row.password_hash,
    passwordChanged: row.password_changed,
    role: row.role as UserRow["role"],
    created: row.created,
    updated: row.updated,
    linkedTo: row.linked_to,
    mustChange: row.must_change === 1,
  };
}

/** Stored people: users with every name under which they are found, and groups. */
import { foldName } from "@sallyport/logon";
import { Conflict, type Page } from "../flows/store.ts";
import type { GroupRow, GroupsStore, UserName, UserRow, UsersStore } from "../flows/store-directory.ts";
import type { Builder } from "./builder.ts";
import type { Schema } from "./schema.ts";
import type { Sql } from "./sql.ts";

type Stored = Schema["users"];

export function usersStore(sql: Sql, build: Builder): UsersStore {
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
  return {
    async insert(user, names) {
      const statement = build
        .insertInto("users")
        .values(toStored(user))
        .onConflict((c) => c.doNothing())
        .returning("id");
      if (!(await sql.first(statement))) throw new Conflict(`the user ${user.profile.login} of source ${user.source}`);
      await addNames(user.id, names);
    },
    async byId(id) {
      return fromStored(await sql.first(build.selectFrom("users").selectAll().where("id", "=", id)));
    },
    async byLogin(folded) {
      const rows = await sql.all(build.selectFrom("users").selectAll().where("login", "=", folded).orderBy("id"));
      return rows.map((row) => fromRow(row));
    },
    async list({ limit, after, query }) {
      let statement = build.selectFrom("users").selectAll().orderBy("login").orderBy("id").limit(limit);
      if (after !== undefined) {
        const last = build.selectFrom("users").select("login").where("id", "=", after);
        statement = statement.where((eb) => eb.or([eb("login", ">", last), eb.and([eb("login", "=", last), eb("id", ">", after)])]));
      }
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
      if (!names) return;
      await sql.run(build.deleteFrom("user_names").where("user_id", "=", id));
      await addNames(id, names);
    },
    async remove(id) {
      await sql.run(build.deleteFrom("users").where("id", "=", id));
    },
    async holders(names) {
      if (names.length === 0) return [];
      const statement = build
        .selectFrom("user_names")
        .select(["kind", "folded", "user_id as userId"])
        .where((eb) => eb.or(names.map(({ kind, folded }) => eb.and([eb("kind", "=", kind), eb("folded", "=", folded)]))))
        .orderBy("user_id");
      return sql.all(statement);
    },
    async count() {
      const row = await sql.first(build.selectFrom("users").select((eb) => eb.fn.countAll<number>().as("count")));
      return Number(row?.count ?? 0);
    },
    async anyAdministrator() {
      return (await sql.first(build.selectFrom("users").select("id").where("role", "=", "owner").limit(1))) !== undefined;
    },
  };
}

function toStored(user: UserRow): Stored {
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
  if (change.role !== undefined) set.role = change.role;
  if (change.updated !== undefined) set.updated = change.updated;
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
  };
}

export function groupsStore(sql: Sql, build: Builder): GroupsStore {
  const columns = ["id", "name", "description", "created"] as const;
  return {
    async insert(group) {
      const row = { ...group, folded: group.name.toLowerCase() };
      const statement = build
        .insertInto("groups")
        .values(row)
        .onConflict((c) => c.doNothing())
        .returning("id");
      if (!(await sql.first(statement))) throw new Conflict(`the group ${group.name}`);
    },
    byId: (id) => sql.first<GroupRow>(build.selectFrom("groups").select(columns).where("id", "=", id)),
    byName: (name) => sql.first<GroupRow>(build.selectFrom("groups").select(columns).where("folded", "=", name.toLowerCase())),
    async list({ limit, after, query }: Page & { query?: string | undefined }) {
      let statement = build.selectFrom("groups").select(columns).orderBy("folded").limit(limit);
      if (after !== undefined)
        statement = statement.where("folded", ">", build.selectFrom("groups").select("folded").where("id", "=", after));
      if (query !== undefined) {
        const folded = query.toLowerCase();
        statement = statement.where("folded", ">=", folded).where("folded", "<", `${folded}\u{10ffff}`);
      }
      return sql.all<GroupRow>(statement);
    },
    remove: (id) => sql.run(build.deleteFrom("groups").where("id", "=", id)),
    addMember: (groupId, userId) =>
      sql.run(
        build
          .insertInto("group_members")
          .values({ group_id: groupId, user_id: userId })
          .onConflict((c) => c.doNothing()),
      ),
    removeMember: (groupId, userId) =>
      sql.run(build.deleteFrom("group_members").where("group_id", "=", groupId).where("user_id", "=", userId)),
    async members(groupId, { limit, after }) {
      let statement = build
        .selectFrom("users")
        .innerJoin("group_members", "group_members.user_id", "users.id")
        .selectAll("users")
        .where("group_members.group_id", "=", groupId)
        .orderBy("users.id")
        .limit(limit);
      if (after !== undefined) statement = statement.where("users.id", ">", after);
      return (await sql.all(statement)).map((row) => fromRow(row));
    },
    ofUser: (userId) =>
      sql.all<GroupRow>(
        build
          .selectFrom("groups")
          .innerJoin("group_members", "group_members.group_id", "groups.id")
          .select(["groups.id", "groups.name", "groups.description", "groups.created"])
          .where("group_members.user_id", "=", userId)
          .orderBy("groups.folded"),
      ),
  };
}

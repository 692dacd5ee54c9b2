/** Stored groups: made here or kept by a source, with members, groups in groups, and rules. */
import type { GroupRule } from "@sallyport/contracts";
import { foldName } from "@sallyport/logon";
import { sql as raw } from "kysely";
import { Conflict } from "../flows/store.ts";
import type { GroupRow, GroupsStore } from "../flows/store-directory.ts";
import type { Builder } from "./builder.ts";
import { groupsBelow, groupsOf, MEMBERS_BELOW } from "./effective-groups.ts";
import type { Schema } from "./schema.ts";
import { sourceKeys } from "./source-keys.ts";
import type { Sql } from "./sql.ts";
import { fromRow as userFromRow } from "./users.ts";

type Stored = Schema["groups"];
/** Rows of one statement: databases bound the number of values. */
const AT_ONCE = 500;

export function groupsStore(sql: Sql, build: Builder): GroupsStore {
  const one = async (column: "id" | "folded", value: string) => {
    const row = await sql.first(build.selectFrom("groups").selectAll().where(column, "=", value));
    return row && fromRow(row);
  };
  return {
    async insert(group) {
      const statement = build
        .insertInto("groups")
        .values(toStored(group))
        .onConflict((c) => c.doNothing())
        .returning("id");
      if (!(await sql.first(statement))) throw new Conflict(`the group ${group.name}`);
    },
    ...sourceKeys(sql, build, "groups", fromRow),
    byId: (id) => one("id", id),
    byName: (name) => one("folded", name.toLowerCase()),
    async list({ limit, after, past, query }: Parameters<GroupsStore["list"]>[0]) {
      let statement = build.selectFrom("groups").selectAll().orderBy("folded").limit(limit);
      if (after !== undefined)
        statement = statement.where("folded", ">", build.selectFrom("groups").select("folded").where("id", "=", after));
      if (past !== undefined) statement = statement.where("folded", ">", past);
      if (query !== undefined) {
        const folded = query.toLowerCase();
        statement = statement.where("folded", ">=", folded).where("folded", "<", `${folded}\u{10ffff}`);
      }
      return (await sql.all(statement)).map(fromRow);
    },
    async ofSource(source, { limit, after }) {
      let statement = build.selectFrom("groups").selectAll().where("source", "=", source).orderBy("external_id").limit(limit);
      if (after !== undefined) statement = statement.where("external_id", ">", after);
      return (await sql.all(statement)).map(fromRow);
    },
    update: (id, change) => update(sql, build, id, change),
    remove: (id) => sql.run(build.deleteFrom("groups").where("id", "=", id)),
    ...memberships(sql, build),
    ...effective(sql, build),
  };
}

async function update(
  sql: Sql,
  build: Builder,
  id: string,
  { name, description, rule }: Parameters<GroupsStore["update"]>[1],
): Promise<void> {
  const set: Partial<Stored> = {
    ...(name === undefined ? {} : { name, folded: name.toLowerCase() }),
    ...(description === undefined ? {} : { description }),
    ...(rule === undefined ? {} : ruleToStored(rule)),
  };
  // Read first so that it is a conflict and not a fault; the unique index still stands behind it.
  const other =
    set.folded === undefined ? undefined : await sql.first(build.selectFrom("groups").select("id").where("folded", "=", set.folded));
  if (other && other.id !== id) throw new Conflict(`the group ${name}`);
  if (Object.keys(set).length > 0) await sql.run(build.updateTable("groups").set(set).where("id", "=", id));
}

type Memberships = Pick<GroupsStore, "addMembers" | "removeMembers" | "addChildren" | "removeChildren" | "memberIds">;

function memberships(sql: Sql, build: Builder): Memberships {
  return {
    async addMembers(groupId, userIds) {
      for (const some of parts(userIds)) {
        const rows = some.map((id) => ({ group_id: groupId, user_id: id }));
        await sql.run(
          build
            .insertInto("group_members")
            .values(rows)
            .onConflict((c) => c.doNothing()),
        );
      }
    },
    async removeMembers(groupId, userIds) {
      for (const some of parts(userIds))
        await sql.run(build.deleteFrom("group_members").where("group_id", "=", groupId).where("user_id", "in", some));
    },
    async addChildren(groupId, groupIds) {
      for (const some of parts(groupIds)) {
        const rows = some.map((id) => ({ parent_id: groupId, child_id: id }));
        await sql.run(
          build
            .insertInto("group_groups")
            .values(rows)
            .onConflict((c) => c.doNothing()),
        );
      }
    },
    async removeChildren(groupId, groupIds) {
      for (const some of parts(groupIds))
        await sql.run(build.deleteFrom("group_groups").where("parent_id", "=", groupId).where("child_id", "in", some));
    },
    async memberIds(groupId, { limit, after = "" }) {
      const statement = build.selectFrom("group_members").select("user_id").where("group_id", "=", groupId).where("user_id", ">", after);
      return (await sql.all(statement.orderBy("user_id").limit(limit))).map((row) => row.user_id);
    },
  };
}

type Effective = Pick<GroupsStore, "children" | "parents" | "members" | "ofUser" | "directOfUser" | "below">;

function effective(sql: Sql, build: Builder): Effective {
  const groups = () => build.selectFrom("groups").selectAll("groups").orderBy("groups.folded");
  return {
    async children(groupId) {
      const joined = groups().innerJoin("group_groups", "group_groups.child_id", "groups.id").where("group_groups.parent_id", "=", groupId);
      return (await sql.all(joined)).map(fromRow);
    },
    async parents(groupId) {
      const joined = groups().innerJoin("group_groups", "group_groups.parent_id", "groups.id").where("group_groups.child_id", "=", groupId);
      return (await sql.all(joined)).map(fromRow);
    },
    async directOfUser(userId) {
      const joined = groups().innerJoin("group_members", "group_members.group_id", "groups.id").where("group_members.user_id", "=", userId);
      return (await sql.all(joined)).map(fromRow);
    },
    async members(groupId, { limit, after = "" }) {
      const statement = raw<Schema["users"]>`${groupsBelow(groupId)} select users.* from users
        where users.id > ${after} and users.id in (${MEMBERS_BELOW}) order by users.id limit ${limit}`;
      return (await sql.all({ compile: () => statement.compile(build) })).map((row) => userFromRow(row));
    },
    async ofUser(userId) {
      const statement = raw<Stored>`with recursive ${groupsOf(raw`= ${userId}`)} select distinct groups.* from own
        join groups on groups.id = own.group_id order by groups.folded`;
      return (await sql.all({ compile: () => statement.compile(build) })).map(fromRow);
    },
    async below(groupId) {
      const statement = raw<{ id: string }>`${groupsBelow(groupId)} select id from below where id <> ${groupId} order by id`;
      return (await sql.all({ compile: () => statement.compile(build) })).map(({ id }) => id);
    },
  };
}

function parts<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, at) => all.slice(at * AT_ONCE, (at + 1) * AT_ONCE));
}

function ruleToStored(rule: GroupRule | null): Pick<Stored, "rule_attribute" | "rule_value" | "rule_folded"> {
  if (!rule) return { rule_attribute: null, rule_value: null, rule_folded: null };
  return { rule_attribute: rule.attribute, rule_value: rule.value, rule_folded: foldName(rule.value) ?? null };
}

function toStored({ externalId, rule, ...rest }: GroupRow): Stored {
  return { ...rest, folded: rest.name.toLowerCase(), external_id: externalId, ...ruleToStored(rule) };
}

function fromRow({ id, name, description, created, source, external_id, rule_attribute, rule_value }: Stored): GroupRow {
  const rule =
    rule_attribute === null || rule_value === null ? null : { attribute: rule_attribute as GroupRule["attribute"], value: rule_value };
  return { id, name, description, created, source, externalId: external_id, rule };
}

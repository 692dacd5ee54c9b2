/** Stored apps with their policy and assignments, and zones. */
import { ruleText, type Zone } from "@sallyport/contracts";
import { sql as raw } from "kysely";
import { Conflict, type Page } from "../flows/store.ts";
import type { AppRow, AppsStore, AssignmentRow, ZonesStore } from "../flows/store-directory.ts";
import type { Builder } from "./builder.ts";
import { compiledOnce } from "./compiled-once.ts";
import { groupsOf } from "./effective-groups.ts";
import type { Schema } from "./schema.ts";
import type { Sql } from "./sql.ts";

type Stored = Schema["apps"];

/** At every step of a logon. What is asked for stands in a table, where no planner looks at it; see `name-lookup.ts`. */
const forUser = compiledOnce((build, { id, userId }: { id: string; userId: string }) => ({
  compile: () =>
    raw<Stored & { assigned: number }>`with recursive asked(app_id, user_id) as (values (${id}, ${userId})),
      ${groupsOf(raw`in (select user_id from asked)`)}
      select apps.*, case when exists (select 1 from app_users where app_id = apps.id and user_id in (select user_id from asked))
        or exists (select 1 from own join app_groups g on g.group_id = own.group_id where g.app_id = apps.id) then 1 else 0 end as assigned
      from apps where id in (select app_id from asked)`.compile(build),
}));

export function appsStore(sql: Sql, build: Builder): AppsStore {
  const one = async (column: "id" | "folded", value: string) => {
    const row = await sql.first(build.selectFrom("apps").selectAll().where(column, "=", value));
    return row && fromRow(row);
  };
  return {
    async insert(app) {
      const statement = build
        .insertInto("apps")
        .values(toStored(app))
        .onConflict((c) => c.doNothing())
        .returning("id");
      if (!(await sql.first(statement))) throw new Conflict(`the app ${app.label}`);
    },
    byId: (id) => one("id", id),
    async forUser(id, userId) {
      const row = await sql.first(forUser(build, { id, userId }));
      return row && { app: fromRow(row), assigned: row.assigned === 1 };
    },
    byLabel: (label) => one("folded", label.toLowerCase()),
    async list({ limit, after, past }) {
      let statement = build.selectFrom("apps").selectAll().orderBy("folded").limit(limit);
      if (past !== undefined) statement = statement.where("folded", ">", past);
      if (after !== undefined)
        statement = statement.where("folded", ">", build.selectFrom("apps").select("folded").where("id", "=", after));
      return (await sql.all(statement)).map(fromRow);
    },
    async update(id, change) {
      const set: Partial<Stored> = {};
      if (change.label !== undefined) Object.assign(set, { label: change.label, folded: change.label.toLowerCase() });
      if (change.status !== undefined) set.status = change.status;
      if (change.legacy !== undefined) set.legacy = change.legacy ? 1 : 0;
      if (change.nameRules !== undefined) set.name_rules = JSON.stringify(change.nameRules);
      if (Object.keys(set).length > 0) await sql.run(build.updateTable("apps").set(set).where("id", "=", id));
    },
    remove: (id) => sql.run(build.deleteFrom("apps").where("id", "=", id)),
    async nameRules() {
      const rows = await sql.all<{ name_rules: string }>(build.selectFrom("apps").select("name_rules").distinct());
      const rules = rows.flatMap(({ name_rules }): AppRow["nameRules"] => JSON.parse(name_rules));
      return [...new Map(rules.map((rule) => [ruleText(rule), rule])).values()];
    },
    async setPolicy(id, expected, document) {
      const set = { policy: JSON.stringify(document), policy_version: expected + 1 };
      const statement = build
        .updateTable("apps")
        .set(set)
        .where("id", "=", id)
        .where("policy_version", "=", expected)
        .returning("policy_version");
      return (await sql.first(statement))?.policy_version;
    },
    ...assignments(sql, build),
  };
}

function assignments(sql: Sql, build: Builder) {
  return {
    assignUser: (appId: string, userId: string, now: number) =>
      sql.run(
        build
          .insertInto("app_users")
          .values({ app_id: appId, user_id: userId, created: now })
          .onConflict((c) => c.doNothing()),
      ),
    unassignUser: (appId: string, userId: string) =>
      sql.run(build.deleteFrom("app_users").where("app_id", "=", appId).where("user_id", "=", userId)),
    assignGroup: (appId: string, groupId: string, now: number) =>
      sql.run(
        build
          .insertInto("app_groups")
          .values({ app_id: appId, group_id: groupId, created: now })
          .onConflict((c) => c.doNothing()),
      ),
    unassignGroup: (appId: string, groupId: string) =>
      sql.run(build.deleteFrom("app_groups").where("app_id", "=", appId).where("group_id", "=", groupId)),
    async assignments(appId: string, scope: "USER" | "GROUP", { limit, after = "" }: Page): Promise<AssignmentRow[]> {
      const users = assignedUsers(build, appId).where("users.id", ">", after).orderBy("users.id").limit(limit);
      const groups = assignedGroups(build, appId).where("groups.id", ">", after).orderBy("groups.id").limit(limit);
      const rows = await sql.all<Assigned>(scope === "USER" ? users : groups);
      return rows.map((row) => ({ ...row, scope }));
    },
    async assignment(appId: string, scope: "USER" | "GROUP", id: string): Promise<AssignmentRow | undefined> {
      const user = assignedUsers(build, appId).where("users.id", "=", id);
      const group = assignedGroups(build, appId).where("groups.id", "=", id);
      const row = await sql.first<Assigned>(scope === "USER" ? user : group);
      return row && { ...row, scope };
    },
  };
}

interface Assigned {
  id: string;
  name: string;
  created: number;
}

function assignedUsers(build: Builder, appId: string) {
  return build
    .selectFrom("app_users")
    .innerJoin("users", "users.id", "app_users.user_id")
    .select(["users.id as id", "users.login as name", "app_users.created as created"])
    .where("app_users.app_id", "=", appId);
}

function assignedGroups(build: Builder, appId: string) {
  return build
    .selectFrom("app_groups")
    .innerJoin("groups", "groups.id", "app_groups.group_id")
    .select(["groups.id as id", "groups.name as name", "app_groups.created as created"])
    .where("app_groups.app_id", "=", appId);
}

function toStored(app: AppRow): Stored {
  return {
    id: app.id,
    label: app.label,
    folded: app.label.toLowerCase(),
    status: app.status,
    name_rules: JSON.stringify(app.nameRules),
    policy_version: app.policyVersion,
    policy: JSON.stringify(app.policy),
    legacy: app.legacy ? 1 : 0,
    created: app.created,
  };
}

function fromRow(row: Stored): AppRow {
  return {
    id: row.id,
    label: row.label,
    status: row.status as AppRow["status"],
    nameRules: JSON.parse(row.name_rules),
    policyVersion: row.policy_version,
    policy: JSON.parse(row.policy),
    legacy: row.legacy === 1,
    created: row.created,
  };
}

export function zonesStore(sql: Sql, build: Builder): ZonesStore {
  const fromZone = (row: { name: string; cidrs: string }): Zone => ({ name: row.name, cidrs: JSON.parse(row.cidrs) });
  return {
    async put(zone) {
      const row = { folded: zone.name.toLowerCase(), name: zone.name, cidrs: JSON.stringify(zone.cidrs) };
      await sql.run(
        build
          .insertInto("zones")
          .values(row)
          .onConflict((c) => c.column("folded").doUpdateSet({ name: row.name, cidrs: row.cidrs })),
      );
    },
    async byName(name) {
      const row = await sql.first(build.selectFrom("zones").select(["name", "cidrs"]).where("folded", "=", name.toLowerCase()));
      return row && fromZone(row);
    },
    list: async () => (await sql.all(build.selectFrom("zones").select(["name", "cidrs"]).orderBy("folded"))).map(fromZone),
    remove: async (name) =>
      (await sql.first(build.deleteFrom("zones").where("folded", "=", name.toLowerCase()).returning("folded"))) !== undefined,
  };
}

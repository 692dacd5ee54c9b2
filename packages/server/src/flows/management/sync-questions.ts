/** What the planning of a sync asks of the store, in small pages: from its process these go to the server, where units of work are. */
import type { Store, Tx } from "../store.ts";
import type { GroupRow, UserName, UserRow } from "../store-directory.ts";
import { type Namesakes, namesakesOf } from "./names-at-stake.ts";

/** Why a group must not vanish: sentences such as `assigned to the app servers`. */
export interface GroupUses {
  /** Id of the group → sentence. */
  assigned: [string, string][];
  /** Folded name of the group → sentence. */
  named: [string, string][];
}

/** Ids are those of the org. */
export interface Questions {
  /** Of the source, by external id, without their passwords; fewer than `USERS_AT_ONCE` are the last. */
  users(after: string | undefined): Promise<UserRow[]>;
  namesakes(): Promise<Namesakes>;
  holders(names: UserName[]): Promise<(UserName & { userId: string })[]>;
  /** Of the source, by external id; fewer than `GROUPS_AT_ONCE` are the last. */
  groups(after: string | undefined): Promise<GroupRow[]>;
  /** Direct members of a group, by id; fewer than `MEMBERS_AT_ONCE` are the last. */
  members(group: string, after: string | undefined): Promise<string[]>;
  /** Groups directly in each of these. */
  children(groups: string[]): Promise<[string, string[]][]>;
  /** Groups that each of these people was put into directly. */
  groupsOf(users: string[]): Promise<[string, string[]][]>;
  /** Folded name → id of the group, over all groups. */
  groupsNamed(names: string[]): Promise<[string, string][]>;
  uses(): Promise<GroupUses>;
}

export const USERS_AT_ONCE = 250;
export const GROUPS_AT_ONCE = 200;
export const MEMBERS_AT_ONCE = 1000;

export function questionsOf(store: Store, source: string): Questions {
  return {
    users: (after) =>
      store.read(async (tx) =>
        (await tx.users.ofSource(source, { limit: USERS_AT_ONCE, after })).map((user) => ({ ...user, passwordHash: null })),
      ),
    namesakes: () => store.read(namesakesOf),
    holders: (names) => store.read((tx) => tx.users.holders(names)),
    groups: (after) => store.read((tx) => tx.groups.ofSource(source, { limit: GROUPS_AT_ONCE, after })),
    members: (group, after) => store.read((tx) => tx.groups.memberIds(group, { limit: MEMBERS_AT_ONCE, after })),
    children: (groups) => store.read((tx) => each(groups, async (group) => (await tx.groups.children(group)).map(({ id }) => id))),
    groupsOf: (users) => store.read((tx) => each(users, async (user) => (await tx.groups.directOfUser(user)).map(({ id }) => id))),
    groupsNamed: (names) =>
      store.read(async (tx) => {
        const found = await each(names, async (name) => (await tx.groups.byName(name))?.id);
        return found.filter((one): one is [string, string] => one[1] !== undefined).map(([name, id]) => [name.toLowerCase(), id]);
      }),
    uses: () => store.read(usesOf),
  };
}

/** Of every app: there are few. */
export async function usesOf(tx: Tx): Promise<GroupUses> {
  const uses: GroupUses = { assigned: [], named: [] };
  for (let apps = await tx.apps.list({ limit: 100 }); apps.length > 0; apps = await tx.apps.list({ limit: 100, after: apps.at(-1)?.id })) {
    for (const { id, label, policy } of apps) {
      for (const group of await assignedGroups(tx, id)) uses.assigned.push([group, `assigned to the app ${label}`]);
      for (const rule of policy.rules)
        for (const name of rule.if?.groups ?? [])
          uses.named.push([name.toLowerCase(), `named in the rule "${rule.name}" of the app ${label}`]);
    }
  }
  return uses;
}

async function assignedGroups(tx: Tx, app: string): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | undefined; ; after = ids.at(-1)) {
    const page = await tx.apps.assignments(app, "GROUP", { limit: 200, after });
    ids.push(...page.map(({ id }) => id));
    if (page.length < 200) return ids;
  }
}

async function each<T>(keys: readonly string[], find: (key: string) => Promise<T>): Promise<[string, T][]> {
  const found: [string, T][] = [];
  for (const key of keys) found.push([key, await find(key)]);
  return found;
}

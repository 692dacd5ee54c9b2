/** Groups of a SCIM source with their direct members: people and groups of the same source, and nobody else's. */
import { newId } from "../ids.ts";
import type { Store, Tx } from "../store.ts";
import type { GroupRow } from "../store-directory.ts";
import { targetOf } from "./groups.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";

/** Members of one unit of work: a logon waits for no more than that. */
const AT_ONCE = 100;
/** Members of one reading. */
const PAGE = 1000;
/** Looked up one by one. */
const FEW = 20;

export interface SourceGroup {
  externalId: string | undefined;
  name: string;
}

/** `whole`: whoever is neither kept nor added is taken out. Ids of users and groups alike. */
export interface MembersChange {
  whole: boolean;
  add: readonly string[];
  remove: readonly string[];
}

export interface DirectMembers {
  users: string[];
  groups: GroupRow[];
}

export async function findSourceGroup(tx: Tx, source: string, id: string): Promise<Outcome<GroupRow>> {
  const group = await tx.groups.byId(id);
  return group && group.source === source ? done(group) : { kind: "not-found", what: "group" };
}

export async function directMembers(store: Store, groupId: string): Promise<DirectMembers> {
  const users: string[] = [];
  for (let page: string[] | undefined; page === undefined || page.length === PAGE; ) {
    const after = users.at(-1);
    page = await store.read((tx) => tx.groups.memberIds(groupId, { limit: PAGE, after }));
    users.push(...page);
  }
  return { users, groups: await store.read((tx) => tx.groups.children(groupId)) };
}

export async function createSourceGroup(
  store: Store,
  caller: Caller,
  source: string,
  { externalId, name }: SourceGroup,
  members: readonly string[],
): Promise<Outcome<GroupRow>> {
  const known = await knownMembers(store, source, members);
  if (known.kind !== "done") return known;
  const made = await inUnit(
    store,
    async (tx): Promise<Outcome<GroupRow>> => {
      if (externalId !== undefined && (await tx.groups.byExternalId(source, externalId))) return { kind: "exists", field: "externalId" };
      const taken = await nameTaken(tx, name);
      if (taken) return taken;
      const id = newId("grp");
      const group = { id, name, description: null, created: tx.now, source, externalId: externalId ?? id, rule: null };
      await tx.groups.insert(group);
      await tx.log.append({
        type: "group.created",
        actor: caller.actor,
        target: targetOf(group),
        outcome: "success",
        data: { name, source },
      });
      return done(group);
    },
    "displayName",
  );
  if (made.kind === "done") await changeMembers(store, caller, made.value, { whole: false, add: members, remove: [] }, known.value);
  return made;
}

export async function changeSourceGroup(
  store: Store,
  caller: Caller,
  source: string,
  id: string,
  change: Partial<SourceGroup>,
  members?: MembersChange,
): Promise<Outcome<GroupRow>> {
  const known = await knownMembers(store, source, members?.add ?? []);
  if (known.kind !== "done") return known;
  const changed = await inUnit(
    store,
    async (tx) => {
      const found = await findSourceGroup(tx, source, id);
      return found.kind === "done" ? rename(tx, caller, found.value, change) : found;
    },
    "externalId",
  );
  if (changed.kind === "done" && members) await changeMembers(store, caller, changed.value, members, known.value);
  return changed;
}

async function rename(tx: Tx, caller: Caller, group: GroupRow, { name, externalId }: Partial<SourceGroup>): Promise<Outcome<GroupRow>> {
  const renamed = name !== undefined && name !== group.name;
  const rekeyed = externalId !== undefined && externalId !== group.externalId;
  const taken = renamed ? await nameTaken(tx, name, group.id) : undefined;
  if (taken) return taken;
  if (rekeyed) await tx.groups.rekey(group.id, externalId);
  if (renamed) await tx.groups.update(group.id, { name });
  const changed = [...(renamed ? ["name"] : []), ...(rekeyed ? ["externalId"] : [])];
  const now = { ...group, ...(renamed ? { name } : {}), ...(rekeyed ? { externalId } : {}) };
  if (changed.length > 0)
    await tx.log.append({
      type: "group.updated",
      actor: caller.actor,
      target: targetOf(now),
      outcome: "success",
      data: { changed, name: now.name },
    });
  return done(now);
}

export function deleteSourceGroup(store: Store, caller: Caller, source: string, id: string): Promise<Outcome<undefined>> {
  return inUnit(store, async (tx) => {
    const found = await findSourceGroup(tx, source, id);
    if (found.kind !== "done") return found;
    await tx.groups.remove(id);
    const { name } = found.value;
    await tx.log.append({ type: "group.deleted", actor: caller.actor, target: targetOf(found.value), outcome: "success", data: { name } });
    return done(undefined);
  });
}

/** Names of groups are told apart in the whole org: policies and people name them. */
async function nameTaken(tx: Tx, name: string, except?: string): Promise<{ kind: "conflict"; why: string } | undefined> {
  const other = await tx.groups.byName(name);
  if (!other || other.id === except) return undefined;
  const whose = other.source === null ? "made by hand" : `of the source ${other.source}`;
  return { kind: "conflict", why: `there is a group of this name already, ${whose}` };
}

interface Known {
  users: Set<string>;
  groups: Set<string>;
}

/** All of them, or a refusal that names the first that this source does not have. */
async function knownMembers(store: Store, source: string, ids: readonly string[]): Promise<Outcome<Known>> {
  const known: Known = { users: new Set(), groups: new Set() };
  for (let at = 0; at < ids.length; at += PAGE) {
    const page = ids.slice(at, at + PAGE);
    const [users, groups] = await store.read(
      async (tx) => [await tx.users.ownedBy(source, page), await tx.groups.ownedBy(source, page)] as const,
    );
    for (const id of users) known.users.add(id);
    for (const id of groups) known.groups.add(id);
  }
  const stranger = ids.find((id) => !known.users.has(id) && !known.groups.has(id));
  return stranger === undefined ? done(known) : { kind: "invalid", causes: [`members: this source has no user and no group ${stranger}`] };
}

/** In small units, each with an event for every member: a directory may move thousands at once. */
async function changeMembers(store: Store, caller: Caller, group: GroupRow, change: MembersChange, known: Known): Promise<void> {
  const now = await membersAmong(store, group.id, change);
  const users = difference(new Set(now.users), change, known.users);
  const groups = difference(new Set(now.groups.map(({ id }) => id)), change, known.groups);
  for (const [ids, isMember] of [
    [users.remove, false],
    [users.add, true],
  ] as const) {
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const page = ids.slice(at, at + AT_ONCE);
      await store.inTransaction((tx) => moveUsers(tx, caller, group, page, isMember));
    }
  }
  for (const [ids, isMember] of [
    [groups.remove, false],
    [groups.add, true],
  ] as const)
    if (ids.length > 0) await store.inTransaction((tx) => moveGroups(tx, caller, group, ids, isMember));
}

/** Who of those that a change names is in; of a few, without reading the thousands who stay. */
async function membersAmong(store: Store, groupId: string, { whole, add, remove }: MembersChange): Promise<DirectMembers> {
  const named = [...new Set([...add, ...remove])];
  if (whole || named.length > FEW) return directMembers(store, groupId);
  return store.read(async (tx) => {
    const users = [];
    for (const id of named) if ((await tx.groups.directOfUser(id)).some((group) => group.id === groupId)) users.push(id);
    return { users, groups: await tx.groups.children(groupId) };
  });
}

function difference(now: Set<string>, { whole, add, remove }: MembersChange, known: Set<string>): { add: string[]; remove: string[] } {
  const wanted = new Set(add.filter((id) => known.has(id)));
  const gone = whole ? [...now] : remove.filter((id) => now.has(id));
  return { add: [...wanted].filter((id) => !now.has(id)), remove: [...new Set(gone)].filter((id) => !wanted.has(id)) };
}

async function moveUsers(tx: Tx, caller: Caller, group: GroupRow, ids: string[], isMember: boolean): Promise<void> {
  // Somebody may have deleted the group or one of the people since they were looked up.
  if (!(await tx.groups.byId(group.id))) return;
  const type = isMember ? "group.member-added" : "group.member-removed";
  const there = [];
  for (const id of ids) {
    const user = await tx.users.byId(id);
    if (!user) continue;
    there.push(id);
    const data = { user: id, login: user.profile.login };
    await tx.log.append({ type, actor: caller.actor, target: targetOf(group), outcome: "success", data });
  }
  if (isMember) await tx.groups.addMembers(group.id, there);
  else await tx.groups.removeMembers(group.id, there);
}

async function moveGroups(tx: Tx, caller: Caller, group: GroupRow, ids: string[], isMember: boolean): Promise<void> {
  if (!(await tx.groups.byId(group.id))) return;
  const there = [];
  for (const id of ids) {
    const child = await tx.groups.byId(id);
    if (!child) continue;
    there.push(id);
    const type = isMember ? "group.nested" : "group.unnested";
    await tx.log.append({ type, actor: caller.actor, target: targetOf(group), outcome: "success", data: { group: id, name: child.name } });
  }
  if (isMember) await tx.groups.addChildren(group.id, there);
  else await tx.groups.removeChildren(group.id, there);
}

/** Groups and their members. */
import type { createGroupRequest } from "@sallyport/contracts";
import type * as z from "zod";
import { newId } from "../ids.ts";
import type { Page, Store, Tx } from "../store.ts";
import type { GroupRow, UserRow } from "../store-directory.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";
import { findUser } from "./users.ts";

export function createGroup(store: Store, caller: Caller, body: z.infer<typeof createGroupRequest>): Promise<Outcome<GroupRow>> {
  return inUnit(store, async (tx) => {
    const { name, description = null } = body.profile;
    if (await tx.groups.byName(name)) return { kind: "exists", field: "profile.name" };
    const group = { id: newId("grp"), name, description, created: tx.now, source: null, externalId: null, rule: null };
    await tx.groups.insert(group);
    await tx.log.append({ type: "group.created", actor: caller.actor, target: targetOf(group), outcome: "success", data: { name } });
    return done(group);
  });
}

export async function findGroup(tx: Tx, id: string): Promise<Outcome<GroupRow>> {
  const group = await tx.groups.byId(id);
  return group ? done(group) : { kind: "not-found", what: "group" };
}

export function deleteGroup(store: Store, caller: Caller, id: string): Promise<Outcome<undefined>> {
  return inUnit(store, async (tx) => {
    const found = await findGroup(tx, id);
    if (found.kind !== "done") return found;
    await tx.groups.remove(id);
    await tx.log.append({
      type: "group.deleted",
      actor: caller.actor,
      target: targetOf(found.value),
      outcome: "success",
      data: { name: found.value.name },
    });
    return done(undefined);
  });
}

/** Adding a member twice, or removing one who is not, changes nothing and says nothing in the log. */
export function setMembership(store: Store, caller: Caller, groupId: string, userId: string, member: boolean): Promise<Outcome<undefined>> {
  return inUnit(store, async (tx) => {
    const group = await findGroup(tx, groupId);
    if (group.kind !== "done") return group;
    const user = await findUser(tx, userId);
    if (user.kind !== "done") return user;
    const { id, profile } = user.value;
    const isMember = (await tx.groups.directOfUser(id)).some((one) => one.id === groupId);
    if (isMember === member) return done(undefined);
    if (member) await tx.groups.addMembers(groupId, [id]);
    else await tx.groups.removeMembers(groupId, [id]);
    await tx.log.append({
      type: member ? "group.member-added" : "group.member-removed",
      actor: caller.actor,
      target: targetOf(group.value),
      outcome: "success",
      data: { user: id, login: profile.login },
    });
    return done(undefined);
  });
}

export function listMembers(store: Store, groupId: string, page: Page): Promise<Outcome<UserRow[]>> {
  return store.read(async (tx): Promise<Outcome<UserRow[]>> => {
    const group = await findGroup(tx, groupId);
    return group.kind === "done" ? done(await tx.groups.members(groupId, page)) : group;
  });
}

function targetOf(group: GroupRow): { type: string; id: string; name: string } {
  return { type: "group", id: group.id, name: group.name };
}

/** Groups and their members. */
import type { createGroupRequest } from "@sallyport/contracts";
import type * as z from "zod";
import { newId } from "../ids.ts";
import type { Store, Tx } from "../store.ts";
import type { GroupRow } from "../store-directory.ts";
import { type Caller, done, inUnit, type Outcome, type Refusal } from "./outcome.ts";
import { usesOf } from "./sync-questions.ts";
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

/** Name and description become what is said; what a source keeps, only the source changes. */
export function replaceGroup(
  store: Store,
  caller: Caller,
  id: string,
  { profile }: z.infer<typeof createGroupRequest>,
): Promise<Outcome<GroupRow>> {
  return inUnit(store, async (tx) => {
    const found = await findGroup(tx, id);
    if (found.kind !== "done") return found;
    const group = found.value;
    const kept = await keptElsewhere(tx, group);
    if (kept) return kept;
    const { name, description = null } = profile;
    const namesake = await tx.groups.byName(name);
    if (namesake && namesake.id !== id) return { kind: "exists", field: "profile.name" };
    const changed = [...(name === group.name ? [] : ["name"]), ...(description === group.description ? [] : ["description"])];
    if (changed.length === 0) return found;
    const next = { ...group, name, description };
    await tx.groups.update(id, { name, description });
    const data = { changed, name };
    await tx.log.append({ type: "group.updated", actor: caller.actor, target: targetOf(next), outcome: "success", data });
    return done(next);
  });
}

/**
 * A group that a source keeps would come back with its next word; one that a policy's rule names would make the rule silently stop to hold.
 * Its assignments go with it: fewer may log on then, never more. @param unlessAssigned one that is assigned is not deleted.
 */
export function deleteGroup(store: Store, caller: Caller, id: string, unlessAssigned = false): Promise<Outcome<undefined>> {
  return inUnit(store, async (tx) => {
    const found = await findGroup(tx, id);
    if (found.kind !== "done") return found;
    const kept = await keptElsewhere(tx, found.value);
    if (kept) return kept;
    const uses = await usesOf(tx);
    const assigned = unlessAssigned ? uses.assigned.flatMap(([group, how]) => (group === id ? [how] : [])) : [];
    if (assigned.length > 0) {
      const why = `${found.value.name} is ${assigned.join(", ")}: who logs on through it alone would be refused. Unassign it first, or: sallyport group delete ${found.value.name} --even-if-assigned`;
      return { kind: "conflict", why };
    }
    const named = uses.named.find(([name]) => name === found.value.name.toLowerCase());
    if (named) return { kind: "conflict", why: `${found.value.name} is ${named[1]}: change the rule first` };
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
    const refusal = await judgeByHand(tx, group.value);
    if (refusal) return refusal;
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

/** Members of a group are put in by one hand only: by administrators, by the source that keeps it, or by its rule. */
export async function judgeByHand(tx: Tx, group: GroupRow): Promise<Refusal | undefined> {
  const { name, rule } = group;
  if (rule) {
    const why = `the rule ${rule.attribute}=${rule.value} chooses who is in ${name}: change the rule, or take it away (sallyport group rule ${name} --clear)`;
    return { kind: "conflict", why };
  }
  return keptElsewhere(tx, group);
}

/** A source that was removed keeps nothing any more. */
export async function keptElsewhere(tx: Tx, { name, source }: GroupRow): Promise<Refusal | undefined> {
  if (source === null || !(await tx.sources.byName(source))) return undefined;
  return { kind: "conflict", why: `${name} is a group of the source ${source}: change it there, and it will be changed here` };
}

export function targetOf(group: GroupRow): { type: string; id: string; name: string } {
  return { type: "group", id: group.id, name: group.name };
}

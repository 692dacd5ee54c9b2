/** Groups in groups, and rules that choose the members of a group. */
import type { GroupRule } from "@sallyport/contracts";
import { foldName } from "@sallyport/logon";
import type { Store, Tx } from "../store.ts";
import type { GroupRow } from "../store-directory.ts";
import { findGroup, judgeByHand, keptElsewhere, targetOf } from "./groups.ts";
import { type Caller, done, inUnit, type Outcome, type Refusal } from "./outcome.ts";

export function listNested(store: Store, groupId: string): Promise<Outcome<GroupRow[]>> {
  return store.read(async (tx): Promise<Outcome<GroupRow[]>> => {
    const group = await findGroup(tx, groupId);
    return group.kind === "done" ? done(await tx.groups.children(groupId)) : group;
  });
}

/** Whoever is in the child is in the parent too. A circle by hand is a slip, and refused; one that a directory holds does no harm. */
export function nestGroup(store: Store, caller: Caller, parentId: string, childId: string): Promise<Outcome<undefined>> {
  return inUnit(store, async (tx) => {
    const both = await findBoth(tx, parentId, childId);
    if (both.kind !== "done") return both;
    const { parent, child } = both.value;
    const refusal = (await judgeByHand(tx, parent)) ?? (await judgeCircle(tx, parent, child));
    if (refusal) return refusal;
    if ((await tx.groups.children(parent.id)).some(({ id }) => id === child.id)) return done(undefined);
    await tx.groups.addChildren(parent.id, [child.id]);
    await say(tx, caller, "group.nested", parent, child);
    return done(undefined);
  });
}

export function unnestGroup(store: Store, caller: Caller, parentId: string, childId: string): Promise<Outcome<undefined>> {
  return inUnit(store, async (tx) => {
    const both = await findBoth(tx, parentId, childId);
    if (both.kind !== "done") return both;
    const { parent, child } = both.value;
    const refusal = await judgeByHand(tx, parent);
    if (refusal) return refusal;
    if (!(await tx.groups.children(parent.id)).some(({ id }) => id === child.id)) return done(undefined);
    await tx.groups.removeChildren(parent.id, [child.id]);
    await say(tx, caller, "group.unnested", parent, child);
    return done(undefined);
  });
}

async function judgeCircle(tx: Tx, parent: GroupRow, child: GroupRow): Promise<Refusal | undefined> {
  if (parent.id === child.id) return { kind: "conflict", why: `${parent.name} cannot be put into itself` };
  if (!(await tx.groups.below(child.id)).includes(parent.id)) return undefined;
  const direct = (await tx.groups.children(child.id)).some(({ id }) => id === parent.id);
  const way = direct ? "" : ", through other groups,";
  return {
    kind: "conflict",
    why: `${parent.name} is${way} in ${child.name} already: ${child.name} cannot be put into it, or they would go round in a circle`,
  };
}

async function findBoth(tx: Tx, parentId: string, childId: string): Promise<Outcome<{ parent: GroupRow; child: GroupRow }>> {
  const parent = await findGroup(tx, parentId);
  if (parent.kind !== "done") return parent;
  const child = await findGroup(tx, childId);
  return child.kind === "done" ? done({ parent: parent.value, child: child.value }) : child;
}

async function say(tx: Tx, caller: Caller, type: "group.nested" | "group.unnested", parent: GroupRow, child: GroupRow): Promise<void> {
  const data = { group: child.id, name: child.name };
  await tx.log.append({ type, actor: caller.actor, target: targetOf(parent), outcome: "success", data });
}

/**
 * Null takes the rule away, and with it everybody whom it chose. A group that has members by hand gets no rule: nobody could say afterwards
 * why somebody is in it, or take them out.
 */
export function setRule(store: Store, caller: Caller, id: string, rule: GroupRule | null): Promise<Outcome<GroupRow>> {
  return inUnit(store, async (tx) => {
    const found = await findGroup(tx, id);
    if (found.kind !== "done") return found;
    const group = found.value;
    const refusal = (await keptElsewhere(tx, group)) ?? (rule ? await judgeRule(tx, group, rule) : undefined);
    if (refusal) return refusal;
    if (group.rule?.attribute === rule?.attribute && group.rule?.value === rule?.value) return found;
    await tx.groups.update(id, { rule });
    const before = group.rule && `${group.rule.attribute}=${group.rule.value}`;
    const data = { attribute: rule?.attribute ?? null, value: rule?.value ?? null, before };
    await tx.log.append({ type: "group.rule-set", actor: caller.actor, target: targetOf(group), outcome: "success", data });
    return done({ ...group, rule });
  });
}

async function judgeRule(tx: Tx, group: GroupRow, { value }: GroupRule): Promise<Refusal | undefined> {
  if (foldName(value) === undefined) return { kind: "invalid", causes: ["value: holds a character that no name can have"] };
  if (group.rule) return undefined;
  const [member] = await tx.groups.memberIds(group.id, { limit: 1 });
  const [child] = await tx.groups.children(group.id);
  if (member === undefined && child === undefined) return undefined;
  const what = member === undefined ? `the group ${child?.name}` : "members";
  return {
    kind: "conflict",
    why: `${group.name} has ${what} put in by hand: take them out first, or make a group of its own for the rule`,
  };
}

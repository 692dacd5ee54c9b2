/** Carries out what a sync has planned for groups: in small units of work, names first, then who is in which. */
import { newId } from "../ids.ts";
import { Conflict, type Tx } from "../store.ts";
import type { Carrier } from "./carry-people.ts";
import type { GroupStep } from "./plan-groups.ts";
import { usesOf } from "./sync-questions.ts";

const AT_ONCE = 50;
const UNIT_MS = 5;
/** Members of one change: a group of thousands must not hold up a logon. */
const MEMBERS_AT_ONCE = 50;

/** External id → id, of this source's people and groups; groups that are made are added. */
export interface SourceIds {
  people: ReadonlyMap<string, string>;
  groups: Map<string, string>;
}

export interface GroupsCarried {
  created: number;
  updated: number;
  removed: number;
  emptied: number;
  membersIn: number;
  membersOut: number;
}

/** One thing to do; answers what must be remembered once its unit is committed. Does nothing if it is done already. */
type Deed = (tx: Tx) => Promise<(() => void) | undefined>;
interface Planned {
  step: GroupStep;
  deed: Deed;
}

/** Steps that could not be done as planned get a `why`. */
export async function carryGroups(carrier: Carrier, steps: readonly GroupStep[], ids: SourceIds): Promise<GroupsCarried> {
  const count: GroupsCarried = { created: 0, updated: 0, removed: 0, emptied: 0, membersIn: 0, membersOut: 0 };
  const names = steps.flatMap((step) => named(carrier, step, ids));
  await doAll(carrier, names);
  const moves = steps.flatMap((step) => moved(carrier, step, ids, count));
  const counted = { ...carrier, within: async (tx: Tx, done: number) => carrier.within?.(tx, names.length + done) };
  await doAll(counted, moves);
  for (const { fate } of steps) if (fate !== "unchanged") count[fate]++;
  return count;
}

async function doAll(carrier: Carrier, deeds: readonly Planned[]): Promise<void> {
  for (let at = 0, most = AT_ONCE; at < deeds.length; ) {
    await carrier.between?.();
    const some = deeds.slice(at, at + most);
    try {
      const kept = await carrier.store.inTransaction(async (tx) => {
        const began = performance.now();
        const after: ((() => void) | undefined)[] = [];
        for (const { deed } of some) {
          after.push(await deed(tx));
          if (performance.now() - began > UNIT_MS) break;
        }
        await carrier.within?.(tx, at + after.length);
        return after;
      });
      for (const keep of kept) keep?.();
      at += kept.length;
      most = AT_ONCE;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      if (most === 1) {
        const { step } = some[0] as { step: GroupStep };
        step.why = `the name ${step.name} was taken meanwhile; the next sync finds another`;
        at += 1;
      }
      most = most === 1 ? AT_ONCE : 1;
    }
  }
}

function named({ caller, source }: Carrier, step: GroupStep, ids: SourceIds): Planned[] {
  const { externalId, name, description, fate, id, changes } = step;
  const say = (tx: Tx, type: "group.created" | "group.updated" | "group.deleted", group: string, data: Record<string, unknown>) =>
    tx.log.append({
      type,
      actor: caller.actor,
      target: { type: "group", id: group, name },
      outcome: "success",
      data: { name, source, ...data },
    });
  if (fate === "created")
    return [
      {
        step,
        deed: async (tx) => {
          const made = newId("grp");
          await tx.groups.insert({ id: made, name, description, created: tx.now, source, externalId, rule: null });
          await say(tx, "group.created", made, {});
          return () => ids.groups.set(externalId, made);
        },
      },
    ];
  if (id === undefined) return [];
  if (fate === "removed") return [{ step, deed: (tx) => remove(tx, step, id, () => say(tx, "group.deleted", id, {})) }];
  if (!changes) return [];
  const change = { ...(changes.name ? { name } : {}), ...(changes.description ? { description } : {}) };
  return [
    {
      step,
      deed: async (tx) => {
        await tx.groups.update(id, change);
        await say(tx, "group.updated", id, { changed: Object.keys(change), ...(changes.name ? { before: changes.name[0] } : {}) });
        return undefined;
      },
    },
  ];
}

/** Somebody may have assigned it since it was planned. */
async function remove(tx: Tx, step: GroupStep, id: string, say: () => Promise<unknown>): Promise<(() => void) | undefined> {
  const uses = await usesOf(tx);
  const use = new Map(uses.assigned).get(id) ?? new Map(uses.named).get(step.name.toLowerCase());
  if (use !== undefined) {
    return () => {
      step.fate = "emptied";
      step.why = `gone from the source, but ${use} meanwhile: the next sync empties it`;
    };
  }
  await tx.groups.remove(id);
  await say();
  return undefined;
}

function moved({ caller, source }: Carrier, step: GroupStep, ids: SourceIds, count: GroupsCarried): Planned[] {
  const id = ids.groups.get(step.externalId);
  if (id === undefined || step.fate === "removed") return [];
  const known = (some: readonly string[], all: ReadonlyMap<string, string>) => some.flatMap((one) => all.get(one) ?? []);
  const target = { type: "group", id, name: step.name };
  const deeds: Planned[] = [];
  const change = (peopleIn: string[], peopleOut: string[], groupsIn: string[], groupsOut: string[]) =>
    deeds.push({
      step,
      deed: async (tx) => {
        await tx.groups.addMembers(id, peopleIn);
        await tx.groups.removeMembers(id, peopleOut);
        await tx.groups.addChildren(id, groupsIn);
        await tx.groups.removeChildren(id, groupsOut);
        const data = { name: step.name, source, in: peopleIn, out: peopleOut, groupsIn, groupsOut };
        await tx.log.append({ type: "group.members-synced", actor: caller.actor, target, outcome: "success", data });
        return () => {
          count.membersIn += peopleIn.length + groupsIn.length;
          count.membersOut += peopleOut.length + groupsOut.length;
        };
      },
    });
  for (const some of parts(known(step.peopleIn, ids.people))) change(some, [], [], []);
  for (const some of parts(known(step.peopleOut, ids.people))) change([], some, [], []);
  for (const some of parts(known(step.groupsIn, ids.groups))) change([], [], some, []);
  for (const some of parts(known(step.groupsOut, ids.groups))) change([], [], [], some);
  return deeds;
}

function parts(all: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(all.length / MEMBERS_AT_ONCE) }, (_, at) =>
    all.slice(at * MEMBERS_AT_ONCE, (at + 1) * MEMBERS_AT_ONCE),
  );
}

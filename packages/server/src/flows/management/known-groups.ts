/** Gathers what the planning of groups must know of the org, and has them planned. */
import type { DirectoryRead } from "../directory.ts";
import type { GroupRow, UserRow } from "../store-directory.ts";
import { GroupNames } from "./group-names.ts";
import { type GroupPlan, type KnownGroup, type Moving, planGroups } from "./plan-groups.ts";
import type { Plan, Step } from "./plan-import.ts";
import { GROUPS_AT_ONCE, MEMBERS_AT_ONCE, type Questions } from "./sync-questions.ts";

interface Gathering {
  source: string;
  ask: Questions;
  read: DirectoryRead;
  users: readonly UserRow[];
  people: Plan;
  /** Person → primary group, as it was at the last sync and as it is. */
  primary: { before: ReadonlyMap<string, string>; now: ReadonlyMap<string, string> };
}

/** Names and groups of one question. */
const AT_ONCE = 20;

/** With the plan, every group of the source: external id → name, and id in the org. */
export async function planSyncGroups(
  gathering: Gathering,
): Promise<{ plan: GroupPlan; known: Map<string, { label: string; id?: string }> }> {
  const { source, ask, read, users, people, primary } = gathering;
  const rows = await rowsOf(ask);
  const told = new Set(read.groups.map(({ externalId }) => externalId));
  const asked = rows.filter(({ externalId }) => told.has(externalId ?? "") || !read.present.groups.has(externalId ?? ""));
  const inside = await membershipOf(ask, asked, users, rows);
  const uses = await ask.uses();
  const [assigned, named] = [new Map(uses.assigned), new Map(uses.named)];
  const known = rows.map((row): KnownGroup => {
    const [assignedTo, namedIn] = [assigned.get(row.id), named.get(row.name.toLowerCase())];
    return {
      id: row.id,
      externalId: row.externalId ?? "",
      name: row.name,
      description: row.description,
      ...(assignedTo === undefined ? {} : { assigned: assignedTo }),
      ...(namedIn === undefined ? {} : { named: namedIn }),
      ...inside.get(row.id),
    };
  });
  const groupsRead = {
    groups: read.groups,
    present: read.present.groups,
    primary: turned(primary.now),
    people: here(users, people),
    moving: read.kind === "full" ? [] : await movingOf(gathering, rows),
  };
  const plan = planGroups(source, known, groupsRead, await holdersOf(ask, source, known, read));
  const labels = new Map<string, { label: string; id?: string }>(
    known.map(({ externalId, name, id }) => [externalId, { label: name, id }]),
  );
  for (const { externalId, name } of plan.steps) labels.set(externalId, { ...labels.get(externalId), label: name });
  return { plan, known: labels };
}

/** Whoever is here already, and whoever will be. */
function here(users: readonly UserRow[], { people }: Plan): Set<string> {
  const made = people.filter(({ fate }) => fate === "created" || fate === "held-back");
  return new Set([...users, ...made].map(({ externalId }) => externalId));
}

async function rowsOf(ask: Questions): Promise<GroupRow[]> {
  const rows: GroupRow[] = [];
  for (;;) {
    const page = await ask.groups(rows.at(-1)?.externalId ?? undefined);
    rows.push(...page);
    if (page.length < GROUPS_AT_ONCE) return rows;
  }
}

/** Who is in these groups, as far as they are of this source: whom an administrator put in beside them stays. */
async function membershipOf(ask: Questions, groups: readonly GroupRow[], users: readonly UserRow[], all: readonly GroupRow[]) {
  const people = new Map(users.map(({ id, externalId }) => [id, externalId]));
  const own = new Map(all.map(({ id, externalId }) => [id, externalId ?? ""]));
  const inside = new Map<string, { members: string[]; groups: string[] }>();
  for (let at = 0; at < groups.length; at += AT_ONCE)
    for (const [id, children] of await ask.children(groups.slice(at, at + AT_ONCE).map((group) => group.id)))
      inside.set(id, { members: [], groups: children.flatMap((child) => own.get(child) ?? []) });
  for (const { id } of groups) {
    const members: string[] = [];
    for (let last: string | undefined; ; ) {
      const page = await ask.members(id, last);
      members.push(...page.flatMap((user) => people.get(user) ?? []));
      last = page.at(-1);
      if (page.length < MEMBERS_AT_ONCE) break;
    }
    inside.set(id, { groups: [], ...inside.get(id), members });
  }
  return inside;
}

function turned(primary: ReadonlyMap<string, string>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [person, group] of primary) {
    const people = groups.get(group);
    if (people) people.push(person);
    else groups.set(group, [person]);
  }
  return groups;
}

/** Of a read of changes: who is gone leaves all groups, and who changed the primary group leaves one and joins another. */
async function movingOf({ ask, read, people, primary }: Gathering, rows: readonly GroupRow[]): Promise<Moving[]> {
  const moving = new Map<string, { in: string[]; out: string[] }>();
  const at = (group: string) => {
    const one = moving.get(group) ?? { in: [], out: [] };
    moving.set(group, one);
    return one;
  };
  for (const step of people.people) {
    const { externalId } = step;
    const [was, is] = [primary.before.get(externalId), primary.now.get(externalId)];
    const isNew = step.fate === "created" || step.fate === "held-back";
    if (is !== undefined && (isNew || (step.user && was !== is))) at(is).in.push(externalId);
    if (was !== undefined && was !== is && step.user && read.present.people.has(externalId)) at(was).out.push(externalId);
  }
  const gone = people.people.filter((step): step is Step & Required<Pick<Step, "user">> => isGone(step, read));
  const own = new Map(rows.map(({ id, externalId }) => [id, externalId ?? ""]));
  const external = new Map(gone.map(({ user, externalId }) => [user.id, externalId]));
  for (let from = 0; from < gone.length; from += AT_ONCE)
    for (const [user, groups] of await ask.groupsOf(gone.slice(from, from + AT_ONCE).map((step) => step.user.id)))
      for (const group of groups) if (own.has(group)) at(own.get(group) ?? "").out.push(external.get(user) ?? "");
  return [...moving].map(([group, moves]) => ({ group, ...moves }));
}

const isGone = (step: Step, read: DirectoryRead) => step.user !== undefined && !read.present.people.has(step.externalId);

async function holdersOf(ask: Questions, source: string, known: readonly KnownGroup[], read: DirectoryRead): Promise<Map<string, string>> {
  const names = new Map(known.map(({ externalId, name }) => [externalId, name]));
  const wanted = read.groups.filter(({ externalId, name }) => names.get(externalId) !== name);
  const candidates = [...new Set(wanted.flatMap(({ name }) => GroupNames.candidates(source, name)))];
  const holders = new Map(known.map(({ id, name }) => [name.toLowerCase(), id]));
  for (let at = 0; at < candidates.length; at += AT_ONCE)
    for (const [name, id] of await ask.groupsNamed(candidates.slice(at, at + AT_ONCE))) holders.set(name, id);
  return holders;
}

/** What a sync would come to, for each group of a source, before anything is written. Pure, and in the source's own ids throughout. */
import type { DirectoryGroup } from "../directory.ts";
import { GroupNames } from "./group-names.ts";

/** A group of this source as it is here. */
export interface KnownGroup {
  id: string;
  externalId: string;
  name: string;
  description: string | null;
  /** Assigned to an app: `assigned to the app servers`. */
  assigned?: string;
  /** Named by a policy: `named in the rule "night" of the app servers`. */
  named?: string;
  /** This source's people and groups in it, as far as they were read: of groups that the directory tells of, and of those that are gone. */
  members?: readonly string[];
  groups?: readonly string[];
}

/** People who go in or out of a group that the directory does not tell of, since it did not change: they are gone, or it is their primary group. */
export interface Moving {
  group: string;
  in: readonly string[];
  out: readonly string[];
}

export interface GroupsRead {
  groups: readonly DirectoryGroup[];
  present: { has(externalId: string): boolean };
  /** By group: whose primary group it is. */
  primary: ReadonlyMap<string, readonly string[]>;
  /** Whoever is or will be here; members who are not are left out. */
  people: { has(externalId: string): boolean };
  moving: readonly Moving[];
}

export type GroupFate = "created" | "updated" | "unchanged" | "removed" | "emptied";

export interface GroupStep {
  externalId: string;
  /** As it will be. */
  name: string;
  fate: GroupFate;
  /** Of the group that is here. */
  id?: string;
  /** Field → before and after. */
  changes?: { name?: [string, string]; description?: [string | null, string | null] };
  description: string | null;
  /** External ids. */
  peopleIn: string[];
  peopleOut: string[];
  groupsIn: string[];
  groupsOut: string[];
  why?: string;
}

export interface GroupPlan {
  /** In the order in which they must be carried out: a name that one gives up is free for the next. */
  steps: GroupStep[];
  /** Sentences for the administrator. */
  problems: string[];
  /** Groups that would be removed or emptied, of how many. */
  gone: number;
  of: number;
}

/** @param holders who has a name, over all groups of the org: folded name → id of the group. */
export function planGroups(
  source: string,
  known: readonly KnownGroup[],
  read: GroupsRead,
  holders: ReadonlyMap<string, string>,
): GroupPlan {
  const here = new Map(known.map((group) => [group.externalId, group]));
  const problems: string[] = [];
  const gone = known.filter(({ externalId }) => !read.present.has(externalId)).map((group) => goneStep(source, group, problems));
  const names = new GroupNames(source, holders);
  // What is removed gives its name free, but only once it is gone: that is done first.
  for (const step of gone) if (step.fate === "removed" && step.id !== undefined) names.free(step.name, step.id);
  const told = new Map(read.groups.map((group) => [group.externalId, group]));
  const named = names.settle([...told.values()].map((group) => wish(group, here.get(group.externalId), problems)));
  const steps = named.map(({ key, name }) => {
    const group = told.get(key) as DirectoryGroup;
    return stepOf(group, name, here.get(key), read);
  });
  const moving = read.moving.filter(({ group }) => !told.has(group) && read.present.has(group)).flatMap((one) => move(one, here));
  return { steps: [...gone, ...steps, ...moving], problems, gone: gone.length, of: known.length };
}

function wish(group: DirectoryGroup, known: KnownGroup | undefined, problems: string[]) {
  const { externalId: key, name } = group;
  if (!known) return { key, wanted: name };
  const own = { id: known.id, name: known.name };
  if (known.named === undefined || GroupNames.fits(known.name, name)) return { key, wanted: name, own };
  // A rule finds a group by its name: under another one it would silently stop to hold.
  problems.push(
    `The group ${known.name} is called ${name} in the source now. It keeps its name here, since it is ${known.named}: name the new one there, too.`,
  );
  return { key, wanted: known.name, own };
}

function stepOf(group: DirectoryGroup, name: string, known: KnownGroup | undefined, read: GroupsRead): GroupStep {
  const { externalId } = group;
  const wanted = new Set([...group.members, ...(read.primary.get(externalId) ?? [])]);
  const people = [...wanted].filter((one) => read.people.has(one));
  const groups = [...wanted].filter((one) => read.present.has(one) && one !== externalId);
  const description = group.description ?? null;
  const changes = {
    ...(known && known.name !== name ? { name: [known.name, name] as [string, string] } : {}),
    ...(known && known.description !== description
      ? { description: [known.description, description] as [string | null, string | null] }
      : {}),
  };
  const moves = {
    peopleIn: without(people, known?.members),
    peopleOut: without(known?.members ?? [], people),
    groupsIn: without(groups, known?.groups),
    groupsOut: without(known?.groups ?? [], groups),
  };
  const moved = Object.values(moves).some((some) => some.length > 0);
  const fate = !known ? "created" : moved || Object.keys(changes).length > 0 ? "updated" : "unchanged";
  return {
    externalId,
    name,
    fate,
    ...(known ? { id: known.id } : {}),
    ...(Object.keys(changes).length > 0 ? { changes } : {}),
    description,
    ...moves,
  };
}

/**
 * What is gone from the source is removed here, but never what decides on logons: an assignment that vanished with it could not be seen
 * any more, and a rule that names a group nobody has matches nobody, without a word. Such a group is emptied, which takes the same rights away.
 */
function goneStep(source: string, group: KnownGroup, problems: string[]): GroupStep {
  const { externalId, name, id, description, assigned, named, members = [], groups = [] } = group;
  const step = { externalId, name, id, description, peopleIn: [], groupsIn: [] };
  const used = [assigned, named].filter((one) => one !== undefined).join(", and ");
  if (used === "") return { ...step, fate: "removed", peopleOut: [], groupsOut: [], why: "not among the groups of the source any more" };
  const why = `gone from ${source}, but ${used}: it has no members any more, and is removed once nothing uses it`;
  problems.push(`The group ${name} is ${why}.`);
  return { ...step, fate: "emptied", peopleOut: [...members], groupsOut: [...groups], why };
}

function move({ group, in: peopleIn, out: peopleOut }: Moving, here: ReadonlyMap<string, KnownGroup>): GroupStep[] {
  const known = here.get(group);
  if (!known || peopleIn.length + peopleOut.length === 0) return [];
  const { externalId, name, id, description } = known;
  const moves = { peopleIn: [...peopleIn], peopleOut: [...peopleOut], groupsIn: [], groupsOut: [] };
  return [{ externalId, name, id, description, fate: "updated", ...moves }];
}

function without(some: readonly string[], others: readonly string[] | undefined): string[] {
  const left = new Set(others);
  return some.filter((one) => !left.has(one));
}

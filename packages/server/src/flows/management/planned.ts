/** A sync as it was planned, handed out in parts: from the planning process each part is a message, and no message may be long. */
import type { GroupChangeView, ImportedView } from "@sallyport/contracts";
import { viewOfStep } from "./import-people.ts";
import type { GroupStep } from "./plan-groups.ts";
import type { Step } from "./plan-import.ts";
import type { SyncJob, SyncPlan } from "./plan-sync.ts";
import type { Questions } from "./sync-questions.ts";

/** What is short enough to be told at once. `counts`: fate → how many, people and groups. */
export interface PlanHead extends Pick<SyncPlan, "kind" | "server" | "domain" | "braked" | "cursor"> {
  counts: Record<string, number>;
  problems: string[];
  /** People who are refused before anything is tried. */
  refused: number;
  /** Steps to be carried out. */
  people: number;
  groups: number;
}

export interface PlanParts {
  /** To be carried out, in order. */
  people: Step;
  groups: GroupStep;
  /** External id and id of people and groups that the steps of groups name, and that are here already. */
  peopleIds: [string, string];
  groupIds: [string, string];
  /** For the eye: without those who stay as they are. */
  shownPeople: ImportedView;
  shownGroups: GroupChangeView;
}

export interface Planned {
  head: PlanHead;
  parts<K extends keyof PlanParts>(what: K): AsyncIterable<PlanParts[K][]>;
  /** Ends the process that holds the plan, if there is one. */
  close(): Promise<void>;
}

export interface ReaderOptions {
  signal: AbortSignal;
  onProgress(progress: { stage: "reading" | "planning"; done: number }): void;
}

/** Reads a directory and plans, wherever that is done. Throws a `DirectoryFault`, the signal's reason, or what broke. */
export type SyncReader = (job: SyncJob, ask: Questions, options: ReaderOptions) => Promise<Planned>;

/** Items of one part. */
export const PART = 200;
/** Sentences that are kept of a run. */
export const PROBLEMS = 100;

export function headOf(plan: SyncPlan): PlanHead {
  const { kind, server, domain, braked, cursor, people, groups, unreadable } = plan;
  const counts: Record<string, number> = unreadable > 0 ? { unreadable } : {};
  for (const { fate } of people.people) counts[fate] = (counts[fate] ?? 0) + 1;
  for (const { fate } of groups.steps) counts[`groups-${fate}`] = (counts[`groups-${fate}`] ?? 0) + 1;
  const refused = people.people.filter((step) => step.fate === "refused").map(({ login, why }) => `${login}: ${why}`);
  return {
    kind,
    server,
    ...(domain ? { domain } : {}),
    ...(braked === undefined ? {} : { braked }),
    cursor,
    counts,
    problems: [...refused, ...plan.problems].slice(0, PROBLEMS),
    refused: people.people.filter((step) => step.fate === "refused" && !acting(step)).length,
    people: people.order.filter(acting).length,
    groups: groups.steps.filter(({ fate }) => fate !== "unchanged").length,
  };
}

export function partOf<K extends keyof PlanParts>(plan: SyncPlan, what: K): PlanParts[K][] {
  return PARTS[what](plan);
}

const PARTS: { [K in keyof PlanParts]: (plan: SyncPlan) => PlanParts[K][] } = {
  people: ({ people }) => people.order.filter(acting),
  groups: changing,
  peopleIds: (plan) => idsIn(plan, "people", ({ peopleIn, peopleOut }) => [...peopleIn, ...peopleOut]),
  groupIds: (plan) => idsIn(plan, "groups", ({ externalId, groupsIn, groupsOut }) => [externalId, ...groupsIn, ...groupsOut]),
  shownPeople: ({ people }) => people.people.filter(({ fate, why }) => fate !== "unchanged" || why !== undefined).map(viewOfStep),
  shownGroups: (plan) => changing(plan).map((step) => viewOfGroup(plan, step)),
};

/** Also a name that is refused: carried out, it becomes a finding. */
const acting = ({ fate, user, profile }: Step) =>
  fate === "refused" ? user !== undefined && profile !== undefined : fate !== "unchanged" && fate !== "left-out";

function changing({ groups }: SyncPlan): GroupStep[] {
  return groups.steps.filter(({ fate }) => fate !== "unchanged");
}

function idsIn(plan: SyncPlan, what: "people" | "groups", named: (step: GroupStep) => string[]): [string, string][] {
  const keys = new Set(changing(plan).flatMap(named));
  return [...keys].flatMap((key): [string, string][] => {
    const id = plan.known[what].get(key)?.id;
    return id === undefined ? [] : [[key, id]];
  });
}

function viewOfGroup({ known }: SyncPlan, step: GroupStep): GroupChangeView {
  const { externalId, name, fate, changes, why } = step;
  const people = (keys: string[]) => keys.map((key) => known.people.get(key)?.label ?? key).sort();
  const groups = (keys: string[]) => keys.map((key) => known.groups.get(key)?.label ?? key).sort();
  return {
    externalId,
    name,
    fate,
    ...(changes ? { changes: { ...changes } as NonNullable<GroupChangeView["changes"]> } : {}),
    peopleIn: people(step.peopleIn),
    peopleOut: people(step.peopleOut),
    groupsIn: groups(step.groupsIn),
    groupsOut: groups(step.groupsOut),
    ...(why === undefined ? {} : { why }),
  };
}

/** A plan that was made in this very thread. */
export function inHand(plan: SyncPlan): Planned {
  return {
    head: headOf(plan),
    async *parts(what) {
      const all = partOf(plan, what);
      for (let at = 0; at < all.length; at += PART) yield all.slice(at, at + PART);
    },
    close: async () => {},
  };
}

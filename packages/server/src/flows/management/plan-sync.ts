/** Reads a directory and plans what a sync of it would come to; nothing is written. Runs in a process of its own (`sync/`). */
import type { ImportedPerson } from "@sallyport/contracts";
import type { Directory, DirectoryRead, DirectorySource } from "../directory.ts";
import type { UserRow } from "../store-directory.ts";
import { planSyncGroups } from "./known-groups.ts";
import { holdersOf, namesAtStake } from "./names-at-stake.ts";
import type { Caller } from "./outcome.ts";
import type { GroupPlan } from "./plan-groups.ts";
import { brakeSentence, type Plan, planImport, type Step } from "./plan-import.ts";
import { type Primary, packPrimary, primaryOf, unpackPrimary } from "./primary-groups.ts";
import { type Questions, USERS_AT_ONCE } from "./sync-questions.ts";

export interface SyncJob {
  source: string;
  directory: DirectorySource;
  /** Of the last sync that was carried out whole; undefined reads everything. */
  cursor: SyncCursor | undefined;
  /** Percent. */
  brake: number;
  /** Epoch ms of the database's clock. */
  now: number;
}

/** Where a sync ended. `directory` is the directory's own; it does not tell again whose primary group is which, so that is kept beside it. */
export interface SyncCursor {
  directory: unknown;
  primary: Primary;
  /** When everything was last read, epoch ms. */
  fullAt: number;
}

export interface SyncPlan {
  kind: DirectoryRead["kind"];
  server: string;
  domain?: DirectoryRead["domain"];
  cursor: SyncCursor;
  people: Plan;
  groups: GroupPlan;
  /** Why nothing of it may be carried out. */
  braked?: string;
  /** Sentences on single entries that nobody can be made of, and on groups. */
  problems: string[];
  unreadable: number;
  /** External id → login, id in the org (none for who is to be made), and the same of groups with their names. */
  known: { people: Map<string, Labelled>; groups: Map<string, Labelled> };
}

export interface Labelled {
  label: string;
  id?: string;
}

/** A source acts as an administrator, whoever had it run: what is above that only an owner changes. */
export const SOURCE_ROLE: Caller["role"] = "admin";
/** Fewer groups than this are no accident. */
const GROUPS_BRAKED = 5;

/** Throws a `DirectoryFault`, or the signal's reason. */
export async function readAndPlan(
  directory: Directory,
  job: SyncJob,
  ask: Questions,
  options: { signal: AbortSignal; onProgress(progress: { stage: "reading" | "planning"; done: number }): void },
): Promise<SyncPlan> {
  const { signal, onProgress } = options;
  const read = await directory.read(job.directory, {
    ...(job.cursor === undefined ? {} : { cursor: job.cursor.directory }),
    signal,
    onProgress: ({ people, groups }) => onProgress({ stage: "reading", done: people + groups }),
  });
  onProgress({ stage: "planning", done: 0 });
  const users = await usersOf(ask);
  signal.throwIfAborted();
  const people = await planPeople(job, ask, read, users);
  const before = read.kind === "changes" && job.cursor ? unpackPrimary(job.cursor.primary, read.present.people) : new Map<string, string>();
  const primary = primaryOf(read, before);
  const { plan: groups, known } = await planSyncGroups({ source: job.source, ask, read, users, people, primary: { before, now: primary } });
  const braked = people.braked ? brakeSentence(people.braked, job.brake) : brakedGroups(groups, job.brake);
  return {
    kind: read.kind,
    server: read.server,
    ...(read.domain ? { domain: read.domain } : {}),
    cursor: {
      directory: read.cursor,
      primary: packPrimary(primary, read.present.people),
      fullAt: read.kind === "full" || !job.cursor ? job.now : job.cursor.fullAt,
    },
    people,
    groups,
    ...(braked === undefined ? {} : { braked }),
    problems: [...read.unreadable.map(({ dn, why }) => `${dn}: ${why}`), ...groups.problems],
    unreadable: read.unreadable.length,
    known: { people: labels(users, people), groups: known },
  };
}

async function planPeople(job: SyncJob, ask: Questions, read: DirectoryRead, users: readonly UserRow[]): Promise<Plan> {
  const people: ImportedPerson[] = read.people.map(({ externalId, active, profile }) => ({ externalId, active, profile }));
  const namesakes = await ask.namesakes();
  const holders = await holdersOf(namesAtStake(users, people), namesakes.world, ask.holders);
  const caller: Caller = { role: SOURCE_ROLE, actor: { type: "system", id: `source:${job.source}` } };
  const request = { people, complete: true, brake: job.brake, present: read.present.people };
  const plan = planImport({ source: job.source, users, holders, ...namesakes }, request, caller);
  const whys = new Map(read.people.map(({ externalId, why }) => [externalId, why]));
  for (const step of plan.people) explain(step, whys.get(step.externalId));
  return plan;
}

/** What the directory itself says of somebody who is not active. */
function explain(step: Step, why: string | undefined): void {
  if (why !== undefined && (step.fate === "deactivated" || step.fate === "left-out")) step.why = why;
}

async function usersOf(ask: Questions): Promise<UserRow[]> {
  const users: UserRow[] = [];
  for (;;) {
    const page = await ask.users(users.at(-1)?.externalId);
    users.push(...page);
    if (page.length < USERS_AT_ONCE) return users;
  }
}

function brakedGroups({ gone, of }: GroupPlan, percent: number): string | undefined {
  if (gone < GROUPS_BRAKED || gone * 100 <= of * percent) return undefined;
  return `${gone} of ${of} groups would be removed or emptied, more than ${percent} %: nothing is changed then. Look at the dry run, and raise the limit if it is right`;
}

function labels(users: readonly UserRow[], { people }: Plan): Map<string, Labelled> {
  const known = new Map<string, Labelled>(users.map(({ id, externalId, profile }) => [externalId, { label: profile.login, id }]));
  for (const { externalId, login } of people) known.set(externalId, { ...known.get(externalId), label: login });
  return known;
}

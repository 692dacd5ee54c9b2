/** Carries out a sync that was planned: people, groups, domains; told how far it is, stopped only between two units of work. */
import type { Store, Tx } from "../store.ts";
import { carryGroups } from "./carry-groups.ts";
import { type Carrier, carryPeople } from "./carry-people.ts";
import { saveDomain } from "./domains.ts";
import type { Caller } from "./outcome.ts";
import type { GroupStep } from "./plan-groups.ts";
import type { PlanHead, Planned } from "./planned.ts";
import { PROBLEMS } from "./planned.ts";
import type { OpenRun } from "./sync-run.ts";

/** How often the row of the run is brought up to date. */
const TELL_MS = 500;
/** Between two units everybody else comes first, for a part of the time that the last one took. */
const REST = 0.25;
const LONGEST_REST_MS = 25;

export interface Carried {
  counts: Record<string, number>;
  problems: string[];
  /** Nobody was refused: the next run need not read everything. */
  whole: boolean;
}

/** Throws what the signal says, with all that was committed before kept. */
export async function carrySync(
  store: Store,
  caller: Caller,
  { run, row }: OpenRun,
  planned: Planned,
  signal: AbortSignal,
): Promise<Carried> {
  const { head } = planned;
  const told = { at: performance.now() };
  let rested = performance.now();
  const carrier = (stage: string, base: number, total: number): Carrier => ({
    store,
    caller,
    source: row.name,
    within: async (tx, done) => {
      if (performance.now() - told.at < TELL_MS) return;
      told.at = performance.now();
      await tx.sources.updateRun(run.id, { stage, done: base + done, total });
    },
    between: async () => {
      const took = performance.now() - rested;
      await new Promise((resolve) => setTimeout(resolve, Math.min(LONGEST_REST_MS, took * REST)));
      rested = performance.now();
      signal.throwIfAborted();
    },
  });
  await begin(store, run.id, row.name, head);
  const { made, ...people } = await carryAllPeople(planned, (base) => carrier("people", base, head.people));
  const groups = await carryAllGroups(planned, made, carrier("groups", 0, head.groups));
  const ofDomain = await store.inTransaction((tx) => keepDomain(tx, caller, row.name, head));
  const counts = { ...head.counts, ...people.counts, ...groups.counts };
  const problems = [...new Set([...head.problems, ...people.problems, ...groups.problems, ...ofDomain])].slice(0, PROBLEMS);
  return { counts: positive(counts), problems, whole: head.refused + people.problems.length + groups.problems.length === 0 };
}

/** From here on the org is between two states: if this run does not get to its end, the next one looks at everything. */
async function begin(store: Store, run: string, source: string, head: PlanHead): Promise<void> {
  if (head.people + head.groups === 0) return;
  await store.inTransaction(async (tx) => {
    await tx.sources.update(source, { cursor: null });
    await tx.sources.updateRun(run, { kind: head.kind, stage: "people", done: 0, total: head.people });
  });
}

async function carryAllPeople({ head, parts }: Planned, carrier: (base: number) => Carrier) {
  const made = new Map<string, string>();
  const counts: Record<string, number> = {};
  for (const fate of ["created", "held-back", "updated", "activated", "deactivated"]) counts[fate] = 0;
  counts["refused"] = head.refused;
  const problems: string[] = [];
  let base = 0;
  for await (const steps of parts("people")) {
    await carryPeople(carrier(base), steps);
    base += steps.length;
    for (const { externalId, login, fate, id, why } of steps) {
      counts[fate] = (counts[fate] ?? 0) + 1;
      if (id !== undefined) made.set(externalId, id);
      if (fate === "refused") problems.push(`${login}: ${why}`);
    }
  }
  return { made, counts, problems };
}

async function carryAllGroups({ parts }: Planned, people: Map<string, string>, carrier: Carrier) {
  const groups = new Map<string, string>();
  for await (const some of parts("groupIds")) for (const [key, id] of some) groups.set(key, id);
  for await (const some of parts("peopleIds")) for (const [key, id] of some) people.set(key, id);
  const steps: GroupStep[] = [];
  for await (const some of parts("groups")) steps.push(...some);
  const { created, updated, removed, emptied, membersIn, membersOut } = await carryGroups(carrier, steps, { people, groups });
  const problems = steps
    .filter(({ fate, why }) => why !== undefined && fate !== "removed" && fate !== "emptied")
    .map(({ name, why }) => `${name}: ${why}`);
  return {
    counts: {
      "groups-created": created,
      "groups-updated": updated,
      "groups-removed": removed,
      "groups-emptied": emptied,
      "members-in": membersIn,
      "members-out": membersOut,
    },
    problems,
  };
}

/**
 * What the directory says of its domain's names; never over what an administrator or another source has said. UPN suffixes are none of them:
 * the domains of a forest share them. Answers why it could not be kept, if so.
 */
async function keepDomain(tx: Tx, caller: Caller, source: string, { domain }: PlanHead): Promise<string[]> {
  const [name, ...aliases] = domain?.dns ?? [];
  if (!domain || name === undefined) return [];
  const before = await tx.domains.byName(name);
  if (before && before.source !== source) return [];
  const said = await saveDomain(tx, caller, name, { netbios: domain.netbios ?? null, aliases, source });
  if (said.kind === "done") return [];
  const why = "why" in said ? said.why : "causes" in said ? said.causes.join("; ") : said.kind;
  return [`the domain ${name} is not known by its other names: ${why}`];
}

const positive = (counts: Record<string, number>) => Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));

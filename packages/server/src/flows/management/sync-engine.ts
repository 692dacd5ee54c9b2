/** Brings sources up to date: by the clock or when somebody asks, each one at a time over all nodes. */
import type { SyncPreview } from "@sallyport/contracts";
import type { Keys } from "../../keys/keys.ts";
import type { Store } from "../store.ts";
import type { SourceRow } from "../store-sources.ts";
import { carrySync } from "./carry-sync.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";
import { SOURCE_ROLE, type SyncCursor } from "./plan-sync.ts";
import type { Planned, SyncReader } from "./planned.ts";
import { directoryOf, findSource } from "./sources.ts";
import { questionsOf } from "./sync-questions.ts";
import {
  closeRun,
  errorOf,
  Interrupted,
  LEASE_MS,
  leaseOf,
  markInterrupted,
  type OpenRun,
  openRun,
  type RunEnd,
  type SyncWish,
} from "./sync-run.ts";

export interface SyncDeps {
  store: Store;
  keys: Keys;
  read: SyncReader;
  /** What could not even be written into the history. */
  say(error: unknown, sentence: string): void;
}

export interface SyncEngine {
  /** Answers as soon as it has begun, with the id of the run. */
  begin(caller: Caller, source: string, wish: SyncWish): Promise<Outcome<{ run: string }>>;
  preview(source: string, wish: Omit<SyncWish, "cause">, signal?: AbortSignal): Promise<Outcome<SyncPreview>>;
  /** Begins what is due, and says of runs whose server died that they ended. */
  sweep(): Promise<void>;
  /** Resolves when nothing runs here. */
  idle(): Promise<void>;
  /** Ends what runs here between two units of work, and begins nothing any more. */
  stop(): Promise<void>;
}

/** Whatever went past the reads of changes is found by then. */
const FULL_EVERY_MS = 24 * 3_600_000;
const PROGRESS_MS = 500;
const SYSTEM: Caller = { role: SOURCE_ROLE, actor: { type: "system", id: "org" } };

export function syncEngine(deps: SyncDeps): SyncEngine {
  const { store } = deps;
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const looking = new Set<string>();
  const engine: SyncEngine = {
    async begin(caller, source, wish) {
      if (stopping.signal.aborted) return { kind: "conflict", why: "the server is stopping" };
      // S18: a source is not the owner who started it.
      const asSource: Caller = { role: SOURCE_ROLE, actor: caller.actor };
      const opened = await inUnit(store, (tx) => openRun(tx, store.node, asSource, source, wish));
      if (opened.kind !== "done") return opened;
      const work = perform(deps, asSource, opened.value, wish, stopping.signal)
        .catch((error: unknown) => deps.say(error, `the sync of ${source} could not be ended in order`))
        .finally(() => running.delete(work));
      running.add(work);
      return done({ run: opened.value.run.id });
    },
    async preview(source, wish, signal = stopping.signal) {
      if (looking.has(source)) return { kind: "conflict", why: `a dry run of ${source} is under way` };
      looking.add(source);
      try {
        return await preview(deps, source, wish, AbortSignal.any([signal, stopping.signal]));
      } finally {
        looking.delete(source);
      }
    },
    async sweep() {
      if (stopping.signal.aborted) return;
      await findDead(store);
      const due = await store.read((tx) => tx.sources.due(tx.now));
      // Whoever is at it already, here or on another node, goes on with it.
      for (const { name, kind } of due) if (kind === "ldap") await engine.begin(SYSTEM, name, { cause: "schedule" });
    },
    async idle() {
      while (running.size > 0) await Promise.all(running);
    },
    async stop() {
      stopping.abort(new Interrupted("The server was stopped in the middle; the next run does the rest."));
      await engine.idle();
    },
  };
  return engine;
}

async function perform(deps: SyncDeps, caller: Caller, open: OpenRun, wish: SyncWish, stopping: AbortSignal): Promise<void> {
  const lost = new AbortController();
  const signal = AbortSignal.any([stopping, lost.signal]);
  const stopRenewing = keepLease(deps.store, open, lost);
  const at = { stage: "reading" };
  let planned: Planned | undefined;
  let end: RunEnd;
  try {
    planned = await plan(deps, open.row, wish, open.now, signal, progressOf(deps.store, open, at));
    end = await carryOut(deps, caller, open, planned, signal, at);
  } catch (error) {
    const why = errorOf(signal.aborted ? signal.reason : error);
    if (why.error.cause === "org.fault" && why.status === "failed") deps.say(error, `the sync of ${open.row.name} failed`);
    end = { ...why, counts: {}, problems: [], stage: at.stage };
  }
  // A lease that is renewed after its end would keep the next run away.
  stopRenewing();
  await Promise.all([closeRun(deps.store, caller, open, end), planned?.close()]);
}

async function carryOut(
  deps: SyncDeps,
  caller: Caller,
  open: OpenRun,
  planned: Planned,
  signal: AbortSignal,
  at: { stage: string },
): Promise<RunEnd> {
  const { head } = planned;
  const { kind, server, problems } = head;
  if (head.braked !== undefined) {
    const error = { cause: "org.directory", sentence: head.braked };
    return { status: "braked", kind, counts: head.counts, problems, error, stage: "planning" };
  }
  at.stage = "carrying out";
  const carried = await carrySync(deps.store, caller, open, planned, signal);
  // Whoever was refused is not told of again by a read of changes.
  const cursor = carried.whole ? head.cursor : null;
  return { status: "done", kind, counts: carried.counts, problems: carried.problems, error: null, cursor, stage: "ended", server };
}

async function plan(
  deps: SyncDeps,
  row: SourceRow,
  { full, brake = row.brake }: Omit<SyncWish, "cause">,
  now: number,
  signal: AbortSignal,
  onProgress: (progress: { stage: string; done: number }) => void,
): Promise<Planned> {
  const directory = directoryOf(deps, row);
  if (directory.kind !== "done") throw new Error("causes" in directory ? directory.causes.join("; ") : directory.kind);
  const cursor = row.cursor as SyncCursor | null;
  const old = full || cursor === null || now - cursor.fullAt >= FULL_EVERY_MS || now < cursor.fullAt;
  const job = { source: row.name, directory: directory.value, cursor: old ? undefined : cursor, brake, now };
  return deps.read(job, questionsOf(deps.store, row.name), { signal, onProgress });
}

async function preview(deps: SyncDeps, source: string, wish: Omit<SyncWish, "cause">, signal: AbortSignal): Promise<Outcome<SyncPreview>> {
  const found = await deps.store.read(async (tx) => ({ row: await findSource(tx, source), now: tx.now }));
  if (found.row.kind !== "done") return found.row;
  const directory = directoryOf(deps, found.row.value);
  if (directory.kind !== "done") return directory;
  let planned: Planned | undefined;
  try {
    planned = await plan(deps, found.row.value, wish, found.now, signal, () => {});
    const { kind, server, counts, problems, braked } = planned.head;
    const view: SyncPreview = {
      source,
      dryRun: true,
      kind,
      server,
      counts,
      problems,
      people: [],
      groups: [],
      ...(braked === undefined ? {} : { braked }),
    };
    for await (const some of planned.parts("shownPeople")) view.people.push(...some);
    for await (const some of planned.parts("shownGroups")) view.groups.push(...some);
    return done(view);
  } catch (error) {
    return { kind: "conflict", why: errorOf(signal.aborted ? signal.reason : error).error.sentence };
  } finally {
    await planned?.close();
  }
}

/** Writes how far the reading is, now and then; a failure of that is no failure of the sync. */
function progressOf(store: Store, { run }: OpenRun, at: { stage: string }) {
  let told = performance.now();
  return ({ stage, done }: { stage: string; done: number }) => {
    if (stage === at.stage && performance.now() - told < PROGRESS_MS) return;
    told = performance.now();
    at.stage = stage;
    void store.inTransaction((tx) => tx.sources.updateRun(run.id, { stage, done })).catch(() => {});
  };
}

function keepLease(store: Store, { row, run, fence }: OpenRun, lost: AbortController): () => void {
  const own = { holder: run.node, fence };
  let ended = false;
  const renew = async () => {
    const held = await store.inTransaction((tx) => tx.leases.renew(leaseOf(row.name), own, tx.now + LEASE_MS)).catch(() => undefined);
    if (held === false && !ended)
      lost.abort(new Interrupted("Another server has taken this source over, since this one was silent for too long."));
  };
  const timer = setInterval(() => void renew(), LEASE_MS / 4).unref();
  return () => {
    ended = true;
    clearInterval(timer);
  };
}

/** Runs whose lease ran out: their server is gone, and they are taken up again now rather than when they are next due. */
async function findDead(store: Store): Promise<void> {
  const dead = await store.read(async (tx) => {
    const free = new Set(await tx.leases.free(leaseOf(""), tx.now));
    const names: SourceRow[] = [];
    for (const row of await tx.sources.list({ limit: 1000 }))
      if (free.has(leaseOf(row.name)) && (await tx.sources.running(row.name)).length > 0) names.push(row);
    return names;
  });
  for (const { name, everyMinutes } of dead) {
    await store.inTransaction(async (tx) => {
      // Since it was read another node may have begun.
      if (!(await tx.leases.free(leaseOf(name), tx.now)).includes(leaseOf(name))) return;
      if ((await markInterrupted(tx, name)) > 0 && everyMinutes !== null) await tx.sources.update(name, { nextAt: tx.now });
    });
  }
}

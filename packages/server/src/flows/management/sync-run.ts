/** One sync of a source as it stands in the history: begun under a lease, told how far it is, and ended with what became of it. */
import { causeId } from "@sallyport/contracts";
import { DirectoryFault } from "../directory.ts";
import { newId } from "../ids.ts";
import { DatabaseFault, type Store, type Tx } from "../store.ts";
import type { RunRow, SourceRow } from "../store-sources.ts";
import { PEOPLE_CHANGED } from "./check-duplicates.ts";
import { type Caller, done, type Outcome } from "./outcome.ts";
import type { SyncCursor } from "./plan-sync.ts";
import { findSource, HISTORY, targetOf } from "./sources.ts";

/** A node that dies keeps the others from its source for so long. */
export const LEASE_MS = 20_000;
/** The same name as that of an import: one at a time, whichever it is. */
export const leaseOf = (source: string) => `job/import/${source}`;

export interface SyncWish {
  cause: RunRow["cause"];
  /** Everything is read, also where a read of changes would do. */
  full?: boolean;
  /** Percent; once, instead of the source's own. */
  brake?: number | undefined;
}

export interface OpenRun {
  row: SourceRow;
  run: RunRow;
  fence: number;
  /** When it began, by the database's clock. */
  now: number;
}

/** The server ended, or another node has taken the source over: the next run does the rest. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Refuses before it writes. */
export async function openRun(tx: Tx, node: string, caller: Caller, name: string, wish: SyncWish): Promise<Outcome<OpenRun>> {
  const found = await findSource(tx, name);
  if (found.kind !== "done") return found;
  const row = found.value;
  if (row.kind !== "ldap") return { kind: "invalid", causes: [`source: ${name} is pushed by its client; there is nothing to fetch`] };
  const fence = await tx.leases.take(leaseOf(name), node, tx.now, LEASE_MS);
  if (fence === undefined) return { kind: "conflict", why: `a sync or an import of ${name} is under way` };
  await markInterrupted(tx, name);
  const run: RunRow = {
    id: newId("run"),
    source: name,
    kind: wish.full || row.cursor === null ? "full" : "changes",
    cause: wish.cause,
    actor: caller.actor.name ?? caller.actor.id,
    status: "running",
    stage: "reading",
    done: 0,
    total: null,
    counts: {},
    problems: [],
    error: null,
    node,
    started: tx.now,
    ended: null,
  };
  await tx.sources.insertRun(run);
  await tx.sources.forgetRuns(name, HISTORY);
  await tx.sources.update(name, { nextAt: nextOf(row, tx.now) });
  return done({ row, run, fence, now: tx.now });
}

const nextOf = ({ everyMinutes }: SourceRow, now: number) => (everyMinutes === null ? null : now + everyMinutes * 60_000);

/** Runs of a node that died: whoever holds the lease, or sees that nobody does, may say so. Answers how many. */
export async function markInterrupted(tx: Tx, name: string): Promise<number> {
  const dead = await tx.sources.running(name);
  for (const { id, node, stage } of dead) {
    const sentence = `The server (${node}) ended in the middle; the next run does the rest.`;
    await tx.sources.updateRun(id, { status: "interrupted", ended: tx.now, error: { cause: "org.fault", sentence } });
    const data = { source: name, run: id, status: "interrupted", sentence, stage, repeated: 0 };
    await sayFailed(tx, { type: "system", id: "org" }, data, "org.fault");
  }
  return dead.length;
}

export interface RunEnd {
  status: "done" | "failed" | "braked" | "interrupted";
  counts: Record<string, number>;
  problems: string[];
  error: RunRow["error"];
  /** What the next run goes on from; undefined leaves it as it is. */
  cursor?: SyncCursor | null;
  stage: string;
  kind?: RunRow["kind"];
  server?: string | undefined;
}

/** Ends the run and its lease in one unit; nothing at all if another node has taken it over meanwhile. */
export async function closeRun(store: Store, caller: Caller, { row, run, fence }: OpenRun, end: RunEnd): Promise<void> {
  const { status, counts, problems, error, kind = run.kind } = end;
  await store.inTransaction(async (tx) => {
    if (!(await tx.leases.renew(leaseOf(run.source), { holder: run.node, fence }, tx.now))) return;
    const repeated = error ? await sameBefore(tx, run.source, error.sentence) : 0;
    await tx.sources.updateRun(run.id, { kind, status, stage: "ended", counts, problems, error, ended: tx.now });
    await tx.sources.update(run.source, {
      ...(end.cursor === undefined ? {} : { cursor: end.cursor }),
      ...(status === "interrupted" && row.everyMinutes !== null ? { nextAt: tx.now } : {}),
    });
    if (error) {
      const data = { source: run.source, run: run.id, status, sentence: error.sentence, stage: end.stage, repeated };
      // Twice, four times, eight times as often: a directory that is away over night must not bury the log.
      if ((repeated & (repeated - 1)) === 0) await sayFailed(tx, caller.actor, data, error.cause);
      return;
    }
    const data = { source: run.source, run: run.id, kind, server: end.server, counts, problems: problems.length };
    if (Object.entries(counts).some(([fate, count]) => fate !== "unchanged" && count > 0)) await tx.changes.announce(PEOPLE_CHANGED);
    await tx.log.append({
      type: "source.synced",
      actor: caller.actor,
      target: targetOf(run.source),
      outcome: "success",
      data: { ...data, milliseconds: tx.now - run.started },
    });
  });
}

async function sayFailed(tx: Tx, actor: Caller["actor"], data: Record<string, unknown> & { source: string }, cause: string): Promise<void> {
  const said = causeId.safeParse(cause);
  const target = targetOf(data.source);
  await tx.log.append({
    type: "source.sync-failed",
    actor,
    target,
    outcome: "failure",
    ...(said.success ? { cause: said.data } : {}),
    data,
  });
}

/** How many runs just before ended with this very sentence. */
async function sameBefore(tx: Tx, source: string, sentence: string): Promise<number> {
  const runs = (await tx.sources.runs(source, { limit: HISTORY })).filter(({ status }) => status !== "running");
  const other = runs.findIndex(({ error }) => error?.sentence !== sentence);
  return other < 0 ? runs.length : other;
}

/** Why a run ended before it was carried out. */
export function errorOf(error: unknown): { status: "failed" | "interrupted"; error: NonNullable<RunRow["error"]> } {
  if (error instanceof Interrupted) return { status: "interrupted", error: { cause: "org.fault", sentence: error.message } };
  if (error instanceof DirectoryFault) return { status: "failed", error: { cause: error.causeId, sentence: error.sentence } };
  if (error instanceof DatabaseFault) return { status: "failed", error: { cause: error.causeId, sentence: error.message } };
  const cause = (error as { causeId?: unknown }).causeId;
  if (cause === "org.sealing-key") return { status: "failed", error: { cause, sentence: (error as Error).message } };
  const sentence = `The server failed at it: ${(error as Error).message}. See the server's own log; nothing that was not carried out is changed.`;
  return { status: "failed", error: { cause: "org.fault", sentence } };
}

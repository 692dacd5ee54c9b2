/** How long the log is kept: what is older is removed up to a signed checkpoint, so that the rest still verifies. */
import type { LogEvent } from "@sallyport/contracts";
import type { Store } from "../store.ts";
import type { CheckpointRow } from "../store-logons.ts";
import { type CheckpointDeps, writeCheckpoint } from "./checkpoints.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";

const DAYS = "log-retention-days";
const DAY_MS = 86_400_000;
/** Shorter, and a break-in is not found in what is left; longer is for ever, and is to be said so. */
export const RETENTION_DAYS = { least: 30, most: 3650 } as const;
/** Rows a commit: nobody waits longer than for these. */
const AT_ONCE = 500;
const ORG = { type: "system", id: "org" } as const satisfies LogEvent["actor"];

/** Days; null: everything is kept, which it is until somebody says otherwise. */
export async function readRetention(store: Store): Promise<number | null> {
  const text = await store.read((tx) => tx.secrets.meta(DAYS));
  return text === undefined ? null : Number(text);
}

export function setRetention(store: Store, caller: Caller, days: number | null): Promise<Outcome<number | null>> {
  const { least, most } = RETENTION_DAYS;
  if (days !== null && !(Number.isInteger(days) && days >= least && days <= most))
    return Promise.resolve({ kind: "invalid", causes: [`days: a whole number from ${least} to ${most}, or null to keep everything`] });
  return inUnit(store, async (tx) => {
    const text = await tx.secrets.meta(DAYS);
    const before = text === undefined ? null : Number(text);
    if (before === days) return done(days);
    if (days === null) await tx.secrets.dropMeta(DAYS);
    else await tx.secrets.setMeta(DAYS, String(days));
    await tx.log.append({ type: "log.retention-changed", actor: caller.actor, outcome: "success", data: { days, before } });
    return done(days);
  });
}

/** Removes what is older than the log is kept, a few rows at a time; a run that was cut off is taken up by the next. Answers how many events. */
export async function removeOld(deps: CheckpointDeps): Promise<number> {
  const { store } = deps;
  const days = await readRetention(store);
  if (days === null) return 0;
  await writeCheckpoint(deps);
  const before = (await store.read(async (tx) => tx.now)) - days * DAY_MS;
  const checkpoint = await store.read((tx) => tx.log.checkpointBefore(before));
  let removed = 0;
  // Everything that a checkpoint names was written before it, so that nothing newer can be among it.
  for (const { node, seq } of checkpoint?.heads ?? []) removed += await removeEvents(store, node, seq, checkpoint as CheckpointRow, before);
  await removeLogons(store, before);
  return removed;
}

/** The event comes first: whoever finds the beginning missing finds out why, also if this is cut off in the middle. */
async function removeEvents(store: Store, node: string, head: number, checkpoint: CheckpointRow, before: number): Promise<number> {
  const range = await store.inTransaction(async (tx) => {
    const [first, last] = [await tx.log.first(node), await tx.log.last(node)];
    if (first === undefined || !last) return undefined;
    // The last event of a chain stays: the next one is joined to it.
    const to = Math.min(head, last.seq - 1);
    if (first > to) return undefined;
    const data = { node, from: first, to, before: new Date(before).toISOString(), checkpoint: checkpoint.number };
    await tx.log.append({ type: "log.removed", actor: ORG, outcome: "success", data });
    return { from: first, to };
  });
  if (!range) return 0;
  for (let from = range.from; from <= range.to; from += AT_ONCE) {
    const to = Math.min(range.to, from + AT_ONCE - 1);
    await store.inTransaction((tx) => tx.log.remove(node, to));
  }
  return range.to - range.from + 1;
}

async function removeLogons(store: Store, before: number): Promise<void> {
  let count = 0;
  for (let some = AT_ONCE; some === AT_ONCE; count += some)
    some = await store.inTransaction((tx) => tx.logons.removeBefore(before, AT_ONCE));
  for (let some = AT_ONCE; some === AT_ONCE; ) some = await store.inTransaction((tx) => tx.logons.removeReportsBefore(before, AT_ONCE));
  if (count === 0) return;
  const data = { before: new Date(before).toISOString(), count };
  await store.inTransaction((tx) => tx.log.append({ type: "log.logons-removed", actor: ORG, outcome: "success", data }));
}

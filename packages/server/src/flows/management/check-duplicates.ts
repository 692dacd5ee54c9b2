/** Looks over all users for duplicates: keeps what is new as a finding, closes what is no longer true, and leaves decisions alone. */
import type { DuplicateCheckView } from "@sallyport/contracts";
import type { Clash } from "@sallyport/logon";
import { runAlone } from "../run-alone.ts";
import type { Store, Tx } from "../store.ts";
import type { DuplicateRow } from "../store-sources.ts";
import { type Actor, dataOf, fingerprintOf, noteDuplicate, stillTrue, targetOf } from "./duplicates.ts";
import { nameWorld } from "./held-names.ts";
import { done, type Outcome } from "./outcome.ts";

/** Whoever brought in many people announces this: then they are looked over soon, and not only at the next full hour. */
export const PEOPLE_CHANGED = "people";
const JOB = { name: "duplicates", ms: 10 * 60_000 };
/** Findings of one unit of work: a logon that arrives meanwhile waits for it. */
const AT_ONCE = 10;
const PAGE = 500;
/** What nobody could ever decide one by one has another reason, and would fill the log. */
const MOST_NEW = 10_000;

export async function checkDuplicates(store: Store, actor: Actor, signal: AbortSignal): Promise<Outcome<DuplicateCheckView>> {
  let outcome: Outcome<DuplicateCheckView> = { kind: "conflict", why: "a look over all users is under way" };
  await runAlone(store, JOB, async () => {
    outcome = done(await check(store, actor, signal));
  });
  return outcome;
}

async function check(store: Store, actor: Actor, signal: AbortSignal): Promise<DuplicateCheckView> {
  const began = performance.now();
  const known = new Map((await allOf(store)).map((row) => [row.fingerprint, row]));
  const { users, clashes } = await store.lookOver(await store.read(nameWorld), signal);
  const seen = new Set(clashes.map(markOf));
  const isNew = (clash: Clash) => (known.get(markOf(clash))?.status ?? "gone") === "gone";
  const found = await inUnits(store, clashes.filter(isNew).slice(0, MOST_NEW), signal, (tx, clash) => note(tx, actor, clash));
  const doubtful = [...known.values()].filter(({ status, fingerprint }) => status === "open" && !seen.has(fingerprint));
  const gone = await inUnits(store, doubtful, signal, (tx, row) => closeIfGone(tx, actor, row));
  const open = [...known.values()].filter(({ status }) => status === "open").length - gone + found;
  return { users, found, gone, open, milliseconds: Math.round(performance.now() - began) };
}

const markOf = ({ kind, first, second }: Clash) => fingerprintOf(kind, [first, second]);

async function allOf(store: Store): Promise<DuplicateRow[]> {
  const all: DuplicateRow[] = [];
  for (let page: DuplicateRow[] | undefined; page === undefined || page.length === PAGE; ) {
    const after = all.at(-1)?.id;
    page = await store.read((tx) => tx.duplicates.list({ limit: PAGE, after }));
    all.push(...page);
  }
  return all;
}

/** Answers for how many `work` was true. */
async function inUnits<T>(
  store: Store,
  items: readonly T[],
  signal: AbortSignal,
  work: (tx: Tx, item: T) => Promise<boolean>,
): Promise<number> {
  let count = 0;
  for (let at = 0; at < items.length; at += AT_ONCE) {
    signal.throwIfAborted();
    const some = items.slice(at, at + AT_ONCE);
    count += await store.inTransaction(async (tx) => {
      let right = 0;
      for (const item of some) right += (await work(tx, item)) ? 1 : 0;
      return right;
    });
  }
  return count;
}

async function note(tx: Tx, actor: Actor, { first, second, kind, folded }: Clash): Promise<boolean> {
  const [one, other] = [await tx.users.byId(first), await tx.users.byId(second)];
  if (one && other) await noteDuplicate(tx, actor, one, other, { kind, folded });
  return one !== undefined && other !== undefined;
}

/** Looked at once more, in the unit that closes it: the look over all users was of an earlier moment. */
async function closeIfGone(tx: Tx, actor: Actor, row: DuplicateRow): Promise<boolean> {
  if ((await stillTrue(tx, row)) || !(await tx.duplicates.move(row.id, "open", { status: "gone" }))) return false;
  await tx.log.append({ type: "duplicate.gone", actor, target: targetOf(row), outcome: "success", data: dataOf(row) });
  return true;
}

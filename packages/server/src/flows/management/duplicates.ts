/** Duplicates: that two users share a name is kept as a finding until an administrator decides who they are. */
import { keyOf, LOOK_ALIKE, namesOf, rivalsOf, skeletonOf } from "@sallyport/logon";
import { newId } from "../ids.ts";
import type { Page, Store, Tx } from "../store.ts";
import type { UserName, UserRow } from "../store-directory.ts";
import type { DuplicateRow } from "../store-sources.ts";
import { nameWorld, sharedNames } from "./held-names.ts";
import { type Caller, done, type Outcome } from "./outcome.ts";

/** Two users are one finding, whatever they share: it is decided once who they are. */
export function fingerprintOf(kind: string, userIds: readonly string[]): string {
  return `${kind === LOOK_ALIKE ? LOOK_ALIKE : "name"}:${userIds.toSorted().join("+")}`;
}

export type Actor = Caller["actor"];

/** What an open finding holds in the place of a decision: the second asked for a name of the first, and has not got it. */
export interface Wanted {
  wanted: true;
}

/** Keeps the finding once. One that was gone is open again; one that was decided stays decided. `first`: who was here first. */
export async function noteDuplicate(
  tx: Tx,
  actor: Actor,
  first: UserRow,
  second: UserRow,
  name: UserName,
  decision: Wanted | null = null,
): Promise<void> {
  const userIds = [first.id, second.id];
  const fingerprint = fingerprintOf(name.kind, userIds);
  const row: DuplicateRow = {
    id: newId("dup"),
    fingerprint,
    ...name,
    userIds,
    status: "open",
    found: tx.now,
    decision,
    decided: null,
    decidedBy: null,
  };
  const known = (await tx.duplicates.insert(row)) ? row : await tx.duplicates.byFingerprint(fingerprint);
  if (!known || (known.id !== row.id && !(await tx.duplicates.move(known.id, "gone", { status: "open", decision })))) return;
  const sources = [first.source, second.source];
  await tx.log.append({ type: "duplicate.found", actor, target: targetOf(known), outcome: "failure", data: { ...dataOf(known), sources } });
}

export function targetOf({ id, kind, folded }: DuplicateRow): { type: string; id: string; name: string } {
  return { type: "duplicate", id, name: `${kind} ${folded}` };
}

export function dataOf({ id, kind, folded, userIds }: DuplicateRow): Record<string, unknown> {
  return { duplicate: id, kind, name: folded, users: userIds };
}

/** True if this pair was decided to stay two people, each with their own names. */
export async function isKept(tx: Tx, one: string, other: string): Promise<boolean> {
  const known = await tx.duplicates.byFingerprint(fingerprintOf("", [one, other]));
  return known?.status === "decided" && (known.decision as { kind: string }).kind === "keep";
}

/** Pairs, by `fingerprintOf`, of whom it was decided that both stay, or that they are one person. */
export async function settledPairs(tx: Tx): Promise<Set<string>> {
  const settled = new Set<string>();
  for (let after: string | undefined; ; ) {
    const rows = await tx.duplicates.list({ status: "decided", limit: 500, after });
    for (const { fingerprint, decision } of rows) if ((decision as { kind: string }).kind !== "exclude") settled.add(fingerprint);
    if (rows.length < 500) return settled;
    after = rows.at(-1)?.id;
  }
}

/** Everybody who has part in a clash of names that waits for a decision. */
export async function undecided(tx: Tx): Promise<Set<string>> {
  const users = new Set<string>();
  for (let after: string | undefined; ; ) {
    const rows = await tx.duplicates.list({ status: "open", limit: 500, after });
    for (const { kind, userIds } of rows) if (kind !== LOOK_ALIKE) for (const id of userIds) users.add(id);
    if (rows.length < 500) return users;
    after = rows.at(-1)?.id;
  }
}

/** What waits for a decision on this user. */
export async function openOf(tx: Tx, userId: string): Promise<DuplicateRow[]> {
  return (await tx.duplicates.ofUser(userId)).filter(({ status, kind }) => status === "open" && kind !== LOOK_ALIKE);
}

export interface DuplicateShown {
  row: DuplicateRow;
  users: UserRow[];
  shared: UserName[];
}

export function listDuplicates(store: Store, page: Page & { status?: DuplicateRow["status"] | undefined }): Promise<DuplicateShown[]> {
  return store.read(async (tx) => Promise.all((await tx.duplicates.list(page)).map((row) => show(tx, row))));
}

export function findDuplicate(store: Store, id: string): Promise<Outcome<DuplicateShown>> {
  return store.read(async (tx): Promise<Outcome<DuplicateShown>> => {
    const row = await tx.duplicates.byId(id);
    return row ? done(await show(tx, row)) : { kind: "not-found", what: "duplicate" };
  });
}

/** With everybody who is still there, and what they share by the rules as they are now. */
export async function show(tx: Tx, row: DuplicateRow): Promise<DuplicateShown> {
  const found = await Promise.all(row.userIds.map((id) => tx.users.byId(id)));
  const users = found.flatMap((user) => (user ? [user] : []));
  const [first, second] = users;
  const shared = first && second ? sharedNames(first, second, await nameWorld(tx)) : [];
  return { row, users, shared };
}

/** Whether it is still so: by their profiles, or because one still holds what the other was refused. */
export async function stillTrue(tx: Tx, row: DuplicateRow): Promise<boolean> {
  const { users, shared } = await show(tx, row);
  const [first, second] = users;
  if (!first || !second) return false;
  if (row.kind === LOOK_ALIKE) return looksAlike(first, second);
  if (shared.length > 0) return true;
  if (row.decision === null || !("wanted" in (row.decision as object))) return false;
  const rivals = new Set(rivalsOf(row, await nameWorld(tx)).map(keyOf));
  return namesOf(first.profile).some((name) => rivals.has(keyOf(name)));
}

function looksAlike(first: UserRow, second: UserRow): boolean {
  const own = new Set(namesOf(first.profile).map(({ folded }) => skeletonOf(folded)));
  return namesOf(second.profile).some(({ folded }) => own.has(skeletonOf(folded)));
}

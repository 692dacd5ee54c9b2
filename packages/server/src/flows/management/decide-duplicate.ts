/** Decides who two users with one name are: two people, one person, or one who must not be here; and undoes it. */
import type { DuplicateDecision } from "@sallyport/contracts";
import { keyOf, namesOf, outranks } from "@sallyport/logon";
import { personOf } from "../person.ts";
import type { Store, Tx } from "../store.ts";
import type { UserName, UserRow } from "../store-directory.ts";
import type { DuplicateRow } from "../store-sources.ts";
import { dataOf, openOf, targetOf, type Wanted } from "./duplicates.ts";
import { holdersOf, namesHeld, nameWorld, sharedNames } from "./held-names.ts";
import { type Caller, done, inUnit, type Outcome, type Refusal } from "./outcome.ts";
import { judgeRank } from "./users.ts";

/** As stored with the finding. `before`: what an undo puts back. */
export interface Decision {
  kind: DuplicateDecision["decision"];
  /** The user who is excluded, or who comes first of the two who are linked. */
  user: string | null;
  before: Before[];
  /** What stood in its place: an undo puts that back as well. */
  instead: Wanted | null;
}

interface Before {
  id: string;
  status: UserRow["status"];
  statusSince: number | null;
  statusBy: string | null;
  names: UserName[];
  linkedTo: string | null;
  /** The state that the decision left, if it changed it: an undo moves nobody whom somebody moved meanwhile. */
  became: UserRow["status"] | null;
}

interface Pair {
  row: DuplicateRow;
  first: UserRow;
  second: UserRow;
}

export function decideDuplicate(store: Store, caller: Caller, id: string, body: DuplicateDecision): Promise<Outcome<DuplicateRow>> {
  return inUnit(store, async (tx) => {
    const pair = await findPair(tx, caller, id);
    if (pair.kind !== "done") return pair;
    const { row, first, second } = pair.value;
    if (row.status !== "open") return { kind: "conflict", why: `it is ${row.status} already` };
    const roles = rolesOf(body, pair.value);
    if ("kind" in roles) return roles;
    const complaint = body.decision === "link" ? await judgeLink(tx, caller, roles.user, roles.other) : undefined;
    if (complaint) return complaint;
    const before = await Promise.all([first, second].map((user) => snapshot(tx, user)));
    // Only now that nothing is refused any more: the same unit writes it all.
    const moved = { status: "decided", decided: tx.now, decidedBy: caller.actor.name ?? caller.actor.id } as const;
    if (!(await tx.duplicates.move(id, "open", { ...moved, decision: null }))) return { kind: "conflict", why: "somebody else decided it" };
    if (body.decision === "link") await link(tx, roles.user, roles.other);
    if (body.decision === "exclude") await exclude(tx, caller, roles.user, roles.other);
    for (const user of body.decision === "exclude" ? [roles.other] : [first, second]) await letGo(tx, caller, user.id);
    const instead = row.decision as Wanted | null;
    const decision: Decision = { kind: body.decision, user: body.decision === "keep" ? null : roles.user.id, before, instead };
    for (const one of decision.before) one.became = await statusAfter(tx, one);
    await tx.duplicates.move(id, "decided", { decision });
    const data = { ...dataOf(row), decision: body.decision, user: decision.user };
    await tx.log.append({ type: "duplicate.decided", actor: caller.actor, target: targetOf(row), outcome: "success", data });
    return done({ ...row, ...moved, decision });
  });
}

/** Names, links and states become again what they were; whoever was held back is held back again. Factors stay where they were enrolled. */
export function undoDecision(store: Store, caller: Caller, id: string): Promise<Outcome<DuplicateRow>> {
  return inUnit(store, async (tx) => {
    const pair = await findPair(tx, caller, id);
    if (pair.kind !== "done") return pair;
    const { row, first, second } = pair.value;
    if (row.status !== "decided") return { kind: "conflict", why: `it is ${row.status}: there is no decision to undo` };
    const decision = row.decision as Decision;
    const open = { status: "open", decision: decision.instead, decided: null, decidedBy: null } as const;
    if (!(await tx.duplicates.move(id, "decided", open))) return { kind: "conflict", why: "somebody else undid it" };
    for (const user of [first, second]) await putBack(tx, caller, user, decision.before, [first.id, second.id]);
    const data = { ...dataOf(row), decision: decision.kind, user: decision.user };
    await tx.log.append({ type: "duplicate.undone", actor: caller.actor, target: targetOf(row), outcome: "success", data });
    return done({ ...row, ...open });
  });
}

async function findPair(tx: Tx, caller: Caller, id: string): Promise<Outcome<Pair>> {
  const row = await tx.duplicates.byId(id);
  if (!row) return { kind: "not-found", what: "duplicate" };
  const [first, second] = await Promise.all(row.userIds.map((one) => tx.users.byId(one)));
  if (!first || !second) return { kind: "conflict", why: "one of the two was deleted" };
  const above = judgeRank(caller, first) ?? judgeRank(caller, second);
  return above ?? done({ row, first, second });
}

/** `user`: whom the decision names, the primary of a link; `other`: the one beside. */
function rolesOf(body: DuplicateDecision, { first, second }: Pair): { user: UserRow; other: UserRow } | Refusal {
  const named = body.decision === "exclude" ? body.user : body.decision === "link" ? body.primary : undefined;
  if (named === undefined || named === first.id) return { user: first, other: second };
  if (named === second.id) return { user: second, other: first };
  return { kind: "invalid", causes: [`user: ${named} is neither ${first.id} nor ${second.id}; name one of them by its id`] };
}

/** S18: the factors of both count for both, so that a link is the key to an administrator; and no chains, so that a person has one first user. */
async function judgeLink(tx: Tx, caller: Caller, primary: UserRow, other: UserRow): Promise<Refusal | undefined> {
  if (primary.linkedTo !== null) return { kind: "conflict", why: `${primary.id} is linked to ${primary.linkedTo}: undo that first` };
  if (other.linkedTo !== null) return { kind: "conflict", why: `${other.id} is linked to ${other.linkedTo}: undo that first` };
  if ((await tx.users.linkedTo(other.id)).length > 0)
    return { kind: "conflict", why: `others are linked to ${other.id}: name it as the primary, or undo that first` };
  if (primary.status === "DEPROVISIONED") return { kind: "conflict", why: `${primary.id} is deactivated and cannot be the primary` };
  const high = [...(await personOf(tx, primary)), other].find(({ role }) => role !== null && !mayLink(caller, role));
  return high && { kind: "forbidden", why: `${high.id} has the role ${high.role}: only somebody above it links it with another` };
}

/** Nobody stands above an owner but an owner. */
const mayLink = (caller: Caller, role: NonNullable<UserRow["role"]>) => caller.role === "owner" || outranks(caller.role, role);

async function link(tx: Tx, primary: UserRow, other: UserRow): Promise<void> {
  await tx.users.update(other.id, { linkedTo: primary.id, updated: tx.now });
}

/** The other keeps or gets the shared names. `statusBy` is the administrator: no sync brings the excluded one back. */
async function exclude(tx: Tx, caller: Caller, user: UserRow, other: UserRow): Promise<void> {
  const shared = new Set(sharedNames(other, user, await nameWorld(tx)).map(keyOf));
  const names = (await namesHeld(tx, user)).filter((name) => !shared.has(keyOf(name)));
  const change = { status: "DEPROVISIONED" as const, statusSince: tx.now, statusBy: caller.actor.id, updated: tx.now };
  await tx.users.update(user.id, change, names);
  if (user.status === "DEPROVISIONED") return;
  const target = { type: "user", id: user.id, name: user.profile.login };
  const data = { before: user.status, reason: "excluded as a duplicate" };
  await tx.log.append({ type: "user.deactivated", actor: caller.actor, target, outcome: "success", data });
}

/** Gives a user all names that nobody else holds, and lets whoever was held back log on once nothing else waits for a decision. */
async function letGo(tx: Tx, caller: Caller, id: string): Promise<void> {
  const user = await tx.users.byId(id);
  if (!user || user.status === "DEPROVISIONED") return;
  const person = new Set((await personOf(tx, user)).map((one) => one.id));
  const held = new Set((await namesHeld(tx, user)).map(keyOf));
  const others = await holdersOf(tx, await nameWorld(tx), namesOf(user.profile), person);
  const names = namesOf(user.profile).filter((name) => held.has(keyOf(name)) || !others.has(keyOf(name)));
  // Whoever was made without being activated, and shares nothing, waits for something else.
  const heldBack = user.status === "STAGED" && held.size < namesOf(user.profile).length;
  const free = heldBack && (await openOf(tx, id)).length === 0;
  const change = free ? { status: "ACTIVE" as const, statusSince: tx.now, statusBy: caller.actor.id, updated: tx.now } : {};
  await tx.users.update(id, change, names);
  const target = { type: "user", id, name: user.profile.login };
  if (free) await tx.log.append({ type: "user.activated", actor: caller.actor, target, outcome: "success", data: { before: "STAGED" } });
}

async function snapshot(tx: Tx, user: UserRow): Promise<Before> {
  const { id, status, statusSince, statusBy, linkedTo } = user;
  return { id, status, statusSince, statusBy, linkedTo, names: await namesHeld(tx, user), became: null };
}

async function statusAfter(tx: Tx, { id, status }: Before): Promise<UserRow["status"] | null> {
  const after = (await tx.users.byId(id))?.status ?? status;
  return after === status ? null : after;
}

/** Never a name that a third person holds by now, nor one of the other of the two that was not shared before. */
async function putBack(tx: Tx, caller: Caller, user: UserRow, all: readonly Before[], pair: readonly string[]): Promise<void> {
  const before = all.find(({ id }) => id === user.id);
  if (!before) return;
  const had = new Set(before.names.map(keyOf));
  const world = await nameWorld(tx);
  const third = await holdersOf(tx, world, namesOf(user.profile), new Set(pair));
  const anybody = await holdersOf(tx, world, namesOf(user.profile), new Set([user.id]));
  const held = new Set((await namesHeld(tx, user)).map(keyOf));
  const names = namesOf(user.profile).filter((name) => {
    const key = keyOf(name);
    return had.has(key) ? held.has(key) || !third.has(key) : !anybody.has(key);
  });
  const back = before.became !== null && user.status === before.became;
  const { status, statusSince, statusBy, linkedTo } = before;
  const state = back || user.status === status ? { status, statusSince, statusBy } : {};
  await tx.users.update(user.id, { ...state, linkedTo, updated: tx.now }, names);
  if (back) await sayState(tx, caller, user, status);
}

async function sayState(tx: Tx, caller: Caller, user: UserRow, status: UserRow["status"]): Promise<void> {
  const { source, externalId, profile } = user;
  const said = { actor: caller.actor, target: { type: "user", id: user.id, name: profile.login } };
  const data = { source, externalId, name: "a decision was undone" };
  if (status === "STAGED") await tx.log.append({ type: "user.held-back", ...said, outcome: "failure", cause: "user.ambiguous", data });
  const type = status === "ACTIVE" ? "user.activated" : status === "SUSPENDED" ? "user.suspended" : undefined;
  if (type) await tx.log.append({ type, ...said, outcome: "success", data: { before: user.status } });
}

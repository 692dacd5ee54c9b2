/** People of a SCIM source: the flows of users, held to what is the source's own, with the states that a source may bring about. */
import type { ProfileChange, UserProfile } from "@sallyport/contracts";
import { foldName, namesOf } from "@sallyport/logon";
import type { Store, Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import { missingNames } from "./held-names.ts";
import { type Caller, done, inUnit, type Outcome, type Refusal } from "./outcome.ts";
import { byOf } from "./plan-import.ts";
import { moveUserIn } from "./user-states.ts";
import { createUserIn, judgeRank, type UserDeps, updateUserIn } from "./users.ts";

/** Somebody whom the source deleted: deactivated here, with the record of what was, and no longer there for the source. */
const goneBy = (source: string) => `${byOf(source)}/deleted`;

export function isGone(user: UserRow): boolean {
  return user.status === "DEPROVISIONED" && user.statusBy === goneBy(user.source);
}

/** A page of those who are not gone, and how many there are. */
export function pageOfPeople(tx: Tx, source: string, page: { skip: number; limit: number }): Promise<{ total: number; rows: UserRow[] }> {
  return tx.users.pageOfSource(source, { ...page, without: goneBy(source) });
}

/** Somebody else's people are not there (S29). */
export async function findPerson(tx: Tx, source: string, id: string): Promise<Outcome<UserRow>> {
  const user = await tx.users.byId(id);
  return user && user.source === source && !isGone(user) ? done(user) : { kind: "not-found", what: "user" };
}

export async function personByLogin(tx: Tx, source: string, login: string): Promise<UserRow | undefined> {
  const folded = foldName(login);
  const users = folded === undefined ? [] : await tx.users.byLogin(folded);
  return users.find((user) => user.source === source && !isGone(user));
}

export async function personByExternalId(tx: Tx, source: string, externalId: string): Promise<UserRow | undefined> {
  const user = await tx.users.byExternalId(source, externalId);
  return user && !isGone(user) ? user : undefined;
}

export interface NewPerson {
  externalId: string | undefined;
  profile: UserProfile;
  active: boolean;
}

/** Whoever shares a name with somebody is made and held back (S29): the answer is STAGED then, whatever the source wishes. */
export function createPerson({ store }: UserDeps, caller: Caller, source: string, person: NewPerson): Promise<Outcome<UserRow>> {
  const { externalId, profile, active } = person;
  return wholeUnit(store, async (tx) => {
    const room = await makeRoom(tx, caller, source, person);
    if (room) return room;
    return createUserIn(tx, caller, { source, profile, ...(externalId === undefined ? {} : { externalId }) }, active, null);
  });
}

/**
 * Somebody whom the source deleted does not stand in the way of a newcomer (RFC 7644 §3.6), and hands nothing over either: no factor, no
 * group and no assignment of one person may become another's because the names are the same.
 */
async function makeRoom(tx: Tx, caller: Caller, source: string, { externalId, profile }: NewPerson): Promise<Refusal | undefined> {
  const byKey = externalId === undefined ? undefined : await tx.users.byExternalId(source, externalId);
  const byLogin = (await tx.users.byLogin(foldName(profile.login) ?? profile.login)).filter((user) => user.source === source);
  for (const user of new Map([byKey, ...byLogin].flatMap((one) => (one && isGone(one) ? [[one.id, one] as const] : []))).values()) {
    const above = judgeRank(caller, user);
    if (above) return above;
    await tx.users.remove(user.id);
    const target = { type: "user", id: user.id, name: user.profile.login };
    const data = { source, externalId: user.externalId, login: user.profile.login };
    await tx.log.append({ type: "user.deleted", actor: caller.actor, target, outcome: "success", data });
  }
  return undefined;
}

export interface PersonChange {
  profile: ProfileChange | undefined;
  externalId: string | undefined;
  active: boolean | undefined;
}

/** All of it or nothing (RFC 7644 §3.5.2), but for one thing: whoever has left must not wait for a name that somebody else has. */
export async function changePerson(
  { store }: UserDeps,
  caller: Caller,
  source: string,
  id: string,
  { profile, externalId, active }: PersonChange,
): Promise<Outcome<UserRow>> {
  const changed = await wholeUnit(store, async (tx): Promise<Outcome<UserRow>> => {
    const steps = [
      async () => (active === false ? setActive(tx, caller, source, id, false) : undefined),
      async () => (externalId === undefined ? undefined : rekey(tx, caller, source, id, externalId)),
      async () => (profile === undefined ? undefined : updateUserIn(tx, caller, id, profile, null)),
      async () => (active === true ? setActive(tx, caller, source, id, true) : undefined),
    ];
    const found = await findPerson(tx, source, id);
    if (found.kind !== "done") return found;
    for (const step of steps) {
      const outcome = await step();
      if (outcome && outcome.kind !== "done") return outcome;
    }
    return findPerson(tx, source, id);
  });
  if (changed.kind !== "done" && active === false) await wholeUnit(store, (tx) => setActive(tx, caller, source, id, false));
  return changed;
}

/**
 * A source activates only whom it deactivated itself, or made inactive. Whoever is held back for a shared name stays so: activating
 * is the decision (S29), and that is an administrator's. Where the source's wish is not followed nothing happens; the answer shows it.
 */
async function setActive(tx: Tx, caller: Caller, source: string, id: string, active: boolean): Promise<Outcome<UserRow>> {
  const found = await findPerson(tx, source, id);
  if (found.kind !== "done") return found;
  const user = found.value;
  if (!active) return user.status === "DEPROVISIONED" ? found : moveUserIn(tx, caller, id, "deactivate", byOf(source));
  const own = user.status === "DEPROVISIONED" && user.statusBy === byOf(source);
  const waits = user.status === "STAGED" && (await missingNames(tx, user.id, namesOf(user.profile))).length > 0;
  if (!own && (user.status !== "STAGED" || waits)) return found;
  return moveUserIn(tx, caller, id, "activate", byOf(source));
}

async function rekey(tx: Tx, caller: Caller, source: string, id: string, externalId: string): Promise<Outcome<undefined>> {
  const found = await findPerson(tx, source, id);
  if (found.kind !== "done") return found;
  const user = found.value;
  const above = judgeRank(caller, user);
  if (above) return above;
  await tx.users.rekey(id, externalId);
  await tx.users.update(id, { updated: tx.now });
  const target = { type: "user", id, name: user.profile.login };
  await tx.log.append({ type: "user.updated", actor: caller.actor, target, outcome: "success", data: { changed: ["externalId"], source } });
  return done(undefined);
}

/**
 * Deactivated, not destroyed: a slip in the directory must not cost anybody their factors before an administrator has seen it. The
 * source's groups let go of them, as of somebody who is not there.
 */
export function deletePerson({ store }: UserDeps, caller: Caller, source: string, id: string): Promise<Outcome<undefined>> {
  return wholeUnit(store, async (tx) => {
    const found = await findPerson(tx, source, id);
    if (found.kind !== "done") return found;
    const user = found.value;
    const above = judgeRank(caller, user);
    if (above) return above;
    if (user.status === "DEPROVISIONED") await tx.users.update(id, { statusBy: goneBy(source), updated: tx.now });
    else await moveUserIn(tx, caller, id, "deactivate", goneBy(source));
    for (const group of await tx.groups.directOfUser(id)) {
      if (group.source !== source) continue;
      await tx.groups.removeMembers(group.id, [id]);
      const target = { type: "group", id: group.id, name: group.name };
      const data = { user: id, login: user.profile.login };
      await tx.log.append({ type: "group.member-removed", actor: caller.actor, target, outcome: "success", data });
    }
    return done(undefined);
  });
}

/** Carries the refusal out of a unit of which nothing may stay. */
class Undone extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.kind);
    this.refusal = refusal;
  }
}

/** As `inUnit`, and also what was written before the refusal is undone. */
async function wholeUnit<T>(store: Store, fn: (tx: Tx) => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await inUnit(
      store,
      async (tx) => {
        const outcome = await fn(tx);
        if (outcome.kind !== "done") throw new Undone(outcome);
        return outcome;
      },
      "externalId",
    );
  } catch (error) {
    if (error instanceof Undone) return error.refusal;
    throw error;
  }
}

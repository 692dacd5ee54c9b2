/** Users as administrators make and change them; their states are in `user-states.ts`. */
import type { createUserRequest, ProfileChange, UserProfile, updateUserRequest } from "@sallyport/contracts";
import { foldName, keyOf, namesOf, outranks, telling } from "@sallyport/logon";
import type * as z from "zod";
import { newId } from "../ids.ts";
import { personOf } from "../person.ts";
import { endSessions } from "../sessions/end-sessions.ts";
import type { Store, Tx } from "../store.ts";
import type { UserName, UserRow } from "../store-directory.ts";
import { isKept, noteDuplicate, type Wanted } from "./duplicates.ts";
import { holdersOf, missingNames, nameWorld } from "./held-names.ts";
import { type Caller, done, inUnit, type Outcome, type Refusal } from "./outcome.ts";
import { judgePassword, type PasswordHash } from "./password-rules.ts";

export interface UserDeps {
  store: Store;
  passwords: PasswordHash;
}

/** Users that were made here and not imported. */
export const LOCAL = "local";

export async function createUser(
  deps: UserDeps,
  caller: Caller,
  body: z.infer<typeof createUserRequest>,
  activate: boolean,
): Promise<Outcome<UserRow>> {
  const name = judgeLogin(body.profile.login);
  if (name) return name;
  const secret = await hashNew(deps.passwords, body.credentials?.password.value, body.profile);
  if ("kind" in secret) return secret;
  return inUnit(deps.store, (tx) => createUserIn(tx, caller, body, activate, secret.phc), "externalId");
}

/** As a part of a larger unit: refuses before it writes. Throws `Conflict` for (source, external id). @param phc see `UserRow.passwordHash` */
export async function createUserIn(
  tx: Tx,
  caller: Caller,
  body: Pick<z.infer<typeof createUserRequest>, "source" | "externalId" | "profile">,
  activate: boolean,
  phc: string | null,
): Promise<Outcome<UserRow>> {
  const name = judgeLogin(body.profile.login);
  if (name) return name;
  const id = newId("usr");
  const source = body.source ?? LOCAL;
  if (await namesake(tx, source, body.profile.login)) return { kind: "exists", field: "login" };
  const others = await holdersOf(tx, await nameWorld(tx), namesOf(body.profile));
  const user: UserRow = {
    id,
    source,
    externalId: body.externalId ?? id,
    // S29: a newcomer never takes a name away from somebody whose logon works; it waits until somebody decides.
    status: activate && others.size === 0 ? "ACTIVE" : "STAGED",
    statusSince: tx.now,
    statusBy: caller.actor.id,
    profile: body.profile,
    passwordHash: phc,
    passwordChanged: phc === null ? null : tx.now,
    mustChange: false,
    role: null,
    created: tx.now,
    updated: tx.now,
    linkedTo: null,
  };
  const names = namesOf(body.profile).filter((one) => !others.has(keyOf(one)));
  await tx.users.insert(user, names);
  const { externalId, profile } = user;
  const target = { type: "user", id, name: profile.login };
  const said = { actor: caller.actor, target, outcome: "success" } as const;
  await tx.log.append({ ...said, type: "user.created", data: { source, externalId, login: profile.login } });
  if (others.size > 0) await holdBack(tx, caller, user, others);
  else if (activate) await tx.log.append({ ...said, type: "user.activated", data: { before: "STAGED" } });
  return done(user);
}

/** One finding for everybody with whom the newcomer shares a name, by the name that tells most. */
async function holdBack(tx: Tx, caller: Caller, user: UserRow, others: Map<string, string[]>): Promise<void> {
  const { id, source, externalId, profile } = user;
  const ids = [...new Set([...others.values()].flat())];
  const names = [...others.keys()].map((key) => key.replace("\0", " "));
  const data = { source, externalId, name: names.join(", "), others: ids };
  const target = { type: "user", id, name: profile.login };
  await tx.log.append({ type: "user.held-back", actor: caller.actor, target, outcome: "failure", cause: "user.ambiguous", data });
  for (const other of ids) await noteShared(tx, caller, other, user, namesOf(profile), others);
}

async function noteShared(
  tx: Tx,
  caller: Caller,
  otherId: string,
  user: UserRow,
  names: readonly UserName[],
  others: Map<string, string[]>,
  wanted: Wanted | null = null,
): Promise<void> {
  const other = await tx.users.byId(otherId);
  const name = telling(names.filter((one) => others.get(keyOf(one))?.includes(otherId)));
  if (other && name) await noteDuplicate(tx, caller.actor, other, user, name, wanted);
}

/** Changes the named fields; `null` removes one, leaving it out never does. */
export async function updateUser(
  deps: UserDeps,
  caller: Caller,
  id: string,
  body: z.infer<typeof updateUserRequest>,
): Promise<Outcome<UserRow>> {
  const name = body.profile?.login === undefined ? undefined : judgeLogin(body.profile.login);
  if (name) return name;
  const before = await deps.store.read((tx) => findUser(tx, id));
  if (before.kind !== "done") return before;
  const secret = await hashNew(deps.passwords, body.credentials?.password.value, changedProfile(before.value.profile, body.profile));
  if ("kind" in secret) return secret;
  return inUnit(deps.store, (tx) => updateUserIn(tx, caller, before.value.id, body.profile, secret.phc));
}

/** As a part of a larger unit: refuses before it writes. @param phc a new password, or null */
export async function updateUserIn(
  tx: Tx,
  caller: Caller,
  id: string,
  change: ProfileChange | undefined,
  phc: string | null,
): Promise<Outcome<UserRow>> {
  const found = await findUser(tx, id);
  if (found.kind !== "done") return found;
  const user = found.value;
  const above = judgeRank(caller, user);
  if (above) return above;
  const profile = changedProfile(user.profile, change);
  const names = namesOf(profile);
  const given = await judgeNames(tx, caller, user, names);
  if ("kind" in given) return given;
  const changed = changedFields(user.profile, profile);
  const password = phc === null ? {} : { passwordHash: phc, passwordChanged: tx.now, mustChange: false };
  await tx.users.update(user.id, { profile, ...password, updated: tx.now }, given.names);
  const said = { actor: caller.actor, target: { type: "user", id: user.id, name: profile.login }, outcome: "success" } as const;
  const formerEmail = changed.includes("email") ? user.profile.email : undefined;
  if (changed.length > 0) await tx.log.append({ ...said, type: "user.updated", data: { changed }, formerEmail });
  if (phc !== null) {
    await tx.log.append({ ...said, type: "user.password-changed", data: { by: "administrator" } });
    // Whoever signed in by the old one may be why there is a new one.
    await endSessions(tx, user, caller.actor);
  }
  return done({ ...user, profile, ...password, updated: tx.now });
}

/** By id or by login. Several sources may each have one of this login: then only the id will do (S29). */
export async function findUser(tx: Tx, idOrLogin: string): Promise<Outcome<UserRow>> {
  const byId = await tx.users.byId(idOrLogin);
  if (byId) return done(byId);
  const folded = foldName(idOrLogin);
  const users = folded === undefined ? [] : await tx.users.byLogin(folded);
  if (users.length > 1) {
    const sources = users.map((user) => `${user.id} (${user.source})`).join(", ");
    return { kind: "invalid", causes: [`id: ${users.length} users have this login; use the id: ${sources}`] };
  }
  return users[0] ? done(users[0]) : { kind: "not-found", what: "user" };
}

/** Gone for good, with factors and assignments; only after a deactivation, so that nobody deletes in one slip. */
export function deleteUser(store: Store, caller: Caller, id: string): Promise<Outcome<undefined>> {
  return inUnit(store, async (tx) => {
    const found = await findUser(tx, id);
    if (found.kind !== "done") return found;
    const user = found.value;
    const above = judgeRank(caller, user);
    if (above) return above;
    if (user.status !== "DEPROVISIONED") return { kind: "conflict", why: `the user is ${user.status}: deactivate first` };
    const [linked] = await tx.users.linkedTo(user.id);
    if (linked) return { kind: "conflict", why: `${linked.id} is linked to this user: undo that first` };
    for (const { id: clash, status } of await tx.duplicates.ofUser(user.id))
      if (status === "open") await tx.duplicates.move(clash, status, { status: "gone" });
    await tx.users.remove(user.id);
    const { source, externalId, profile } = user;
    const target = { type: "user", id: user.id, name: profile.login };
    await tx.log.append({
      type: "user.deleted",
      actor: caller.actor,
      target,
      outcome: "success",
      data: { source, externalId, login: profile.login },
    });
    return done(undefined);
  });
}

/** S18: nobody acts on somebody of a higher role. */
export function judgeRank(caller: Caller, user: UserRow): Refusal | undefined {
  if (user.role === null || !outranks(user.role, caller.role)) return undefined;
  return { kind: "forbidden", why: `the user has the role ${user.role}, which is above ${caller.role}` };
}

/**
 * The names of a changed profile under which the user is found: what was kept from a newcomer stays so. A new name by which somebody
 * else is found is refused and noted, since the change could take a working logon away (S29); unless it was decided that both stay.
 */
async function judgeNames(tx: Tx, caller: Caller, user: UserRow, names: UserName[]): Promise<{ names: UserName[] } | Refusal> {
  const before = namesOf(user.profile);
  const had = new Set(before.map(keyOf));
  const added = names.filter((name) => !had.has(keyOf(name)));
  const person = new Set((await personOf(tx, user)).map(({ id }) => id));
  const others = await holdersOf(tx, await nameWorld(tx), added, person);
  const login = names.find(({ kind }) => kind === "login")?.folded ?? "";
  if (await namesake(tx, user.source, login, user.id)) return { kind: "exists", field: "profile.login" };
  const strangers: string[] = [];
  for (const id of new Set([...others.values()].flat())) if (!(await isKept(tx, user.id, id))) strangers.push(id);
  for (const id of strangers) await noteShared(tx, caller, id, user, added, others, { wanted: true });
  const taken = added.find((name) => others.get(keyOf(name))?.some((id) => strangers.includes(id)));
  if (taken) return { kind: "exists", field: `profile.${taken.kind}` };
  const missing = new Set((await missingNames(tx, user.id, before)).map(keyOf));
  return { names: names.filter((name) => !missing.has(keyOf(name)) && !others.has(keyOf(name))) };
}

/** True if somebody of this source has this login: also somebody who is held back and found under no name. */
async function namesake(tx: Tx, source: string, login: string, except?: string): Promise<boolean> {
  const users = await tx.users.byLogin(foldName(login) ?? login);
  return users.some((user) => user.source === source && user.id !== except);
}

export function judgeLogin(login: string): Refusal | undefined {
  if (foldName(login) !== undefined) return undefined;
  return { kind: "invalid", causes: ["profile.login: holds a character that no name can have"] };
}

async function hashNew(
  passwords: PasswordHash,
  password: string | undefined,
  profile: UserProfile,
): Promise<{ phc: string | null } | Refusal> {
  if (password === undefined) return { phc: null };
  // Every app asks for a second factor unless a rule lets in without one, which is a warning each time.
  const complaint = judgePassword(password, { withFactor: true, names: Object.values(profile) });
  if (complaint) return { kind: "invalid", causes: [`credentials.password.value: ${complaint.en}`] };
  const hashed = await passwords.hash(password);
  return hashed.kind === "overloaded" ? hashed : { phc: hashed.phc };
}

export function changedFields(before: UserProfile, after: UserProfile): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof UserProfile>;
  return [...keys].filter((key) => before[key] !== after[key]);
}

/** `{email: undefined}` says nothing about the e-mail address; `{email: null}` takes it away. */
export function changedProfile(before: UserProfile, change: ProfileChange = {}): UserProfile {
  const said = Object.entries(change).filter(([, value]) => value !== undefined);
  const all = Object.entries({ ...before, ...Object.fromEntries(said) });
  return Object.fromEntries(all.filter(([, value]) => value !== null)) as UserProfile;
}

/** Users as administrators make and change them; their states are in `user-states.ts`. */
import type { createUserRequest, ProfileChange, UserProfile, updateUserRequest } from "@sallyport/contracts";
import { foldName, namesOf, outranks } from "@sallyport/logon";
import type * as z from "zod";
import { newId } from "../ids.ts";
import type { Page, Store, Tx } from "../store.ts";
import type { UserName, UserRow } from "../store-directory.ts";
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
  const others = await holdersOf(tx, namesOf(body.profile));
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
  if (others.size > 0) await sayHeldBack(tx, caller, user, others);
  else if (activate) await tx.log.append({ ...said, type: "user.activated", data: { before: "STAGED" } });
  return done(user);
}

async function sayHeldBack(tx: Tx, caller: Caller, user: UserRow, others: Map<string, string>): Promise<void> {
  const { id, source, externalId, profile } = user;
  const names = [...others.keys()].map((key) => key.replace("\0", " "));
  const data = { source, externalId, name: names.join(", "), others: [...new Set(others.values())] };
  const target = { type: "user", id, name: profile.login };
  await tx.log.append({ type: "user.held-back", actor: caller.actor, target, outcome: "failure", cause: "user.ambiguous", data });
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
  const taken = await namesTaken(tx, user, names);
  if (taken) return taken;
  const changed = changedFields(user.profile, profile);
  const password = phc === null ? {} : { passwordHash: phc, passwordChanged: tx.now };
  const holdsAll = (await missingNames(tx, user.id, namesOf(user.profile))).length === 0;
  await tx.users.update(user.id, { profile, ...password, updated: tx.now }, holdsAll ? names : undefined);
  const said = { actor: caller.actor, target: { type: "user", id: user.id, name: profile.login }, outcome: "success" } as const;
  if (changed.length > 0) await tx.log.append({ ...said, type: "user.updated", data: { changed } });
  if (phc !== null) await tx.log.append({ ...said, type: "user.password-changed", data: { by: "administrator" } });
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

export async function listUsers(
  store: Store,
  page: Page,
  filter: { q?: string | undefined; login?: string | undefined },
): Promise<UserRow[]> {
  return store.read(async (tx) => {
    if (filter.login === undefined)
      return tx.users.list({ ...page, query: filter.q === undefined ? undefined : (foldName(filter.q) ?? filter.q) });
    const folded = foldName(filter.login);
    const users = folded === undefined ? [] : await tx.users.byLogin(folded);
    return users.filter((user) => page.after === undefined || user.id > page.after).slice(0, page.limit);
  });
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

/** Which of these names others hold: name → user. */
async function holdersOf(tx: Tx, names: UserName[], except?: string): Promise<Map<string, string>> {
  const holders = await tx.users.holders(names);
  return new Map(holders.filter((holder) => holder.userId !== except).map((holder) => [keyOf(holder), holder.userId]));
}

/** Names that the user should be found under but is not: those of a newcomer who is held back. */
export async function missingNames(tx: Tx, id: string, names: UserName[]): Promise<UserName[]> {
  const own = new Set((await tx.users.holders(names)).filter((holder) => holder.userId === id).map(keyOf));
  return names.filter((name) => !own.has(keyOf(name)));
}

/** A new name that somebody else holds is refused: the change could take a working logon away (S29). */
async function namesTaken(tx: Tx, user: UserRow, names: UserName[]): Promise<Refusal | undefined> {
  const had = new Set(namesOf(user.profile).map(keyOf));
  const taken = await holdersOf(
    tx,
    names.filter((name) => !had.has(keyOf(name))),
    user.id,
  );
  const login = names.find(({ kind }) => kind === "login")?.folded ?? "";
  const first = (await namesake(tx, user.source, login, user.id)) ? "login" : taken.keys().next().value?.split("\0")[0];
  return first === undefined ? undefined : { kind: "exists", field: `profile.${first}` };
}

/** True if somebody of this source has this login: also somebody who is held back and found under no name. */
async function namesake(tx: Tx, source: string, login: string, except?: string): Promise<boolean> {
  const users = await tx.users.byLogin(foldName(login) ?? login);
  return users.some((user) => user.source === source && user.id !== except);
}

export function keyOf(name: UserName): string {
  return `${name.kind}\0${name.folded}`;
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
  if (complaint) return { kind: "invalid", causes: [`credentials.password.value: ${complaint}`] };
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

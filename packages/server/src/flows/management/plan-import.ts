/** What an import would come to, for each person, before anything is written. Pure: the same plan is shown in a dry run and then carried out. */
import type { ImportedPerson, ImportRequest, PersonFate, UserProfile } from "@sallyport/contracts";
import { foldName, keyOf, type NameWorld, namesOf, outranks, rivalsOf } from "@sallyport/logon";
import type { UserName, UserRow } from "../store-directory.ts";
import { fingerprintOf } from "./duplicates.ts";
import type { Caller } from "./outcome.ts";
import { changedFields, changedProfile, judgeLogin } from "./users.ts";

/** What is here before: this source's people, and who holds the names that matter, over all sources. */
export interface Known {
  source: string;
  users: readonly UserRow[];
  /** By `keyOf`; asked for with `rivalsOf` of every name that matters. */
  holders: ReadonlyMap<string, readonly string[]>;
  world: NameWorld;
  /** Pairs of users, by `fingerprintOf`, of whom it was decided that both stay, or that they are one person. */
  settled: ReadonlySet<string>;
  /** Users who have part in a clash of names that waits for a decision. */
  undecided: ReadonlySet<string>;
}

export interface Step {
  externalId: string;
  login: string;
  fate: PersonFate;
  user?: UserRow;
  /** Of the user, once this was carried out. */
  id?: string;
  /** As it will be. */
  profile?: UserProfile;
  changed?: string[];
  why?: string;
}

export interface Plan {
  /** One for each person of the request, in its order; then those who are missing from it. */
  people: Step[];
  /** The same steps in the order in which they must be carried out: a name that one gives up is free for the next. */
  order: Step[];
  /** Set if more people would be deactivated than the brake lets through. */
  braked?: { deactivated: number; of: number };
}

/** Field → before and after; null where there is none. */
export function differencesOf({ user, profile, changed }: Step): Record<string, [string | null, string | null]> | undefined {
  if (!user || !profile || !changed) return undefined;
  return Object.fromEntries(
    (changed as (keyof UserProfile)[]).map((field) => [field, [user.profile[field] ?? null, profile[field] ?? null]] as const),
  ) as Record<string, [string | null, string | null]>;
}

export function brakeSentence({ deactivated, of }: NonNullable<Plan["braked"]>, percent: number): string {
  return `${deactivated} of ${of} people would be deactivated, more than ${percent} %: nothing is changed then. Look at the dry run, and raise the limit if it is right`;
}

/** Who wrote a state: what a source deactivated the source may activate again, what a person did stays. */
export const byOf = (source: string) => `source:${source}`;

/** `present`: everybody who is there, by external id, where `people` are only those who changed. */
export interface PlanRequest extends Pick<ImportRequest, "people" | "complete" | "brake"> {
  present?: { has(externalId: string): boolean };
}

export function planImport(known: Known, request: PlanRequest, caller: Caller): Plan {
  const names = new Names(known);
  const here = new Map(known.users.map((user) => [user.externalId, user]));
  const twice = repeated(request.people.map(({ externalId }) => externalId));
  const judge = (person: ImportedPerson): Step | "later" => {
    if (twice.has(person.externalId)) return refused(person, `the id ${person.externalId} stands here more than once`);
    if (judgeLogin(person.profile.login)) return refused(person, "the login holds a character that no name can have");
    const user = here.get(person.externalId);
    return user ? judgeKnown(person, user, names, known.source, caller) : judgeNew(person, names);
  };
  const steps = new Map<ImportedPerson, Step>();
  const order: Step[] = [];
  const settle = (people: ImportedPerson[]) => {
    const left: ImportedPerson[] = [];
    for (const person of people) {
      const step = judge(person);
      if (step === "later") left.push(person);
      else {
        steps.set(person, step);
        order.push(step);
      }
    }
    return left;
  };
  // Somebody's new name may be another's old one: as long as anybody gets on, the others may.
  let waiting = request.people.filter(({ externalId }) => here.has(externalId));
  for (let before = -1; waiting.length > 0 && waiting.length !== before; ) {
    before = waiting.length;
    waiting = settle(waiting);
  }
  for (const person of waiting) {
    const step = refusedName(person, here.get(person.externalId) as UserRow, names);
    steps.set(person, step);
    order.push(step);
  }
  settle(request.people.filter(({ externalId }) => !here.has(externalId)));
  const named = request.present ?? new Set(request.people.map(({ externalId }) => externalId));
  const missing = request.complete ? missingFrom(named, known.users, caller) : [];
  const people = [...request.people.map((person) => steps.get(person) as Step), ...missing];
  const braked = brake(people, known.users, request.brake);
  return { people, order: [...order, ...missing], ...(braked ? { braked } : {}) };
}

function judgeKnown(person: ImportedPerson, user: UserRow, names: Names, source: string, caller: Caller): Step | "later" {
  const { externalId } = person;
  const profile = changedProfile(user.profile, person.profile);
  const changed = changedFields(user.profile, profile);
  const state = stateFate(person, user, source);
  const fate = state === "activated" && names.waits(user) ? "held-back" : (state ?? (changed.length > 0 ? "updated" : "unchanged"));
  if (fate !== "unchanged" && isAbove(user, caller))
    return refused(person, `the user has the role ${user.role}, which is above ${caller.role}`);
  // Whoever has left must not wait for a name.
  if (names.taken(person, user) !== undefined)
    return fate === "deactivated" ? { externalId, login: user.profile.login, fate, user, profile: user.profile } : "later";
  names.move(user, profile);
  const why = whyLeft(person, user, source);
  return {
    externalId,
    login: profile.login,
    fate,
    user,
    profile,
    ...(changed.length > 0 ? { changed } : {}),
    ...(why === undefined ? {} : { why }),
  };
}

function judgeNew(person: ImportedPerson, names: Names): Step {
  const { externalId, profile: given, active } = person;
  const profile = changedProfile({ login: given.login }, given);
  if (!active) return { externalId, login: profile.login, fate: "left-out", why: "inactive in the source, and not here" };
  const taken = names.loginTaken(profile.login, undefined);
  if (taken !== undefined) return refused(person, taken);
  const others = names.add(externalId, profile);
  if (others.length === 0) return { externalId, login: profile.login, fate: "created", profile };
  return { externalId, login: profile.login, fate: "held-back", profile, why: `shares ${others.join(", ")}` };
}

function stateFate({ active }: ImportedPerson, user: UserRow, source: string): "activated" | "deactivated" | undefined {
  if (!active) return user.status === "DEPROVISIONED" ? undefined : "deactivated";
  return user.status === "DEPROVISIONED" && user.statusBy === byOf(source) ? "activated" : undefined;
}

/** What the source wishes and nobody but an administrator may do. */
function whyLeft({ active }: ImportedPerson, user: UserRow, source: string): string | undefined {
  if (!active) return undefined;
  if (user.status === "STAGED") return "still held back: decide it (sallyport duplicate list)";
  if (user.status === "DEPROVISIONED" && user.statusBy !== byOf(source)) return "deactivated by an administrator, and stays so";
  return undefined;
}

function missingFrom(named: { has(externalId: string): boolean }, users: readonly UserRow[], caller: Caller): Step[] {
  return users
    .filter(({ externalId, status }) => !named.has(externalId) && status !== "DEPROVISIONED")
    .map((user) => {
      const { externalId, profile } = user;
      const one = { externalId, login: profile.login };
      if (isAbove(user, caller))
        return { ...one, fate: "refused", why: `the user has the role ${user.role}, which is above ${caller.role}` };
      return { ...one, fate: "deactivated", user, profile, why: "not among the people of the source any more" };
    });
}

function brake(people: readonly Step[], users: readonly UserRow[], percent: number): Plan["braked"] {
  const of = users.filter(({ status }) => status !== "DEPROVISIONED").length;
  const deactivated = people.filter(({ fate }) => fate === "deactivated").length;
  // One person who leaves is no accident, however few there are; with 0 %, nobody leaves unseen.
  return deactivated > (percent === 0 ? 0 : 1) && deactivated * 100 > of * percent ? { deactivated, of } : undefined;
}

const isAbove = (user: UserRow, caller: Caller) => user.role !== null && outranks(user.role, caller.role);
const refused = ({ externalId, profile }: ImportedPerson, why: string): Step => ({
  externalId,
  login: profile.login,
  fate: "refused",
  why,
});

/** Carried out all the same: the refusal becomes a finding then, to be decided. */
function refusedName(person: ImportedPerson, user: UserRow, names: Names): Step {
  return { ...refused(person, names.taken(person, user) ?? ""), user, profile: changedProfile(user.profile, person.profile), changed: [] };
}

function repeated(all: readonly string[]): Set<string> {
  const once = new Set<string>();
  return new Set(all.filter((one) => once.size === once.add(one).size));
}

/** Who is found under which name while the plan goes on. A newcomer has no id yet and stands under the source's own. */
class Names {
  readonly #holders: Map<string, Set<string>>;
  readonly #logins: Map<string, string>;

  readonly #known: Pick<Known, "world" | "settled" | "undecided">;
  readonly #rivals = new Map<string, string[]>();

  constructor({ users, holders, world, settled, undecided }: Known) {
    this.#known = { world, settled, undecided };
    this.#holders = new Map([...holders].map(([key, ids]) => [key, new Set(ids)]));
    this.#logins = new Map(users.map((user) => [folded(user.profile.login), user.externalId]));
  }

  /** Why this person cannot have the names that are new to them, if so. */
  taken({ profile: given }: ImportedPerson, user: UserRow | undefined): string | undefined {
    if (!user) return undefined;
    const profile = changedProfile(user.profile, given);
    const had = new Set(namesOf(user.profile).map(keyOf));
    const name = namesOf(profile).find((one) => !had.has(keyOf(one)) && this.#others(one, user.id).length > 0);
    if (name !== undefined) return `${readable(keyOf(name))} is somebody else's already`;
    return this.loginTaken(profile.login, user.externalId);
  }

  /** A source that has somebody again decides nothing. */
  waits(user: UserRow): boolean {
    return this.#known.undecided.has(user.id) && !namesOf(user.profile).every((name) => this.#holders.get(keyOf(name))?.has(user.id));
  }

  loginTaken(login: string, own: string | undefined): string | undefined {
    const holder = this.#logins.get(folded(login));
    return holder === undefined || holder === own ? undefined : `the login is that of ${holder} of the same source`;
  }

  /** What was kept from somebody who is held back stays so; a new name that is free is theirs, as when the change is carried out. */
  move(user: UserRow, profile: UserProfile): void {
    this.#logins.delete(folded(user.profile.login));
    this.#logins.set(folded(profile.login), user.externalId);
    const before = namesOf(user.profile).map(keyOf);
    const held = new Set(before.filter((key) => this.#holders.get(key)?.has(user.id)));
    const kept = new Set(before.filter((key) => !held.has(key)));
    for (const key of before) this.#holders.get(key)?.delete(user.id);
    for (const name of namesOf(profile)) {
      const key = keyOf(name);
      if (held.has(key) || (!kept.has(key) && this.#others(name, user.id).length === 0)) this.#hold(key, user.id);
    }
  }

  /** Answers the names that others have. */
  add(externalId: string, profile: UserProfile): string[] {
    const id = `new ${externalId}`;
    const names = namesOf(profile);
    const shared = names.filter((name) => this.#others(name, id).length > 0).map(keyOf);
    this.#logins.set(folded(profile.login), externalId);
    for (const key of names.map(keyOf)) if (!shared.includes(key)) this.#hold(key, id);
    return shared.map(readable);
  }

  /** Who is found by anything that finds the holder of this name, and was not told apart from them. */
  #others(name: UserName, id: string): string[] {
    const { world, settled } = this.#known;
    const key = keyOf(name);
    const rivals = this.#rivals.get(key) ?? rivalsOf(name, world).map(keyOf);
    this.#rivals.set(key, rivals);
    const ids = rivals.flatMap((one) => [...(this.#holders.get(one) ?? [])]);
    return ids.filter((one) => one !== id && !settled.has(fingerprintOf("", [one, id])));
  }

  #hold(key: string, id: string): void {
    this.#holders.set(key, (this.#holders.get(key) ?? new Set()).add(id));
  }
}

const folded = (login: string) => foldName(login) ?? login;
const readable = (key: string) => key.replace("\0", " ");

/** Finds every two users of a whole org whom one typed name could mean, or whose names look alike. */
import type { UserProfile, UserStatus } from "@sallyport/contracts";
import { skeletonOf } from "./look-alikes.ts";
import { keyOf, type NameKey, namesOf } from "./names.ts";
import { type NameWorld, typedFor } from "./same-name.ts";

export interface Looked {
  id: string;
  status: UserStatus;
  created: number;
  linkedTo: string | null;
  profile: UserProfile;
}

/** `first` was here first. `kind`: of the name of the second by which both could be meant, or `look-alike`. */
export interface Clash extends NameKey {
  first: string;
  second: string;
}

export const LOOK_ALIKE = "look-alike";

/** The most telling first: two with one SID are the same account, two with one local part of an e-mail address seldom are. */
const KINDS = ["sid", "domain-sam", "userPrincipalName", "login", "samAccountName", "email", "email-local-part", LOOK_ALIKE];
/** Names that people read. */
const READ = new Set(["login", "samAccountName", "userPrincipalName", "email"]);

/** Of several shared names, the one that says most of what is the matter. */
export function telling<T extends NameKey>(names: readonly T[]): T | undefined {
  return names.toSorted((one, other) => KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind))[0];
}

/** Takes users one by one, so that nobody has to hold them all; then tells what it found. */
export class ClashFinder {
  readonly #world: NameWorld;
  readonly #users: Omit<Looked, "profile">[] = [];
  /** Text → the one user who has it, or all of them. Skeletons are texts of their own kind. */
  readonly #texts = new Map<string, number | number[]>();
  readonly #names: NameKey[][] = [];

  constructor(world: NameWorld) {
    this.#world = world;
  }

  get users(): number {
    return this.#users.length;
  }

  take({ id, status, created, linkedTo, profile }: Looked): void {
    const at = this.#users.push({ id, status, created, linkedTo }) - 1;
    const names = namesOf(profile);
    this.#names.push(names);
    for (const text of new Set(names.flatMap((name) => textsOf(name, this.#world)))) this.#note(text, at);
  }

  #note(text: string, at: number): void {
    const before = this.#texts.get(text);
    if (before === undefined) this.#texts.set(text, at);
    else if (typeof before === "number") {
      if (before !== at) this.#texts.set(text, [before, at]);
    } else if (before.at(-1) !== at) before.push(at);
  }

  /** Each pair once, by the name that tells most: of more than two with one name, the first with each of the others. */
  clashes(): Clash[] {
    const pairs = new Map<string, Clash>();
    for (const [text, held] of this.#texts) {
      if (typeof held === "number") continue;
      const [first, ...others] = held.map((at) => ({ at, ...(this.#users[at] as Omit<Looked, "profile">) })).sort(byAge);
      if (first) for (const second of others) if (matters(first, second)) this.#pair(pairs, text, first, second);
    }
    return [...pairs.values()];
  }

  #pair(pairs: Map<string, Clash>, text: string, first: { at: number; id: string }, second: { at: number; id: string }): void {
    const own = this.#names[second.at] as NameKey[];
    const looks = text.startsWith(SKELETON);
    const name = telling(own.filter((one) => textsOf(one, this.#world).includes(text)));
    if (!name) return;
    const clash = { kind: looks ? LOOK_ALIKE : name.kind, folded: name.folded, first: first.id, second: second.id };
    const key = `${first.id}+${second.id}`;
    const known = pairs.get(key);
    // What is the same needs no word on what only looks the same.
    pairs.set(key, known ? (telling([known, clash]) as Clash) : clash);
  }
}

const SKELETON = "\0";

function textsOf(name: NameKey, world: NameWorld): string[] {
  if (name.kind === "sid") return [keyOf(name)];
  const texts = typedFor(name, world);
  return READ.has(name.kind) ? [...texts, `${SKELETON}${skeletonOf(name.folded)}`] : texts;
}

const byAge = (one: Omit<Looked, "profile">, other: Omit<Looked, "profile">) => one.created - other.created || (one.id < other.id ? -1 : 1);

/** Not who is one person already; and somebody who has left matters only to a newcomer who is held back for it. */
function matters(one: Omit<Looked, "profile">, other: Omit<Looked, "profile">): boolean {
  if ((one.linkedTo ?? one.id) === (other.linkedTo ?? other.id)) return false;
  const left = [one, other].filter(({ status }) => status === "DEPROVISIONED").length;
  return left === 0 || (left === 1 && [one, other].some(({ status }) => status === "STAGED"));
}

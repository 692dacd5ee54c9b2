/** Which names must be looked up before people can be planned: those of whoever is new or changes. Everybody else keeps what they have. */
import type { ImportedPerson } from "@sallyport/contracts";
import { distinct, keyOf, type NameWorld, namesOf, rivalsOf } from "@sallyport/logon";
import type { Tx } from "../store.ts";
import type { UserName, UserRow } from "../store-directory.ts";
import { settledPairs, undecided } from "./duplicates.ts";
import { nameWorld } from "./held-names.ts";
import type { Known } from "./plan-import.ts";
import { changedFields, changedProfile } from "./users.ts";

/** What decides who is a namesake of whom. */
export type Namesakes = Pick<Known, "world" | "settled" | "undecided">;

export async function namesakesOf(tx: Tx): Promise<Namesakes> {
  return { world: await nameWorld(tx), settled: await settledPairs(tx), undecided: await undecided(tx) };
}

export function namesAtStake(users: readonly UserRow[], people: readonly ImportedPerson[]): UserName[] {
  const here = new Map(users.map((user) => [user.externalId, user]));
  const names: UserName[] = [];
  for (const { externalId, profile: given } of people) {
    const user = here.get(externalId);
    const profile = changedProfile(user?.profile ?? { login: given.login }, given);
    // Whoever was away may come back.
    if (user && user.status !== "DEPROVISIONED" && changedFields(user.profile, profile).length === 0) continue;
    names.push(...(user ? namesOf(user.profile) : []), ...namesOf(profile));
  }
  return distinct(names);
}

/** Asks for them, and for every name that is as good, a few at a time: no statement holds the others up. */
export async function holdersOf(
  names: readonly UserName[],
  world: NameWorld,
  ask: (some: UserName[]) => Promise<(UserName & { userId: string })[]>,
): Promise<Known["holders"]> {
  const AT_ONCE = 100;
  const holders = new Map<string, string[]>();
  const rivals = distinct(names.flatMap((name) => rivalsOf(name, world)));
  for (let at = 0; at < rivals.length; at += AT_ONCE)
    for (const one of await ask(rivals.slice(at, at + AT_ONCE))) holders.set(keyOf(one), [...(holders.get(keyOf(one)) ?? []), one.userId]);
  return holders;
}

/** Who holds a name already: also by another rule, another form of the domain, or a rule of an app's own. */
import { distinct, keyOf, type NameKey, type NameWorld, namesOf, rivalsOf } from "@sallyport/logon";
import type { Tx } from "../store.ts";
import type { UserName, UserRow } from "../store-directory.ts";

/** Names of one statement: no reading holds the others up. */
const AT_ONCE = 200;

const worlds = new WeakMap<Tx, NameWorld>();

/** All that decides whether two names may mean two people: every app's rules, and every domain's other names. Read once in a unit of work. */
export async function nameWorld(tx: Tx): Promise<NameWorld> {
  const known = worlds.get(tx);
  if (known) return known;
  const world = { rules: await tx.apps.nameRules(), domains: await tx.domains.list() };
  worlds.set(tx, world);
  return world;
}

/** For each of these names that others are found by as well, who they are. By `keyOf`; what nobody else holds is not in it. */
export async function holdersOf(
  tx: Tx,
  world: NameWorld,
  names: readonly UserName[],
  except: ReadonlySet<string> = new Set(),
): Promise<Map<string, string[]>> {
  const rivals = new Map(names.map((name) => [keyOf(name), rivalsOf(name, world)]));
  const holders = await holdersOfKeys(tx, distinct([...rivals.values()].flat()));
  const found = [...rivals].map(([key, keys]): [string, string[]] => {
    const ids = keys.flatMap((one) => holders.get(keyOf(one)) ?? []).filter((id) => !except.has(id));
    return [key, [...new Set(ids)]];
  });
  return new Map(found.filter(([, ids]) => ids.length > 0));
}

async function holdersOfKeys(tx: Tx, keys: readonly NameKey[]): Promise<Map<string, string[]>> {
  const holders = new Map<string, string[]>();
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    for (const one of await tx.users.holders(keys.slice(at, at + AT_ONCE)))
      holders.set(keyOf(one), [...(holders.get(keyOf(one)) ?? []), one.userId]);
  }
  return holders;
}

/** Under which of their own names a user is found. */
export async function namesHeld(tx: Tx, user: UserRow): Promise<UserName[]> {
  const names = namesOf(user.profile);
  const own = new Set((await tx.users.holders(names)).filter(({ userId }) => userId === user.id).map(keyOf));
  return names.filter((name) => own.has(keyOf(name)));
}

/** Names that the user should be found under but is not: those of a newcomer who is held back. */
export async function missingNames(tx: Tx, id: string, names: UserName[]): Promise<UserName[]> {
  const own = new Set((await tx.users.holders(names)).filter((holder) => holder.userId === id).map(keyOf));
  return names.filter((name) => !own.has(keyOf(name)));
}

/**
 * Under which names a user is found whom an administrator activates in spite of a clash: those that nobody else has, and those that the
 * others have exactly so, and that are ambiguous from then on. One that others answer to by another rule only would go over to the
 * newcomer where the newcomer's rule comes first; it stays with them.
 */
export async function namesOnceActivated(tx: Tx, user: UserRow, person: ReadonlySet<string>): Promise<UserName[]> {
  const world = await nameWorld(tx);
  const names = namesOf(user.profile);
  const others = await holdersOf(tx, world, names, person);
  const given: UserName[] = [];
  for (const name of names) {
    const same = new Set((await holdersOfKeys(tx, [name])).get(keyOf(name)));
    if ((others.get(keyOf(name)) ?? []).every((id) => same.has(id))) given.push(name);
  }
  return given;
}

/** Names of the second by which the first could be found too. Pure; it asks the profiles, not who is found now. */
export function sharedNames(first: UserRow, second: UserRow, world: NameWorld): UserName[] {
  const held = new Set(namesOf(first.profile).map(keyOf));
  return namesOf(second.profile).filter((name) => rivalsOf(name, world).some((rival) => held.has(keyOf(rival))));
}

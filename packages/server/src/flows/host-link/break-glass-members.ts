/** Whom the groups of break-glass mean at one host: its people, and every account name by which the org would take each of them there. */
import { BREAK_GLASS_ACCOUNTS, BREAK_GLASS_PEOPLE, type BreakGlassList, type NameRule } from "@sallyport/contracts";
import { foldName, type KnownDomain, keysOf, type LookupStep, lookupSteps, namesOf, resolveUser, typedFor } from "@sallyport/logon";
import type { Store, Tx } from "../store.ts";
import type { AppRow, UserRow } from "../store-directory.ts";

type Members = Pick<BreakGlassList, "people" | "cut">;
type People = NonNullable<BreakGlassList["people"]>;

/** Of people as JSON: a host takes no answer above `LIMITS.bodyBytes`, this is a third more when it is signed, and is not all that is in it. */
const BYTES = 96 * 1024;
/** Members a statement. */
const PAGE = 200;
/** A group of everybody costs no more than this many members read at each self-check. */
const READ_AT_MOST = 2000;
/** Names a statement: two values each, of which SQLite takes 32,766. */
const KEYS_AT_ONCE = 4096;

/** Reads only, and nothing where the policy names no groups. `domain`: the host's own. */
export async function breakGlassMembers(store: Store, app: AppRow, host: { domain: string | null }): Promise<Members> {
  const groups = app.policy.breakGlass?.groups;
  if (groups === undefined) return {};
  return store.read(async (tx) => {
    const people: People = [];
    let bytes = 0;
    let read = 0;
    for await (const { page, members } of membersOf(tx, groups)) {
      for await (const person of peopleOf(tx, app, host, members)) {
        bytes += Buffer.byteLength(JSON.stringify(person));
        if (people.length === BREAK_GLASS_PEOPLE || bytes > BYTES) return { people, cut: true };
        people.push(person);
      }
      read += page;
      if (read >= READ_AT_MOST) return { people, cut: true };
    }
    return { people };
  });
}

/** Active ones, each once, a page at a time, in an order that stays. A group that is gone has no members. */
async function* membersOf(tx: Tx, groups: readonly string[]): AsyncGenerator<{ page: number; members: UserRow[] }> {
  const seen = new Set<string>();
  for (const name of groups) {
    const group = await tx.groups.byName(name);
    if (!group) continue;
    for (let after: string | undefined; ; ) {
      const page = await tx.groups.members(group.id, { limit: PAGE, after });
      yield { page: page.length, members: page.filter(({ id, status }) => status === "ACTIVE" && !seen.has(id)) };
      for (const { id } of page) seen.add(id);
      if (page.length < PAGE) break;
      after = page.at(-1)?.id;
    }
  }
}

/** Whoever no name finds at this app, such as somebody who is not assigned, is left out. */
async function* peopleOf(
  tx: Tx,
  app: AppRow,
  host: { domain: string | null },
  members: readonly UserRow[],
): AsyncGenerator<People[number]> {
  for (let rest = members; rest.length > 0; ) {
    let asking = { taken: 0, asked: [] as Asked[] };
    const { holders, assigned } = await tx.users.lookUp(app.id, (domains) => {
      asking = askFor(rest, app.nameRules, host, domains);
      return keysOf(asking.asked.flatMap(({ steps }) => steps));
    });
    const links = new Map(holders.flatMap(({ userId, linkedTo }) => (linkedTo === null ? [] : [[userId, linkedTo] as const])));
    const personOf = (id: string) => links.get(id) ?? id;
    const theirs = asking.asked.filter(({ user, steps }) => {
      const resolution = resolveUser(steps, holders, assigned, links);
      return resolution.kind === "found" && personOf(resolution.userId) === (user.linkedTo ?? user.id);
    });
    for (const [user, found] of Map.groupBy(theirs, ({ user }) => user))
      yield { login: user.profile.login, accounts: found.map(({ account }) => account).slice(0, BREAK_GLASS_ACCOUNTS) };
    rest = rest.slice(asking.taken);
  }
}

interface Asked {
  user: UserRow;
  account: string;
  steps: LookupStep[];
}

/** What the first of these members could be typed as: of as many as one statement looks up, and of one at least. */
function askFor(
  members: readonly UserRow[],
  rules: readonly NameRule[],
  host: { domain: string | null },
  domains: readonly KnownDomain[],
): { taken: number; asked: Asked[] } {
  const asked: Asked[] = [];
  let taken = 0;
  let room = KEYS_AT_ONCE;
  for (const user of members) {
    const own = [...accountsOf(user, rules, domains)].map((account) => {
      const steps = lookupSteps({ username: account, context: host.domain ?? undefined }, rules, domains);
      return { user, account, steps, keys: keysOf(steps).length };
    });
    if (taken > 0 && own.reduce((sum, { keys }) => sum + keys, 0) > room) break;
    for (const { keys, ...one } of own) {
      room -= keys;
      if (room >= 0) asked.push(one);
    }
    taken += 1;
  }
  return { taken, asked };
}

/** Folded, as a host compares them: what a rule has in capitals would else never be found there. No account is longer than a name may be. */
function accountsOf({ profile }: UserRow, rules: readonly NameRule[], domains: readonly KnownDomain[]): Set<string> {
  const names = namesOf(profile).filter(({ kind }) => kind !== "sid");
  const texts = names.flatMap((name) => typedFor(name, { rules, domains }));
  return new Set(texts.flatMap((text) => foldName(text) ?? []));
}

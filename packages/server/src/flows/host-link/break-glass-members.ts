/** Whom the groups of break-glass mean at one host: its people, and every account name by which the org would take each of them there. */
import { BREAK_GLASS_ACCOUNTS, BREAK_GLASS_PEOPLE, type BreakGlassList } from "@sallyport/contracts";
import { keysOf, type LookupStep, lookupSteps, namesOf, resolveUser, typedFor } from "@sallyport/logon";
import type { Store, Tx } from "../store.ts";
import type { AppRow, UserRow } from "../store-directory.ts";

type Members = Pick<BreakGlassList, "people" | "cut">;
type People = NonNullable<BreakGlassList["people"]>;

/** People a statement: their names and all that these could mean are looked up at once. */
const AT_ONCE = 20;
/** A group of everybody costs no more than this many members read at each self-check. */
const READ_AT_MOST = 2000;

/** Reads only, and nothing where the policy names no groups. `domain`: the host's own. */
export async function breakGlassMembers(store: Store, app: AppRow, host: { domain: string | null }): Promise<Members> {
  const groups = app.policy.breakGlass?.groups;
  if (groups === undefined) return {};
  return store.read(async (tx) => {
    const people: People = [];
    let read = 0;
    for await (const members of membersOf(tx, groups)) {
      people.push(...(await accountsOf(tx, app, host, members)));
      read += members.length;
      if (people.length > BREAK_GLASS_PEOPLE || read >= READ_AT_MOST) return { people: people.slice(0, BREAK_GLASS_PEOPLE), cut: true };
    }
    return { people };
  });
}

/** Active ones, each once, a few at a time, in an order that stays. A group that is gone has no members. */
async function* membersOf(tx: Tx, groups: readonly string[]): AsyncGenerator<UserRow[]> {
  const seen = new Set<string>();
  for (const name of groups) {
    const group = await tx.groups.byName(name);
    if (!group) continue;
    for (let after: string | undefined; ; ) {
      const page = await tx.groups.members(group.id, { limit: AT_ONCE, after });
      yield page.filter(({ id, status }) => status === "ACTIVE" && !seen.has(id));
      for (const { id } of page) seen.add(id);
      if (page.length < AT_ONCE) break;
      after = page.at(-1)?.id;
    }
  }
}

/** Whoever no name finds at this app, such as somebody who is not assigned, is left out. */
async function accountsOf(tx: Tx, app: AppRow, host: { domain: string | null }, members: readonly UserRow[]): Promise<People> {
  if (members.length === 0) return [];
  let asked: { user: UserRow; text: string; steps: LookupStep[] }[] = [];
  const { holders, assigned } = await tx.users.lookUp(app.id, (domains) => {
    const world = { rules: app.nameRules, domains };
    asked = members.flatMap((user) => {
      const names = namesOf(user.profile).filter(({ kind }) => kind !== "sid");
      const texts = new Set(names.flatMap((name) => typedFor(name, world)));
      return [...texts].map((text) => {
        const given = { username: text, context: host.domain ?? undefined };
        return { user, text, steps: lookupSteps(given, app.nameRules, domains) };
      });
    });
    return keysOf(asked.flatMap(({ steps }) => steps));
  });
  const links = new Map(holders.flatMap(({ userId, linkedTo }) => (linkedTo === null ? [] : [[userId, linkedTo] as const])));
  const personOf = (id: string) => links.get(id) ?? id;
  const theirs = asked.filter(({ user, steps }) => {
    const resolution = resolveUser(steps, holders, assigned, links);
    return resolution.kind === "found" && personOf(resolution.userId) === (user.linkedTo ?? user.id);
  });
  return [...Map.groupBy(theirs, ({ user }) => user)].map(([user, found]) => ({
    login: user.profile.login,
    accounts: found.map(({ text }) => text).slice(0, BREAK_GLASS_ACCOUNTS),
  }));
}

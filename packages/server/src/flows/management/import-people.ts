/** Brings in the people of a source: planned as a whole, then carried out in small units, and the same again if it is interrupted. */
import type { ImportRequest, ImportView, PersonFate } from "@sallyport/contracts";
import { distinct, keyOf, namesOf, rivalsOf } from "@sallyport/logon";
import { runAlone } from "../run-alone.ts";
import type { Store } from "../store.ts";
import type { UserName, UserRow } from "../store-directory.ts";
import { carryPeople } from "./carry-people.ts";
import { settledPairs, undecided } from "./duplicates.ts";
import { nameWorld } from "./held-names.ts";
import { type Caller, done, type Outcome } from "./outcome.ts";
import { type Known, type Plan, planImport } from "./plan-import.ts";
import { LOCAL, type UserDeps } from "./users.ts";

/** Rows of one reading: no statement holds the others up. */
const AT_ONCE = 200;
/** A node that dies in the middle keeps the others from this source for so long. */
const LEASE_MS = 10 * 60_000;

/** Refused as a whole, with nothing changed: another import of the source runs, or the brake holds. A dry run writes nothing at all. */
export async function importPeople(
  deps: UserDeps,
  caller: Caller,
  source: string,
  request: ImportRequest,
  dryRun: boolean,
): Promise<Outcome<ImportView>> {
  if (source === LOCAL)
    return { kind: "invalid", causes: [`source: ${LOCAL} are the people who were made here; name the source that these come from`] };
  if (dryRun) {
    const plan = await makePlan(deps.store, caller, source, request);
    return done({ ...viewOf(source, true, plan), ...(plan.braked ? { braked: brakeSentence(plan.braked, request.brake) } : {}) });
  }
  let outcome: Outcome<ImportView> = { kind: "conflict", why: `an import of ${source} is under way` };
  await runAlone(deps.store, { name: `import/${source}`, ms: LEASE_MS }, async () => {
    outcome = await carryOut(deps, caller, source, request);
  });
  return outcome;
}

async function carryOut(deps: UserDeps, caller: Caller, source: string, request: ImportRequest): Promise<Outcome<ImportView>> {
  const plan = await makePlan(deps.store, caller, source, request);
  if (plan.braked) return { kind: "conflict", why: brakeSentence(plan.braked, request.brake) };
  await carryPeople({ store: deps.store, caller, source }, plan.order);
  const count = (fate: PersonFate) => plan.people.filter((one) => one.fate === fate).length;
  await deps.store.inTransaction((tx) =>
    tx.log.append({
      type: "source.imported",
      actor: caller.actor,
      outcome: "success",
      data: {
        source,
        created: count("created"),
        heldBack: count("held-back"),
        updated: count("updated"),
        activated: count("activated"),
        deactivated: count("deactivated"),
        refused: count("refused"),
      },
    }),
  );
  return done(viewOf(source, false, plan));
}

async function makePlan(store: Store, caller: Caller, source: string, request: ImportRequest): Promise<Plan> {
  const users = await usersOf(store, source);
  const names = [...users.map(({ profile }) => profile), ...request.people.map(({ profile }) => withoutNull(profile))].flatMap(namesOf);
  const known = await store.read(async (tx) => ({
    world: await nameWorld(tx),
    settled: await settledPairs(tx),
    undecided: await undecided(tx),
  }));
  const rivals = distinct(names).flatMap((name) => rivalsOf(name, known.world));
  return planImport({ source, users, holders: await holdersOf(store, rivals), ...known }, request, caller);
}

async function usersOf(store: Store, source: string): Promise<UserRow[]> {
  const users: UserRow[] = [];
  for (let page: UserRow[] | undefined; page === undefined || page.length === AT_ONCE; ) {
    const after = users.at(-1)?.externalId;
    page = await store.read((tx) => tx.users.ofSource(source, { limit: AT_ONCE, after }));
    users.push(...page);
  }
  return users;
}

async function holdersOf(store: Store, names: UserName[]): Promise<Known["holders"]> {
  const unique = distinct(names);
  const holders = new Map<string, string[]>();
  for (let at = 0; at < unique.length; at += AT_ONCE) {
    const found = await store.read((tx) => tx.users.holders(unique.slice(at, at + AT_ONCE)));
    for (const one of found) holders.set(keyOf(one), [...(holders.get(keyOf(one)) ?? []), one.userId]);
  }
  return holders;
}

function withoutNull(profile: ImportRequest["people"][number]["profile"]): UserRow["profile"] {
  return Object.fromEntries(Object.entries(profile).filter(([, value]) => value != null)) as unknown as UserRow["profile"];
}

function brakeSentence({ deactivated, of }: NonNullable<Plan["braked"]>, percent: number): string {
  return `${deactivated} of ${of} people would be deactivated, more than ${percent} %: nothing is changed then. Look at the dry run, and raise the limit if it is right`;
}

function viewOf(source: string, dryRun: boolean, { people }: Plan): ImportView {
  const view = people.map(({ externalId, login, fate, changed, why }) => ({
    externalId,
    login,
    fate,
    ...(changed ? { changed } : {}),
    ...(why === undefined ? {} : { why }),
  }));
  return { source, dryRun, people: view };
}

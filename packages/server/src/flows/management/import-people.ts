/** Brings in the people of a source: planned as a whole, then carried out in small units, and the same again if it is interrupted. */
import type { ImportedView, ImportRequest, ImportView, PersonFate } from "@sallyport/contracts";
import { runAlone } from "../run-alone.ts";
import type { Store } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import { carryPeople } from "./carry-people.ts";
import { PEOPLE_CHANGED } from "./check-duplicates.ts";
import { holdersOf, namesAtStake, namesakesOf } from "./names-at-stake.ts";
import { type Caller, done, type Outcome } from "./outcome.ts";
import { brakeSentence, differencesOf, type Plan, planImport, type Step } from "./plan-import.ts";
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
  const row = await deps.store.read((tx) => tx.sources.byName(source));
  if (row)
    return {
      kind: "conflict",
      why: `${source} is kept by its ${row.kind === "ldap" ? "directory" : "client"}: a file would be undone by it`,
    };
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
  await deps.store.inTransaction(async (tx) => {
    await tx.changes.announce(PEOPLE_CHANGED);
    await tx.log.append({
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
    });
  });
  return done(viewOf(source, false, plan));
}

async function makePlan(store: Store, caller: Caller, source: string, request: ImportRequest): Promise<Plan> {
  const users = await usersOf(store, source);
  const names = namesAtStake(users, request.people);
  const namesakes = await store.read(namesakesOf);
  const holders = await holdersOf(names, namesakes.world, (some) => store.read((tx) => tx.users.holders(some)));
  return planImport({ source, users, holders, ...namesakes }, request, caller);
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

function viewOf(source: string, dryRun: boolean, { people }: Plan): ImportView {
  return { source, dryRun, people: people.map(viewOfStep) };
}

export function viewOfStep(step: Step): ImportedView {
  const { externalId, login, fate, changed, why } = step;
  const changes = differencesOf(step);
  return {
    externalId,
    login,
    fate,
    ...(changed ? { changed } : {}),
    ...(changes ? { changes } : {}),
    ...(why === undefined ? {} : { why }),
  };
}

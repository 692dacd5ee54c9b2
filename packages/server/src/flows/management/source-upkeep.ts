/** What an administrator does with a source as a whole: look at what its directory answers, or remove it. */
import type { SourceTest } from "@sallyport/contracts";
import { type Directory, DirectoryFault } from "../directory.ts";
import type { Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import { carryPeople } from "./carry-people.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";
import type { Step } from "./plan-import.ts";
import { directoryOf, findSource, type SourceDeps, targetOf } from "./sources.ts";
import { LEASE_MS, leaseOf } from "./sync-run.ts";
import { changedProfile } from "./users.ts";

/** People and groups that are shown. */
const SHOWN = 5;
const AT_ONCE = 200;

/** Asks the directory now; nothing is written. That it cannot be asked is an answer, too. */
export async function testSource(
  deps: SourceDeps & { directory: Directory },
  name: string,
  signal: AbortSignal,
): Promise<Outcome<SourceTest>> {
  const found = await deps.store.read((tx) => findSource(tx, name));
  if (found.kind !== "done") return found;
  const source = directoryOf(deps, found.value);
  if (source.kind !== "done") return source;
  try {
    const look = await deps.directory.look(source.value, { limit: SHOWN, signal });
    const { server, domain, people, groups, unreadable } = look;
    return done({
      ok: true,
      server,
      ...(domain ? { domain } : {}),
      people: people.map(({ profile, primaryGroup: _, ...rest }) => ({
        ...rest,
        profile: changedProfile({ login: profile.login }, profile),
      })),
      groups: groups.map(({ externalId, dn, name: called, members }) => ({ externalId, dn, name: called, members: members.length })),
      unreadable: unreadable.map(({ dn, why }) => ({ dn, why })),
    });
  } catch (error) {
    if (!(error instanceof DirectoryFault)) throw error;
    const { causeId, sentence, evidence } = error;
    return done({ ok: false, cause: causeId, sentence, server: evidence.server, error: evidence.error });
  }
}

/**
 * Forgets the source, its runs, its secret, its tokens, and what it said of its domain. Its people and groups stay, and people go on to
 * log on: a source of the same name that reads the same directory has them again. With `deactivate` its people are deactivated first.
 */
export async function removeSource(
  deps: SourceDeps,
  caller: Caller,
  name: string,
  deactivate: boolean,
): Promise<Outcome<{ deactivated: number }>> {
  const { store } = deps;
  const lease = { name: leaseOf(name), holder: store.node };
  const taken = await inUnit(store, async (tx): Promise<Outcome<number>> => {
    const found = await findSource(tx, name);
    if (found.kind !== "done") return found;
    const fence = await tx.leases.take(lease.name, lease.holder, tx.now, deactivate ? 30 * LEASE_MS : LEASE_MS);
    return fence === undefined ? { kind: "conflict", why: `a sync or an import of ${name} is under way` } : done(fence);
  });
  if (taken.kind !== "done") return taken;
  const deactivated = deactivate ? await deactivateAll(deps, caller, name) : 0;
  return inUnit(store, async (tx) => {
    const found = await findSource(tx, name);
    if (found.kind !== "done") return found;
    const revoked = await revokeTokens(tx, name);
    for (const domain of await tx.domains.list()) if (domain.source === name) await tx.domains.remove(domain.name);
    await tx.sources.remove(name);
    await tx.leases.renew(lease.name, { holder: lease.holder, fence: taken.value }, tx.now);
    const data = { name, kind: found.value.kind, deactivated, revoked };
    await tx.log.append({ type: "source.removed", actor: caller.actor, target: targetOf(name), outcome: "success", data });
    return done({ deactivated });
  });
}

async function deactivateAll({ store }: SourceDeps, caller: Caller, source: string): Promise<number> {
  let count = 0;
  for (let after: string | undefined; ; ) {
    const page: UserRow[] = await store.read((tx) => tx.users.ofSource(source, { limit: AT_ONCE, after }));
    const steps = page
      .filter(({ status }) => status !== "DEPROVISIONED")
      .map((user): Step => ({ externalId: user.externalId, login: user.profile.login, fate: "deactivated", user, profile: user.profile }));
    await carryPeople({ store, caller, source }, steps);
    count += steps.filter(({ fate }) => fate === "deactivated").length;
    after = page.at(-1)?.externalId;
    if (page.length < AT_ONCE) return count;
  }
}

async function revokeTokens(tx: Tx, source: string): Promise<number> {
  let count = 0;
  for (let page = await tx.secrets.listTokens({ limit: AT_ONCE }); page.length > 0; ) {
    for (const token of page) {
      if (token.source !== source || token.revoked !== null) continue;
      await tx.secrets.updateToken(token.id, { revoked: tx.now });
      count += 1;
    }
    page = await tx.secrets.listTokens({ limit: AT_ONCE, after: page.at(-1)?.id });
  }
  return count;
}

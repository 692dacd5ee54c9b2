/** Network zones, named by policy rules. */
import type { Zone } from "@sallyport/contracts";
import { checkCidr } from "@sallyport/logon";
import type { Store, Tx } from "../store.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";

/** Creates the zone or replaces its networks. */
export function putZone(store: Store, caller: Caller, name: string, cidrs: string[]): Promise<Outcome<Zone>> {
  const causes = cidrs.flatMap((cidr, index) => {
    const complaint = checkCidr(cidr);
    return complaint === undefined ? [] : [`cidrs.${index}: ${complaint}`];
  });
  if (causes.length > 0) return Promise.resolve({ kind: "invalid", causes });
  return inUnit(store, async (tx) => {
    const before = await tx.zones.byName(name);
    const zone = { name, cidrs };
    await tx.zones.put(zone);
    const target = { type: "zone", id: name, name };
    if (before)
      await tx.log.append({
        type: "zone.updated",
        actor: caller.actor,
        target,
        outcome: "success",
        data: { name, cidrs, before: before.cidrs },
      });
    else await tx.log.append({ type: "zone.created", actor: caller.actor, target, outcome: "success", data: { name, cidrs } });
    return done(zone);
  });
}

/** Refused while a rule names it: a rule *not from this zone* would hold for everybody once the zone is gone. */
export function deleteZone(store: Store, caller: Caller, name: string): Promise<Outcome<undefined>> {
  return inUnit(store, async (tx) => {
    const zone = await tx.zones.byName(name);
    if (!zone) return { kind: "not-found", what: "zone" };
    const user = await ruleThatNames(tx, name);
    if (user !== undefined) return { kind: "conflict", why: user };
    await tx.zones.remove(name);
    const target = { type: "zone", id: name, name };
    await tx.log.append({ type: "zone.deleted", actor: caller.actor, target, outcome: "success", data: { name, cidrs: zone.cidrs } });
    return done(undefined);
  });
}

async function ruleThatNames(tx: Tx, zone: string): Promise<string | undefined> {
  const folded = zone.toLowerCase();
  let after: string | undefined;
  for (;;) {
    const apps = await tx.apps.list({ limit: 500, after });
    for (const app of apps) {
      const rule = app.policy.rules.find(({ if: held, linkZones }) =>
        [...(held?.zones ?? []), ...(held?.notZones ?? []), ...(linkZones ?? [])].some((name) => name.toLowerCase() === folded),
      );
      if (rule) return `the rule “${rule.name}” of the app ${app.label} names this zone`;
    }
    if (apps.length < 500) return undefined;
    after = apps.at(-1)?.id;
  }
}

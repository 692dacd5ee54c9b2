/** Where a rule wants it, a link counts only if the client of the logon and the browser that approves are in one zone. */
import type { ClientAddress } from "@sallyport/contracts";
import { sharedZones } from "@sallyport/logon";
import type { Tx } from "../store.ts";
import type { AppRow } from "../store-directory.ts";
import type { LogonRow } from "../store-logons.ts";

/** undefined: the rule takes a link from anywhere. */
export function linkZonesOf(app: AppRow | undefined, rule: string | null): string[] | undefined {
  return app?.policy.rules.find(({ name }) => name === rule)?.linkZones;
}

/**
 * Evidence of why not; undefined if the rule is content, or wants nothing of the kind.
 * @param browser the address of whoever approves; left out while nobody does yet.
 */
export async function judgeLinkPlaces(
  tx: Tx,
  app: AppRow | undefined,
  rule: string | null,
  client: ClientAddress | undefined,
  browser?: ClientAddress,
): Promise<Record<string, unknown> | undefined> {
  const wanted = linkZonesOf(app, rule);
  if (!wanted || sharedZones(wanted, await tx.zones.list(), browser ? [client, browser] : [client]).length > 0) return undefined;
  const seen = { zones: wanted, address: client ?? null, ...(browser ? { browser: browser.value } : {}) };
  return { reason: "the rule takes a link only within one of its zones", rule, ...seen };
}

/** By the rule of the logon as it stands now. */
export async function judgeLinkZones(tx: Tx, logon: LogonRow, browser?: ClientAddress): Promise<Record<string, unknown> | undefined> {
  return judgeLinkPlaces(tx, await tx.apps.byId(logon.appId), logon.rule, logon.address ?? undefined, browser);
}

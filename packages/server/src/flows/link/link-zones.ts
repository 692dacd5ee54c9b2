/** Where a rule wants it, a link counts only if the client of the logon and the browser that approves are in one zone. */
import type { ClientAddress } from "@sallyport/contracts";
import { sharedZones } from "@sallyport/logon";
import type { Tx } from "../store.ts";
import type { LogonRow } from "../store-logons.ts";

/**
 * Evidence of why not; undefined if the rule is content, or wants nothing of the kind. By the rule as it stands now.
 * @param browser the address of whoever approves; left out while nobody does yet.
 */
export async function judgeLinkZones(tx: Tx, logon: LogonRow, browser?: ClientAddress): Promise<Record<string, unknown> | undefined> {
  const rules = (await tx.apps.byId(logon.appId))?.policy.rules;
  const wanted = rules?.find(({ name }) => name === logon.rule)?.linkZones;
  if (!wanted) return undefined;
  const client = logon.address ?? undefined;
  if (sharedZones(wanted, await tx.zones.list(), browser ? [client, browser] : [client]).length > 0) return undefined;
  const seen = { zones: wanted, address: client ?? null, ...(browser ? { browser: browser.value } : {}) };
  return { reason: "the rule takes a link only within one of its zones", rule: logon.rule, ...seen };
}

/** What a browser shows its person of a logon at a machine. */
import type { ShownLogon } from "@sallyport/contracts";
import type { Tx } from "./store.ts";

/** undefined: there is no such logon, or its machine is gone. */
export async function shownLogon(tx: Tx, hostId: string | null, reference: string | null): Promise<ShownLogon | undefined> {
  const logon = await tx.logons.ofHost(hostId, reference);
  const host = logon && (await tx.hosts.byId(logon.hostId));
  if (!logon || !host) return undefined;
  const { service, username, address } = logon;
  const scenario = logon.scenario as ShownLogon["scenario"];
  const startedAt = new Date(logon.started).toISOString();
  return { host: host.name, service, scenario, username, address, startedAt, reference: logon.reference };
}

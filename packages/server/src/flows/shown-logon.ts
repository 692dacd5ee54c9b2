/** What a browser shows its person of a logon at a machine. */
import type { ShownLogon } from "@sallyport/contracts";
import type { Tx } from "./store.ts";
import type { LogonRow } from "./store-logons.ts";

export async function logonOf(tx: Tx, reference: string, hostId: string): Promise<LogonRow | undefined> {
  return (await tx.logons.byReference(reference)).find((row) => row.hostId === hostId);
}

/** undefined: there is no such logon, or its machine is gone. */
export async function shownLogon(tx: Tx, reference: string, hostId: string): Promise<ShownLogon | undefined> {
  const logon = await logonOf(tx, reference, hostId);
  const host = logon && (await tx.hosts.byId(hostId));
  if (!logon || !host) return undefined;
  const { service, username, address } = logon;
  const scenario = logon.scenario as ShownLogon["scenario"];
  return { host: host.name, service, scenario, username, address, startedAt: new Date(logon.started).toISOString(), reference };
}

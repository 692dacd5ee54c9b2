/** The name under which a node writes its chain: a lease with a fence, so that one process at a time writes each chain. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { LogEvent } from "@sallyport/contracts";
import type { Builder } from "./builder.ts";
import { leasesStore } from "./leases.ts";
import { CLOCK, type PostgresConnection } from "./postgres-connection.ts";

/** How long a name stays with a node that is not heard of; a node that was killed leaves it free after this. */
export const SLOT_MS = 20_000;
export const RENEW_MS = 5_000;
const PREFIX = "node/";

export interface Slot {
  node: string;
  /** This process, as no other one calls itself: after a failover another may have the same fence. */
  holder: string;
  fence: number;
  /** The last event of the chain; undefined for a new one. */
  last: { seq: number; hash: string } | undefined;
}

export const leaseOf = (node: string) => `${PREFIX}${node}`;

/**
 * In a database that went back in time: no node goes on in the chain that it wrote, since agents may have been told of places in it that
 * are gone. Every name is forgotten, and this node takes a new one. In the caller's transaction. @param now epoch ms.
 */
export async function beginChainsAnew(connection: PostgresConnection, build: Builder, now: number): Promise<Slot> {
  await leasesStore(connection, build).forget(PREFIX);
  return { ...(await takeAnother(connection, build, now)), last: undefined };
}

/**
 * The slot held before if nobody took it, else one that nobody holds any more, else a new one. One transaction.
 * @param anew see `beginChainsAnew`.
 */
export async function takeSlot(connection: PostgresConnection, build: Builder, held: Slot | undefined, anew: boolean): Promise<Slot> {
  const [row] = await connection.exec(`BEGIN; SELECT ${CLOCK}`);
  const now = Number(row?.["now"]);
  const leases = leasesStore(connection, build);
  try {
    if (anew) await leases.forget(PREFIX);
    // Waits for a transaction of an earlier connection that still holds the lease's row: afterwards its outcome is known.
    const kept = held !== undefined && (await leases.renew(leaseOf(held.node), held, now + SLOT_MS));
    const slot = kept ? held : await takeAnother(connection, build, now);
    const last = await lastOf(connection, build, slot.node);
    await connection.exec("COMMIT");
    return { ...slot, last };
  } catch (error) {
    await connection.exec("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

async function takeAnother(connection: PostgresConnection, build: Builder, now: number): Promise<Omit<Slot, "last">> {
  const leases = leasesStore(connection, build);
  const holder = `${hostname()}:${process.pid}:${randomBytes(4).toString("hex")}`;
  for (const name of await leases.free(PREFIX, now)) {
    const fence = await leases.take(name, holder, now, SLOT_MS);
    if (fence !== undefined) return { node: name.slice(PREFIX.length), holder, fence };
  }
  const node = `n${randomBytes(4).toString("hex")}`;
  const fence = await leases.take(leaseOf(node), holder, now, SLOT_MS);
  if (fence === undefined) throw new Error(`the new name ${node} is taken`);
  return { node, holder, fence };
}

async function lastOf(connection: PostgresConnection, build: Builder, node: string): Promise<Slot["last"]> {
  const row = await connection.first(build.selectFrom("events").select("event").where("node", "=", node).orderBy("seq", "desc").limit(1));
  return row && (JSON.parse(row.event) as LogEvent);
}

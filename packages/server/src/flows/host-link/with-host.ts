/** Runs one call of a host: proof, judgement and answer in one unit of work, so that nothing is answered that was not recorded. */

import type { Keys } from "../../keys/keys.ts";
import type { Store, Tx } from "../store.ts";
import type { HostRow } from "../store-logons.ts";
import { type HostCall, type HostRefusal, judgeCall, judgeHostState, type ProvenCall, proveHost } from "./host-caller.ts";

export interface HostDeps {
  store: Store;
  keys: Keys;
  orgUrl: string;
}

/** `fn` runs only for a host whose call was judged right; `onRefused` may record a refusal of a proven host in the same unit. */
export async function withHost<T>(
  deps: HostDeps,
  call: HostCall,
  fn: (tx: Tx, host: HostRow) => Promise<T>,
  onRefused?: (tx: Tx, refusal: HostRefusal) => Promise<void>,
): Promise<T | HostRefusal> {
  const proven = await proveHost(deps.store, deps.keys, call);
  if (proven.kind === "refused") return proven;
  try {
    return await deps.store.inTransaction(async (tx) => {
      const judged = await judgeCall(tx, proven, deps.orgUrl);
      if (!("kind" in judged)) return fn(tx, judged);
      await onRefused?.(tx, judged);
      return judged;
    });
  } catch (fault) {
    await keepJti(deps.store, proven);
    throw fault;
  }
}

/** The unit was rolled back by a fault: `jti` is recorded by itself, so that the same assertion is not taken a second time. */
async function keepJti(store: Store, { host, claims }: ProvenCall): Promise<void> {
  if (!claims) return;
  try {
    await store.inTransaction((tx) => tx.hosts.consumeJti(host.id, claims.jti, (claims.exp + 60) * 1000));
  } catch {
    // The database is gone: it cannot take the assertion a second time either. The first fault is the one to report.
  }
}

/** Before the second unit of work of a call: whatever a host asked that was revoked meanwhile is refused. */
export async function judgeHostNow(tx: Tx, host: HostRow): Promise<ReturnType<typeof judgeHostState>> {
  return judgeHostState((await tx.hosts.byId(host.id)) ?? { ...host, status: "REVOKED" });
}

export function isRefusal<T>(outcome: T | HostRefusal): outcome is HostRefusal {
  return typeof outcome === "object" && outcome !== null && "kind" in outcome && outcome.kind === "refused";
}

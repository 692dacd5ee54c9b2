/** Jobs that one node at a time does: under a lease, by the database's clock. */
import type { Store } from "./store.ts";

export interface Job {
  name: string;
  /** A node that dies in the middle keeps the others from it for this long. */
  ms: number;
}

/**
 * Runs `work` unless another node is at it; false then. What `work` does must also be right if it takes longer than the lease and
 * another node begins: the lease saves work, the statements themselves keep the truth.
 */
export async function runAlone(store: Store, { name, ms }: Job, work: () => Promise<unknown>): Promise<boolean> {
  const lease = `job/${name}`;
  const holder = store.node;
  const fence = await store.inTransaction((tx) => tx.leases.take(lease, holder, tx.now, ms));
  if (fence === undefined) return false;
  try {
    await work();
  } finally {
    await store.inTransaction((tx) => tx.leases.renew(lease, { holder, fence }, tx.now));
  }
  return true;
}

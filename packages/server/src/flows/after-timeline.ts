/** The database went back in time (failover, restore to a point in time): ends what was open, and refuses what may have been used. */
import { MOST_STEPS_AHEAD } from "@sallyport/logon";
import { endAllOpen } from "./authn/cancel.ts";
import { endRequests } from "./end-requests.ts";
import { endsOfChains } from "./ends-of-chains.ts";
import type { Tx } from "./store.ts";

/**
 * A standby that did not have the last commits may take a code or an assertion a second time, and may have forgotten a host's newest
 * generation. So every open logon ends, what was signed or shown up to now counts as used, and a host that moved on is no copied disk.
 */
export async function afterTimeline(tx: Tx, { before, after }: { before: number; after: number }): Promise<void> {
  // Whoever was told of a later place can see that it was forgotten here.
  const heads = await endsOfChains(tx.log);
  const transactions = (await endAllOpen(tx, "org.timeline", { before, after })) + (await tx.restore.endSucceeded(tx.now));
  const enrolments = await tx.restore.refuseSteps(tx.now, MOST_STEPS_AHEAD);
  const recovery = await tx.restore.endRecoveryCodes(tx.now);
  const bypass = await tx.restore.endBypassCodes(tx.now);
  const requests = await endRequests(tx);
  const hosts = await tx.restore.forgetGenerations(tx.now);
  await tx.log.append({
    type: "org.timeline-changed",
    actor: { type: "system", id: "org" },
    outcome: "success",
    cause: "org.timeline",
    data: { before, after, heads, transactions, enrolments, recovery, bypass, ...requests, hosts },
  });
}

/** What follows a restore (S37): everything that may have been used, ended or moved on since the backup ends, and the log says so. */
import { MOST_STEPS_AHEAD } from "@sallyport/logon";
import { endAllOpen } from "../authn/cancel.ts";
import { endRequests, type Requests } from "../end-requests.ts";
import { endsOfChains } from "../ends-of-chains.ts";
import type { Store } from "../store.ts";

export interface Restored {
  /** Epoch ms of the state that came back; undefined if nobody knows (a copy made by other means). */
  backupAt: number | undefined;
  transactions: number;
  /** Enrolment codes and one-time links. */
  codes: number;
  /** Recovery codes that were not used, and open bypass codes. */
  recovery: number;
  bypass: number;
  /** Whatever waited for an answer, enrolment windows, browsers that were signed in, and what waited to be sent. */
  requests: Requests;
  tokens: number;
  /** Clients that register no more hosts. */
  clients: number;
  hosts: number;
}

/** More changes of a policy than anybody makes between a backup and its restore: hosts refuse a version below the one they saw. */
const POLICY_VERSIONS = 1000;

/** One unit of work: either all of it ended, or the database is as it came back. Hosts and factors stay; their next proof counts. */
export function endAfterRestore(store: Store, backupAt: number | undefined): Promise<Restored> {
  return store.inTransaction(async (tx) => {
    const { now, restore } = tx;
    // Whoever was told of a later place can see that a restore cut it off, and which.
    const heads = await endsOfChains(tx.log);
    const transactions = (await endAllOpen(tx, "logon.expired", { restored: true })) + (await restore.endSucceeded(now));
    const codes = (await restore.endCodes(now)) + (await restore.endLinks());
    const recovery = await restore.endRecoveryCodes(now);
    const bypass = await restore.endBypassCodes(now);
    const requests = await endRequests(tx);
    // A token that was revoked since the backup would be good again.
    const tokens = await restore.endTokens(now);
    // So would a client, and its count of hosts and the nonces of their registrations are those of the backup.
    const clients = await restore.endRegistrations();
    await restore.refuseSteps(now, MOST_STEPS_AHEAD);
    const hosts = await restore.forgetGenerations(now);
    await restore.raisePolicies(POLICY_VERSIONS);
    // It is a live database again: a copy of its file is no backup.
    await tx.secrets.dropMeta("backup");
    const at = backupAt === undefined ? null : new Date(backupAt).toISOString();
    const data = { backupAt: at, heads, transactions, codes, recovery, bypass, ...requests, tokens, clients, hosts };
    await tx.log.append({ type: "org.restored", actor: { type: "local", id: "restore" }, outcome: "success", data });
    return { backupAt, transactions, codes, recovery, bypass, requests, tokens, clients, hosts };
  });
}

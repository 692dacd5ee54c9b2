/** Ends an open transaction: the person left, the prompt's time ran out, or nobody came back. */
import type { CauseId } from "@sallyport/contracts";
import { step } from "@sallyport/logon";
import { endLogon } from "../logon-record.ts";
import { runAlone } from "../run-alone.ts";
import type { Store, Tx } from "../store.ts";
import type { HostRow } from "../store-logons.ts";
import type { TransactionRow } from "../store-transactions.ts";
import { advance, dropUnfinished, findTransaction, isNotYours, type NotYours, Superseded } from "./open-transaction.ts";

/** What a provider may say of the end; a refusal inside the transaction outranks *the person left*. */
export async function cancelTransaction(
  tx: Tx,
  host: HostRow | undefined,
  stateToken: string,
  said: CauseId | undefined,
): Promise<NotYours | { kind: "cancelled" } | { kind: "out-of-order" }> {
  const transaction = await findTransaction(tx, stateToken, host);
  if (isNotYours(transaction)) return transaction;
  if (!step(transaction.status, "cancel").ok) return { kind: "out-of-order" };
  await end(tx, transaction, "CANCELLED", causeOfEnd(transaction, said ?? "logon.cancelled"));
  return { kind: "cancelled" };
}

/** Whoever failed and then gave up was refused for the failure: that is what an administrator looks for. */
function causeOfEnd(transaction: TransactionRow, said: CauseId): CauseId {
  return transaction.lastCause ?? said;
}

async function end(
  tx: Tx,
  transaction: TransactionRow,
  status: "CANCELLED" | "EXPIRED",
  cause: CauseId,
  evidence: Record<string, unknown> = {},
): Promise<void> {
  const done = await advance(tx, transaction, { status, lastCause: cause });
  await tx.challenges.supersede(transaction.id, tx.now);
  await dropUnfinished(tx, transaction);
  await endLogon(tx, done, { result: "deny", cause, evidence: { tries: transaction.tries, ...evidence } });
}

const AT_ONCE = 50;

/** Ends every open transaction in this unit, whatever its time: whoever drives it goes on without this database. Answers how many. */
export async function endAllOpen(tx: Tx, cause: CauseId, evidence: Record<string, unknown>): Promise<number> {
  for (let ended = 0; ; ) {
    const open = await tx.transactions.expired(Number.MAX_SAFE_INTEGER, AT_ONCE);
    for (const transaction of open) await end(tx, transaction, "EXPIRED", cause, evidence);
    ended += open.length;
    if (open.length < AT_ONCE) return ended;
  }
}

/** Ends what ran out of time, a few at a time so that no logon waits; answers how many. Another node may be faster: then nothing is done. */
export async function expireTransactions(store: Store): Promise<number> {
  const due = await store.read((tx) => tx.transactions.expired(tx.now, AT_ONCE));
  let ended = 0;
  const endDue = async () => {
    for (const transaction of due) {
      try {
        await store.inTransaction((tx) => end(tx, transaction, "EXPIRED", causeOfEnd(transaction, "logon.expired")));
        ended += 1;
      } catch (error) {
        if (!(error instanceof Superseded)) throw error;
      }
    }
  };
  if (due.length > 0) await runAlone(store, { name: "expire", ms: 30_000 }, endDue);
  return ended;
}

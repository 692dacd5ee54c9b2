/** Finds the transaction that a state token names, and judges whether this caller may drive it now. */
import type { CauseId } from "@sallyport/contracts";
import { isOpen } from "@sallyport/logon";
import { hashToken } from "../host-link/start-logon.ts";
import { isBeingMade } from "../person.ts";
import type { Tx } from "../store.ts";
import type { HostRow } from "../store-logons.ts";
import type { TransactionRow } from "../store-transactions.ts";

export interface NotYours {
  kind: "no-transaction";
  /** undefined: the token names nothing that this caller may know of. */
  cause: CauseId | undefined;
}

/**
 * A transaction that a host opened is driven with that host's assertion only, or, where it said so, by a page as well; one that a page
 * opened, without any. Unknown, foreign and cancelled tokens are one answer.
 */
export async function findTransaction(tx: Tx, stateToken: string, host: HostRow | undefined): Promise<TransactionRow | NotYours> {
  const transaction = await tx.transactions.byTokenHash(hashToken(stateToken));
  if (!transaction || !isYours(transaction, host)) return { kind: "no-transaction", cause: undefined };
  // A page hears of every end alike; a host, which keeps a record, hears why.
  if (!host && OVER.has(transaction.status)) return { kind: "no-transaction", cause: "logon.expired" };
  // SUCCESS counts too: the answer may be fetched again after a lost one, but not for ever.
  if ((transaction.status === "SUCCESS" || isOpen(transaction.status)) && transaction.expires <= tx.now) {
    return { kind: "no-transaction", cause: "logon.expired" };
  }
  return transaction;
}

const OVER: ReadonlySet<TransactionRow["status"]> = new Set<TransactionRow["status"]>(["CANCELLED", "EXPIRED", "REFUSED"]);

function isYours({ hostId, drive }: TransactionRow, host: HostRow | undefined): boolean {
  return host ? hostId === host.id : hostId === null || drive === "page";
}

/** Why a step does not fit: the org itself ended the transaction meanwhile, or the caller does not keep the order. */
export function causeOfMisfit({ lastCause, status }: TransactionRow): CauseId {
  if (status === "LOCKED_OUT") return "factor.locked";
  return lastCause === "org.timeline" ? lastCause : "logon.out-of-order";
}

export function isNotYours(found: TransactionRow | NotYours): found is NotYours {
  return "kind" in found;
}

/** A second step won: the unit is rolled back, and the loser is out of order. */
export class Superseded extends Error {
  constructor() {
    super("another step of this transaction was faster");
    this.name = "Superseded";
  }
}

/** Compare-and-set on the stored version, so that two parallel steps cannot both win (S4). Throws `Superseded`. */
export async function advance(
  tx: Tx,
  transaction: TransactionRow,
  change: Partial<Omit<TransactionRow, "id" | "tokenHash" | "version">>,
): Promise<TransactionRow> {
  if (!(await tx.transactions.advance(transaction.id, transaction.version, change))) throw new Superseded();
  return { ...transaction, ...change, version: transaction.version + 1 };
}

/** What a transaction was making goes with it: it never counted (S1), and must not lock its user out. */
export async function dropUnfinished(tx: Tx, { enrolling }: TransactionRow): Promise<void> {
  const unfinished = enrolling === null ? undefined : await tx.enrolments.byId(enrolling);
  if (unfinished && isBeingMade(unfinished)) await tx.enrolments.remove(unfinished.id);
}

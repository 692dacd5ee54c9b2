/** The window in which somebody who never had a factor may enrol a first one: whether it is open, and whether it was proved. */
import type { CauseId } from "@sallyport/contracts";
import { hasWayIn, isResetSince } from "../own-factor.ts";
import { factorsOf } from "../person.ts";
import type { Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { TicketRow } from "../store-requests.ts";
import type { TransactionRow } from "../store-transactions.ts";

export function isOpenWindow(ticket: TicketRow, now: number): boolean {
  return ticket.usedAt === null && ticket.revokedAt === null && ticket.expires > now;
}

export async function openWindow(tx: Tx, userId: string): Promise<TicketRow | undefined> {
  return (await tx.tickets.ofUser(userId)).find((ticket) => isOpenWindow(ticket, tx.now));
}

export type EnrolRight =
  | { kind: "may"; proof: NonNullable<TransactionRow["enrolProof"]> }
  /** `ended`: nothing can come of this transaction any more. */
  | { kind: "may-not"; cause: CauseId; ended: boolean; evidence: Record<string, unknown> };

/**
 * S18: a factor is added after another one was proved in this very transaction, or, by whoever has none, through a window that is still
 * open, with its ticket or an administrator's word. S1: a locked, pending or reset factor is a factor.
 */
export async function enrolRight(tx: Tx, transaction: TransactionRow, user: UserRow): Promise<EnrolRight> {
  if (transaction.enrolProof === "factor") {
    const all = await factorsOf(tx, user);
    if (hasWayIn(all) && !isResetSince(all, transaction.factors)) return { kind: "may", proof: "factor" };
    const evidence = { user: user.id, window: null, ticket: "the factor that was proved is good no more" };
    return { kind: "may-not", cause: "factor.enrol-not-allowed", ended: true, evidence };
  }
  const window = transaction.ticketId === null ? undefined : await tx.tickets.byId(transaction.ticketId);
  const seen = { user: user.id, window: window?.id };
  if (!window || (await factorsOf(tx, user)).length > 0)
    return { kind: "may-not", cause: "factor.enrol-not-allowed", ended: true, evidence: { ...seen, ticket: "only for a first factor" } };
  if (!isOpenWindow(window, tx.now)) {
    const expiredAt = new Date(window.usedAt ?? window.revokedAt ?? window.expires).toISOString();
    return { kind: "may-not", cause: "factor.enrol-expired", ended: true, evidence: { ...seen, openedBy: window.createdBy, expiredAt } };
  }
  if (transaction.enrolProof === "ticket") return { kind: "may", proof: "ticket" };
  if (window.confirmedAt !== null) return { kind: "may", proof: "confirmed" };
  return { kind: "may-not", cause: "factor.enrol-not-allowed", ended: false, evidence: { ...seen, ticket: "not shown yet" } };
}

/** The steps that prove nothing and lead somewhere else: back to the choice of factor, or past the offer of more factors. */
import { expiryOf, step } from "@sallyport/logon";
import { enrolRight } from "../enrolling/window.ts";
import type { Opened } from "../host-link/start-logon.ts";
import { endLogon } from "../logon-record.ts";
import type { Tx } from "../store.ts";
import type { HostRow } from "../store-logons.ts";
import type { TransactionRow } from "../store-transactions.ts";
import { endRefused, refused, type WrongStep } from "./code-step.ts";
import { judgeAnew } from "./judge-anew.ts";
import { advance, causeOfMisfit, dropUnfinished, findTransaction, isNotYours, type NotYours } from "./open-transaction.ts";
import { leaveSession } from "./session-token.ts";
import { showTransaction } from "./show.ts";

export type StepOutcome = NotYours | Opened | WrongStep;

/** What was asked for does not count any more; a factor that was being made is forgotten. Neither is a failure. */
export async function goBack(tx: Tx, host: HostRow | undefined, stateToken: string): Promise<StepOutcome> {
  const transaction = await findTransaction(tx, stateToken, host);
  if (isNotYours(transaction)) return transaction;
  const next = step(transaction.status, "back");
  if (!next.ok) return misfit(transaction);
  await tx.challenges.supersede(transaction.id, tx.now);
  await dropUnfinished(tx, transaction);
  const change = { status: next.to as TransactionRow["status"], challengeId: null, enrolling: null };
  const back = await advance(tx, transaction, { ...change, expires: expiryOf(transaction.opened, tx.now) });
  return showTransaction(tx, back, stateToken);
}

export function misfit(transaction: TransactionRow): WrongStep {
  return refused(causeOfMisfit(transaction), transaction, { status: transaction.status });
}

/** Whoever proved a factor here may leave it at that one. */
export async function skipEnrolling(tx: Tx, host: HostRow | undefined, stateToken: string): Promise<StepOutcome> {
  const transaction = await findTransaction(tx, stateToken, host);
  if (isNotYours(transaction)) return transaction;
  const user = transaction.userId === null ? undefined : await tx.users.byId(transaction.userId);
  // Without a factor there is nothing to skip: this is the only way in for whoever has none.
  if (!user || !step(transaction.status, "skip").ok || transaction.enrolProof !== "factor") return misfit(transaction);
  const judged = await judgeAnew(tx, host, transaction, user);
  if (judged.kind === "refused") return (await endRefused(tx, transaction, judged.cause, judged.evidence)) as WrongStep;
  // S18: the factor that was proved may be reset by now.
  const right = await enrolRight(tx, transaction, user);
  if (right.kind === "may-not") return (await endRefused(tx, transaction, right.cause, right.evidence)) as WrongStep;
  const end = { status: "SUCCESS" as const, ...leaveSession(tx, transaction) };
  const done = await advance(tx, transaction, { ...end, expires: expiryOf(transaction.opened, tx.now) });
  await endLogon(tx, done, { result: "allow", cause: null, amr: done.amr });
  return showTransaction(tx, done, stateToken);
}

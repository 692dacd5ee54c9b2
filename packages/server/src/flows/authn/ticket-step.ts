/** The step that shows an enrolment ticket, in two units of work: the try is taken before the slow hash is compared (S1, S2, S11). */
import { readLongCode } from "@sallyport/contracts";
import { ATTEMPT_CAP, delayAfter, expiryOf } from "@sallyport/logon";
import { enrolRight, isOpenWindow } from "../enrolling/window.ts";
import type { Store, Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { HostRow } from "../store-logons.ts";
import type { TicketRow } from "../store-requests.ts";
import type { TransactionRow } from "../store-transactions.ts";
import { endRefused, refused, TRIES_PER_TRANSACTION, type WrongStep } from "./code-step.ts";
import { misfit, type StepOutcome } from "./go-back.ts";
import { endOfHostMeanwhile } from "./judge-page-host.ts";
import { advance, findTransaction, isNotYours, type NotYours, Superseded } from "./open-transaction.ts";
import type { PasswordCheck } from "./passwords.ts";
import { showTransaction } from "./show.ts";
import type { Drive } from "./verify-factor.ts";

export interface TicketInput {
  stateToken: string;
  ticket: string;
}

interface Waiting {
  kind: "waiting";
  host: HostRow | undefined;
  transaction: TransactionRow;
  user: UserRow;
  window: TicketRow;
  failures: number;
}

export async function ticketStep(deps: { store: Store; passwords: PasswordCheck }, drive: Drive, input: TicketInput): Promise<StepOutcome> {
  const typed = readLongCode(input.ticket);
  const waiting = await drive((tx, host) => takeTicketTry(tx, host, input.stateToken));
  if (waiting.kind !== "waiting") return waiting;
  // A window without a ticket is compared with the hash of nobody: the same time, and always wrong.
  const theirs = typed && waiting.window.selector === typed.selector ? waiting.window.hash : null;
  const compared = await deps.passwords.verify(theirs, typed?.secret ?? "");
  return deps.store.inTransaction((tx) => judgeTicket(tx, waiting, compared, input.stateToken));
}

/** The try counts before the ticket is looked at, and its wait with it, so that many at once get no further than one after the other. */
async function takeTicketTry(tx: Tx, host: HostRow | undefined, stateToken: string): Promise<Waiting | StepOutcome> {
  const transaction = await findTransaction(tx, stateToken, host);
  if (isNotYours(transaction)) return transaction;
  const user = transaction.userId === null ? undefined : await tx.users.byId(transaction.userId);
  if (!user || transaction.status !== "MFA_ENROLL" || transaction.ticketId === null || transaction.enrolProof !== null)
    return misfit(transaction);
  const right = await enrolRight(tx, transaction, user);
  if (right.kind === "may-not" && right.ended) return wrongly(await endRefused(tx, transaction, right.cause, right.evidence));
  const failures = await tx.tickets.takeTry(transaction.ticketId, ATTEMPT_CAP, tx.now);
  const window = await tx.tickets.byId(transaction.ticketId);
  if (!window) return misfit(transaction);
  if (failures === undefined) return noTry(tx, transaction, window);
  const wait = delayAfter(failures);
  await tx.tickets.setTries(window.id, { failures, nextTryAt: wait === 0 ? 0 : tx.now + wait });
  return { kind: "waiting", host, transaction, user, window, failures };
}

async function noTry(tx: Tx, transaction: TransactionRow, window: TicketRow): Promise<StepOutcome> {
  if (window.failures < ATTEMPT_CAP) {
    const waitSeconds = Math.max(1, Math.ceil((window.nextTryAt - tx.now) / 1000));
    return refused("factor.throttled", transaction, { waitSeconds, failures: window.failures });
  }
  const evidence = { window: window.id, ticket: "too many wrong ones", failures: window.failures };
  return wrongly(await endRefused(tx, transaction, "factor.enrol-not-allowed", evidence));
}

async function judgeTicket(
  tx: Tx,
  { host, transaction: then, user, window, failures }: Waiting,
  compared: "right" | "wrong" | "overloaded",
  stateToken: string,
): Promise<StepOutcome> {
  const transaction = await findTransaction(tx, stateToken, host);
  if (isNotYours(transaction)) return transaction;
  if (transaction.version !== then.version) throw new Superseded();
  const stopped = await endOfHostMeanwhile(tx, host, transaction);
  if (stopped) return wrongly(stopped);
  if (compared === "overloaded") {
    await tx.tickets.returnTry(window.id);
    return refused("org.overloaded", transaction, {});
  }
  const now = await tx.tickets.byId(window.id);
  const own = { type: "user" as const, id: user.id, name: user.profile.login };
  const place = { actor: own, reference: transaction.reference ?? undefined, host: transaction.hostId ?? undefined };
  if (compared === "right" && now && isOpenWindow(now, tx.now)) {
    await tx.tickets.setTries(window.id, { failures: 0, nextTryAt: 0 });
    const change = { enrolProof: "ticket" as const, lastCause: null, expires: expiryOf(transaction.opened, tx.now) };
    await tx.log.append({ type: "ticket.shown", ...place, outcome: "success", data: { ticket: window.id } });
    return showTransaction(tx, await advance(tx, transaction, change), stateToken);
  }
  const evidence = { user: user.id, window: window.id, ticket: "wrong" };
  const cause = "factor.enrol-not-allowed" as const;
  await tx.log.append({ type: "ticket.refused", ...place, outcome: "failure", cause, data: { ticket: window.id, failures, evidence } });
  const tries = transaction.tries + 1;
  // What the person reads is what everybody reads of a mistyped code: it is their own slip, or nobody's business.
  const told = "factor.code-wrong" as const;
  if (tries >= TRIES_PER_TRANSACTION) return { ...(await endRefused(tx, transaction, cause, evidence)), told } as WrongStep;
  await advance(tx, transaction, { tries, lastCause: cause, expires: expiryOf(transaction.opened, tx.now) });
  return { ...refused(cause, transaction, evidence), told };
}

const wrongly = (outcome: unknown) => outcome as NotYours | WrongStep;

/** Gathers, in one unit of work, what the driver of a transaction is to see of it. */
import { type EnrolledKind, enrolledKind } from "@sallyport/contracts";
import { takesKind } from "@sallyport/logon";
import { ENROLLERS } from "../enrolling/enroller.ts";
import type { Opened } from "../host-link/start-logon.ts";
import { factorsOf } from "../person.ts";
import type { Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import type { TransactionRow } from "../store-transactions.ts";
import { ASKED } from "./asked-factors.ts";
import type { Asked } from "./code-step.ts";

/** A factor that is being made. */
export interface Enrolling {
  enrolment: EnrolmentRow;
  /** Shown once, in the answer that began it. */
  activation?: Record<string, unknown> | undefined;
  /** It becomes active elsewhere, on the phone: its driver asks how it stands. */
  waits: boolean;
}

/** A kind that may be enrolled here, and how many of it the person has. */
export interface Offer {
  kind: EnrolledKind;
  count: number;
}

/** @param known of the transaction's user, where this very unit has read it already. */
export async function showTransaction(
  tx: Tx,
  transaction: TransactionRow,
  stateToken: string,
  { activation, known }: { activation?: Record<string, unknown> | undefined; known?: { user: UserRow; factors: EnrolmentRow[] } } = {},
): Promise<Opened> {
  const user = known?.user ?? (transaction.userId === null ? undefined : await tx.users.byId(transaction.userId));
  const factors = known?.factors ?? (user ? await factorsOf(tx, user) : []);
  return {
    kind: "opened",
    transaction,
    stateToken,
    user,
    enrolments: factors.filter(({ id }) => transaction.factors.includes(id)),
    asked: await askedOf(tx, transaction, factors),
    enrolling: await enrollingOf(tx, transaction, activation),
    offers: offersOf(transaction, factors),
    now: tx.now,
  };
}

async function askedOf(tx: Tx, { status, challengeId }: TransactionRow, factors: EnrolmentRow[]): Promise<Asked | undefined> {
  if (status !== "MFA_CHALLENGE" || challengeId === null) return undefined;
  const challenge = await tx.challenges.byId(challengeId);
  const enrolment = factors.find(({ id }) => id === challenge?.enrolmentId);
  if (!challenge || !enrolment) return undefined;
  return { enrolment, challenge, result: ASKED[enrolment.kind]?.look ? "WAITING" : "CHALLENGE" };
}

async function enrollingOf(
  tx: Tx,
  { status, enrolling, challengeId }: TransactionRow,
  begun: Record<string, unknown> | undefined,
): Promise<Enrolling | undefined> {
  if (status !== "MFA_ENROLL_ACTIVATE" || enrolling === null) return undefined;
  const enrolment = await tx.enrolments.byId(enrolling);
  // A kind whose activation is no secret shows it again to whoever reloads the page.
  const kept = challengeId === null ? undefined : (await tx.challenges.byId(challengeId))?.data["activation"];
  const activation = begun ?? (kept as Record<string, unknown> | undefined);
  return enrolment && { enrolment, activation, waits: ENROLLERS[enrolment.kind]?.elsewhere === true };
}

/** How a mark in `factors` of a transaction begins that names a kind which may be enrolled. */
export const ENROL_MARK = "enrol:";

/** How `factors` of a transaction names the kinds that whoever has no factor may enrol. @param allowed kinds that the rule names. */
export function enrolMarks(allowed?: Parameters<typeof takesKind>[1]): string[] {
  return kinds()
    .filter((kind) => takesKind(kind, allowed))
    .map((kind) => ENROL_MARK + kind);
}

/** Through a window, what the rule takes; after a factor was proved, every kind that there is room for and that counts without being named. */
export function offersOf(transaction: TransactionRow, factors: EnrolmentRow[]): Offer[] {
  const count = (kind: EnrolledKind) => factors.filter((one) => one.kind === kind && one.status !== "RESET").length;
  const marked = transaction.factors.filter((mark) => mark.startsWith(ENROL_MARK)).map((mark) => mark.slice(ENROL_MARK.length));
  return kinds()
    .filter((kind) => (transaction.ticketId === null ? takesKind(kind) : marked.includes(kind)))
    .map((kind) => ({ kind, count: count(kind) }));
}

/** Whether this person could enrol one of these now. */
export function isFree({ kind, count }: Offer): boolean {
  return count === 0 || ENROLLERS[kind]?.several === true;
}

function kinds(): EnrolledKind[] {
  return enrolledKind.options.filter((kind) => ENROLLERS[kind] !== undefined);
}

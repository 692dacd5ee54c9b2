/** The step of whoever has to change their password: the old one is proved again, the new one is judged and waits for the factor. */
import type { CauseId } from "@sallyport/contracts";
import { expiryOf, step, usableFactors } from "@sallyport/logon";
import { openWindow } from "../enrolling/window.ts";
import { judgeState } from "../host-link/judge-person.ts";
import { type InBoth, judgePassword as judgeRules } from "../management/password-rules.ts";
import { factorsOf } from "../person.ts";
import type { Store, Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { HostRow } from "../store-logons.ts";
import type { TransactionRow } from "../store-transactions.ts";
import { endRefused, refused, type WrongStep } from "./code-step.ts";
import { misfit, type StepOutcome } from "./go-back.ts";
import { type Judged, judgePassword, type PasswordDeps } from "./judge-password.ts";
import { advance, findTransaction, isNotYours, Superseded } from "./open-transaction.ts";
import { PASSWORDS_PER_TRANSACTION } from "./password-step.ts";
import { type PasswordTry, settlePasswordTry, takePasswordTry } from "./password-tries.ts";
import { enrolMarks, showTransaction } from "./show.ts";
import type { Drive } from "./verify-factor.ts";

export interface ChangeInput {
  stateToken: string;
  oldPassword: string;
  newPassword: string;
}

/** `unfit`: the new password will not do, in words without it. */
export type ChangeOutcome = StepOutcome | { kind: "unfit"; why: InBoth };

interface Waiting {
  kind: "waiting";
  transaction: TransactionRow;
  user: UserRow;
  tried: PasswordTry;
}

/** Both hashes are made between two units of work: they take tens of milliseconds each and must not hold the database. */
export async function changePassword(deps: PasswordDeps & { store: Store }, drive: Drive, input: ChangeInput): Promise<ChangeOutcome> {
  const waiting = await drive((tx, host) => takeTry(tx, host, input));
  if (waiting.kind !== "waiting") return waiting;
  const { user, tried } = waiting;
  // Whoever has to wait is compared with the hash of nobody: the same time, and always wrong.
  const old = await judgePassword(deps, tried.kind === "taken" ? user : undefined, undefined, input.oldPassword);
  const made = old.kind === "right" ? await deps.passwords.hash(input.newPassword) : undefined;
  return deps.store.inTransaction((tx) => finish(tx, waiting, old, made, input.stateToken));
}

/** What is wrong with the new password is said first: it costs no try, and whoever is here has proved the old one once. */
async function takeTry(tx: Tx, host: HostRow | undefined, input: ChangeInput): Promise<Waiting | ChangeOutcome> {
  const transaction = await findTransaction(tx, input.stateToken, host);
  if (isNotYours(transaction)) return transaction;
  const user = transaction.userId === null ? undefined : await tx.users.byId(transaction.userId);
  if (!user || !step(transaction.status, "password-right").ok || transaction.status !== "PASSWORD_EXPIRED") return misfit(transaction);
  const state = judgeState(user);
  if (state) return (await endRefused(tx, transaction, state.cause, state.evidence)) as WrongStep;
  const why = complaint(input, user);
  if (why) return { kind: "unfit", why };
  return { kind: "waiting", transaction, user, tried: await takePasswordTry(tx, user) };
}

const SAME: InBoth = { en: "the password is the one that has to be changed", de: "das Passwort ist das, das geändert werden muss" };

/** S13. Nobody is let in at a page without a second factor. */
function complaint({ oldPassword, newPassword }: ChangeInput, user: UserRow): InBoth | undefined {
  if (newPassword.normalize("NFKC") === oldPassword.normalize("NFKC")) return SAME;
  return judgeRules(newPassword, { withFactor: true, names: Object.values(user.profile) });
}

async function finish(
  tx: Tx,
  { transaction, user, tried }: Waiting,
  old: Judged,
  made: { kind: "hashed"; phc: string } | { kind: "overloaded" } | undefined,
  stateToken: string,
): Promise<ChangeOutcome> {
  const now = await tx.users.byId(user.id);
  await settlePasswordTry(tx, tried, old, now);
  if (old.kind === "overloaded" || made?.kind === "overloaded") return refused("org.overloaded", transaction, {});
  if (old.kind === "wrong" || made === undefined) return wrongOld(tx, transaction, user, tried);
  // An administrator has set another password while this one was compared: what was proved is not theirs any more.
  if (!now || now.passwordHash !== user.passwordHash) throw new Superseded();
  const next = await nextOf(tx, now);
  if (next.kind === "end") return (await endRefused(tx, transaction, next.cause, { user: now.id })) as WrongStep;
  if (next.kind === "locked") {
    await advance(tx, transaction, { status: "LOCKED_OUT", lastCause: "factor.locked" });
    return { ...refused("factor.locked", transaction, {}), ended: true, locked: true };
  }
  const newPassword = { phc: made.phc, before: now.passwordChanged };
  const change = { ...next.change, newPassword, tries: 0, lastCause: null, expires: expiryOf(transaction.opened, tx.now) };
  return showTransaction(tx, await advance(tx, transaction, change), stateToken);
}

type Next =
  | { kind: "go-on"; change: Pick<TransactionRow, "status" | "factors" | "ticketId"> }
  | { kind: "locked" }
  | { kind: "end"; cause: CauseId };

/** As after the primary authentication, by what stands now. */
async function nextOf(tx: Tx, user: UserRow): Promise<Next> {
  const state = judgeState(user);
  if (state) return { kind: "end", cause: state.cause };
  const usable = usableFactors(await factorsOf(tx, user));
  if (usable.kind === "locked") return { kind: "locked" };
  if (usable.kind === "usable")
    return { kind: "go-on", change: { status: "MFA_REQUIRED", factors: usable.enrolments.map(({ id }) => id), ticketId: null } };
  const window = usable.kind === "none" ? await openWindow(tx, user.id) : undefined;
  if (!window) return { kind: "end", cause: "factor.none" };
  return { kind: "go-on", change: { status: "MFA_ENROLL", factors: enrolMarks(), ticketId: window.id } };
}

/** Counted like any wrong password (S3); a few of them end the transaction. */
async function wrongOld(tx: Tx, transaction: TransactionRow, user: UserRow, tried: PasswordTry): Promise<WrongStep> {
  const tries = transaction.tries + 1;
  const failures = tried.kind === "nobody" ? {} : { failures: tried.failures };
  const why = tried.kind === "wait" ? "too many wrong ones before: not looked at" : "wrong";
  await tx.log.append({
    type: "user.primary-failed",
    actor: { type: "user", id: user.id, name: user.profile.login },
    outcome: "failure",
    cause: "user.password",
    data: { username: user.profile.login, ...failures, evidence: { why, changing: true } },
  });
  if (tries >= PASSWORDS_PER_TRANSACTION) return (await endRefused(tx, transaction, "user.password", { tries })) as WrongStep;
  await advance(tx, transaction, { tries, lastCause: "user.password", expires: expiryOf(transaction.opened, tx.now) });
  return refused("user.password", transaction, { tries });
}

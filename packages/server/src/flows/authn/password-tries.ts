/** The tries of a user's password: taken before anything is compared, with a wait that grows and a cap that locks the user (S2, S3). */
import { ATTEMPT_CAP, delayAfter } from "@sallyport/logon";
import type { Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { Judged } from "./judge-password.ts";

/** `wait`: no password of this user is looked at now; whoever asks hears what everybody hears of a wrong one (S16). */
export type PasswordTry = { kind: "taken"; userId: string; failures: number } | { kind: "wait"; failures: number } | { kind: "nobody" };

/** A user who is locked is still asked, so that the lock shows itself to the right password; but no more than once in the longest wait. */
const NO_CAP = 1_000_000_000;

/**
 * In a unit of its own before the slow hash: many at once wait for it together, and none of them slips past the wait. For a name that
 * nobody has something is written as well, since the time of a write would tell.
 */
export async function takePasswordTry(tx: Tx, user: UserRow | undefined): Promise<PasswordTry> {
  if (!user) {
    await tx.secrets.setMeta("unknown-name-tried", `${tx.now}`);
    return { kind: "nobody" };
  }
  const failures = await tx.users.takePasswordTry(user.id, user.status === "LOCKED_OUT" ? NO_CAP : ATTEMPT_CAP, tx.now);
  if (failures === undefined) return { kind: "wait", failures: (await tx.users.passwordTries(user.id)).failures };
  const wait = delayAfter(failures);
  if (wait > 0) await tx.users.setPasswordTries(user.id, { failures, nextAt: tx.now + wait });
  return { kind: "taken", userId: user.id, failures };
}

/**
 * In the unit that answers. Of a directory that did not answer, or a full queue, nothing was learnt: the try is given back.
 * @param user whose try it is, as this very unit has read them.
 */
export async function settlePasswordTry(tx: Tx, tried: PasswordTry, verdict: Judged, user: UserRow | undefined): Promise<void> {
  if (tried.kind !== "taken" || !user) return;
  if (verdict.kind === "right" || (verdict.kind === "wrong" && verdict.proven)) {
    if (user.status !== "LOCKED_OUT") await tx.users.setPasswordTries(user.id, { failures: 0, nextAt: 0 });
    return;
  }
  if (verdict.kind === "overloaded" || verdict.cause === "org.directory") return tx.users.returnPasswordTry(user.id);
  if (tried.failures >= ATTEMPT_CAP && user.status === "ACTIVE") await lock(tx, user, tried.failures);
}

async function lock(tx: Tx, user: UserRow, failures: number): Promise<void> {
  await tx.users.update(user.id, { status: "LOCKED_OUT", statusSince: tx.now, statusBy: "wrong passwords", updated: tx.now });
  await tx.log.append({
    type: "user.locked",
    actor: { type: "system", id: "org" },
    target: { type: "user", id: user.id, name: user.profile.login },
    outcome: "failure",
    cause: "user.locked",
    data: { failures },
  });
}

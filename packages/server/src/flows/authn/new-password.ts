/** What somebody chose in the place of a password that has to be changed becomes their password, with the factor that lets them in. */

import { endSessions } from "../sessions/end-sessions.ts";
import type { Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { TransactionRow } from "../store-transactions.ts";
import { Superseded } from "./open-transaction.ts";

/** True if the password that was proved here is not the user's any more: somebody has set another one meanwhile. */
export function isOvertaken({ newPassword }: TransactionRow, { passwordChanged }: UserRow): boolean {
  return newPassword !== null && newPassword.before !== passwordChanged;
}

/**
 * In the unit that takes the factor, and not before: whoever has only the old password, which an administrator gave out or which is known
 * to too many, can neither take the account over nor lock its owner out of it. Throws `Superseded` if another password was set meanwhile.
 * Answers the user as stored by now; undefined where no password was chosen.
 */
export async function keepNewPassword(tx: Tx, transaction: TransactionRow): Promise<UserRow | undefined> {
  const { newPassword, userId } = transaction;
  if (newPassword === null || userId === null) return undefined;
  const user = await tx.users.byId(userId);
  if (!user || isOvertaken(transaction, user)) throw new Superseded();
  const change = { passwordHash: newPassword.phc, passwordChanged: tx.now, mustChange: false, updated: tx.now };
  await tx.users.update(user.id, change);
  const own = { type: "user", id: user.id, name: user.profile.login } as const;
  await tx.log.append({ type: "user.password-changed", actor: own, target: own, outcome: "success", data: { by: "its owner" } });
  await endSessions(tx, user, own);
  return { ...user, ...change };
}

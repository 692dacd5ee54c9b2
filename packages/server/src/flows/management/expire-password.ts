/** An administrator says that a password has to be changed: the next sign-in by it asks for another one. */
import type { UserView } from "@sallyport/contracts";
import type { Store, Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";
import { findUser, judgeRank } from "./users.ts";

/** As administrators see it: whoever is active and has to choose another password. */
export function shownStatus({ status, mustChange }: Pick<UserRow, "status" | "mustChange">): UserView["status"] {
  return status === "ACTIVE" && mustChange ? "PASSWORD_EXPIRED" : status;
}

export function expirePassword(store: Store, caller: Caller, id: string): Promise<Outcome<UserRow>> {
  return inUnit(store, (tx) => expirePasswordIn(tx, caller, id));
}

/** Only of a password that the org itself keeps: a directory's is changed there. */
async function expirePasswordIn(tx: Tx, caller: Caller, id: string): Promise<Outcome<UserRow>> {
  const found = await findUser(tx, id);
  if (found.kind !== "done") return found;
  const user = found.value;
  const above = judgeRank(caller, user);
  if (above) return above;
  if (user.passwordHash === null) return { kind: "invalid", causes: ["credentials: the org keeps no password of this user"] };
  if (user.status !== "ACTIVE")
    return { kind: "invalid", causes: [`status: the password of a user who is ${user.status} cannot be expired`] };
  if (user.mustChange) return done(user);
  await tx.users.update(user.id, { mustChange: true, updated: tx.now });
  const target = { type: "user", id: user.id, name: user.profile.login };
  await tx.log.append({ type: "user.password-expired", actor: caller.actor, target, outcome: "success" });
  return done({ ...user, mustChange: true, updated: tx.now });
}

/** Primary authentication for pages and API clients: user name and password open a transaction that waits for a factor. */
import { createHash } from "node:crypto";
import { foldName, usableFactors } from "@sallyport/logon";
import type { Opened } from "../host-link/start-logon.ts";
import { newStateToken } from "../ids.ts";
import { factorsOf } from "../person.ts";
import type { Store, Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { TransactionRow } from "../store-logons.ts";
import { blankTransaction } from "./blank-transaction.ts";
import { type Judged, judgePassword, keeperOf, type PasswordDeps } from "./judge-password.ts";
import { renewHash } from "./renew-hash.ts";

/** One answer for unknown user, wrong password, suspended user and user without a factor (S16); the log knows which. */
export type PrimaryOutcome = Opened | { kind: "failed" } | { kind: "locked" } | { kind: "overloaded" };

export async function primaryAuthentication(
  deps: PasswordDeps & { store: Store },
  username: string,
  password: string,
): Promise<PrimaryOutcome> {
  const folded = foldName(username);
  const { user, keeper } = await deps.store.read(async (tx) => {
    const found = folded === undefined ? undefined : await byLogin(tx, folded);
    return { user: found, keeper: await keeperOf(tx, found) };
  });
  const verdict = await judgePassword(deps, user, keeper, password);
  if (verdict.kind === "overloaded") return { kind: "overloaded" };
  if (user && verdict.kind === "right") await renewHash(deps, user.id, user.passwordHash, password);
  return deps.store.inTransaction((tx) =>
    user && verdict.kind === "right" ? openFor(tx, user) : fail(tx, username, user, "wrong", verdict),
  );
}

/** As at a machine: whoever is held back has the name not yet, and of those who are one person the primary answers. */
async function byLogin(tx: Tx, folded: string): Promise<UserRow | undefined> {
  const holders = await tx.users.holders([{ kind: "login", folded }]);
  const [person, other] = new Set(holders.map(({ userId, linkedTo }) => linkedTo ?? userId));
  const holder = holders.find(({ userId }) => userId === person) ?? holders[0];
  return holder && other === undefined ? tx.users.byId(holder.userId) : undefined;
}

async function openFor(tx: Tx, user: UserRow): Promise<PrimaryOutcome> {
  if (user.status !== "ACTIVE") return fail(tx, user.profile.login, user, user.status);
  const usable = usableFactors(await factorsOf(tx, user));
  // S1: a locked or pending enrolment is still one: the end is LOCKED_OUT, never enrolment.
  if (usable.kind === "locked") return { kind: "locked" };
  if (usable.kind !== "usable") return fail(tx, user.profile.login, user, usable.kind);
  const stateToken = newStateToken();
  const transaction: TransactionRow = {
    ...blankTransaction(tx.now),
    tokenHash: createHash("sha256").update(stateToken).digest("hex"),
    status: "MFA_REQUIRED",
    userId: user.id,
    drive: "page",
    factors: usable.enrolments.map(({ id }) => id),
    amr: ["pwd"],
  };
  await tx.transactions.insert(transaction);
  await tx.log.append({
    type: "user.primary-verified",
    actor: { type: "user", id: user.id, name: user.profile.login },
    outcome: "success",
    data: { username: user.profile.login },
  });
  return {
    kind: "opened",
    transaction,
    stateToken,
    user: { id: user.id, login: user.profile.login },
    enrolments: usable.enrolments,
    now: tx.now,
  };
}

/** @param verdict of the directory, if it was one that refused */
async function fail(tx: Tx, username: string, user: UserRow | undefined, why: string, verdict?: Judged): Promise<PrimaryOutcome> {
  const { cause, evidence } = verdict?.kind === "wrong" ? verdict : { cause: "user.password" as const, evidence: {} };
  await tx.log.append({
    type: "user.primary-failed",
    actor: user ? { type: "user", id: user.id, name: user.profile.login } : { type: "system", id: "org" },
    outcome: "failure",
    cause,
    data: { username, evidence: { ...evidence, why: user ? why : "unknown or ambiguous" } },
  });
  return { kind: "failed" };
}

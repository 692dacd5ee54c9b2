/** Primary authentication for pages and API clients: user name and password open a transaction that waits for a factor. */
import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { foldName, usableFactors } from "@sallyport/logon";
import { openWindow } from "../enrolling/window.ts";
import type { Opened } from "../host-link/start-logon.ts";
import { newStateToken } from "../ids.ts";
import { factorsOf } from "../person.ts";
import type { Store, Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { TransactionRow } from "../store-logons.ts";
import { blankTransaction } from "./blank-transaction.ts";
import { type Judged, judgePassword, keeperOf, type PasswordDeps } from "./judge-password.ts";
import { type PasswordTry, settlePasswordTry, takePasswordTry } from "./password-tries.ts";
import { renewHash } from "./renew-hash.ts";
import { enrolMarks, showTransaction } from "./show.ts";

/** One answer for unknown user, wrong password, suspended user and user without a factor (S16); the log knows which. */
export type PrimaryOutcome = Opened | { kind: "failed" } | { kind: "locked" } | { kind: "overloaded" };

export interface Primary extends Begun {
  username: string;
  password: string;
}

/** How the transaction begins, besides its person. */
interface Begun {
  /** Whoever proved a factor is offered to enrol more. */
  offerMore: boolean;
  /** SHA-256 (hex) of the cookie of the browser that begins (S36); undefined for a program. */
  browserHash?: string | undefined;
  /** IP literal of the caller. */
  address: string;
}

export async function primaryAuthentication(
  deps: PasswordDeps & { store: Store },
  { username, password, ...begun }: Primary,
): Promise<PrimaryOutcome> {
  const folded = foldName(username);
  const { user, keeper, tried } = await deps.store.inTransaction(async (tx) => {
    const found = folded === undefined ? undefined : await byLogin(tx, folded);
    return { user: found, keeper: await keeperOf(tx, found), tried: await takePasswordTry(tx, found) };
  });
  // Whoever has to wait is compared with the hash of nobody: the same time, and always wrong.
  const waits = tried.kind === "wait";
  const verdict = await judgePassword(deps, waits ? undefined : user, waits ? undefined : keeper, password);
  if (user && verdict.kind === "right") await renewHash(deps, user.id, user.passwordHash, password);
  return deps.store.inTransaction(async (tx) => {
    await settlePasswordTry(tx, tried, verdict);
    if (verdict.kind === "overloaded") return { kind: "overloaded" };
    // As they stand now: they may have been suspended while the hash was compared.
    const now = user && (await tx.users.byId(user.id));
    if (now && verdict.kind === "right") return openFor(tx, now, begun);
    return fail(tx, username, user, waits ? "too many wrong ones before: not looked at" : "wrong", {
      verdict,
      tried,
      address: begun.address,
    });
  });
}

/** As at a machine: whoever is held back has the name not yet, and of those who are one person the primary answers. */
async function byLogin(tx: Tx, folded: string): Promise<UserRow | undefined> {
  const holders = await tx.users.holders([{ kind: "login", folded }]);
  const [person, other] = new Set(holders.map(({ userId, linkedTo }) => linkedTo ?? userId));
  const holder = holders.find(({ userId }) => userId === person) ?? holders[0];
  return holder && other === undefined ? tx.users.byId(holder.userId) : undefined;
}

async function openFor(tx: Tx, user: UserRow, { offerMore, browserHash, address }: Begun): Promise<PrimaryOutcome> {
  if (user.status === "LOCKED_OUT") {
    await fail(tx, user.profile.login, user, user.status);
    return { kind: "locked" };
  }
  if (user.status !== "ACTIVE") return fail(tx, user.profile.login, user, user.status);
  const usable = usableFactors(await factorsOf(tx, user));
  // S1: a locked or pending enrolment is still one: the end is LOCKED_OUT, never enrolment.
  if (usable.kind === "locked") return { kind: "locked" };
  const window = usable.kind === "none" ? await openWindow(tx, user.id) : undefined;
  if (usable.kind !== "usable" && !window) return fail(tx, user.profile.login, user, usable.kind);
  const stateToken = newStateToken();
  const transaction: TransactionRow = {
    ...blankTransaction(tx.now),
    tokenHash: createHash("sha256").update(stateToken).digest("hex"),
    // Before any factor: what follows is judged anew once another password is chosen.
    status: user.mustChange ? "PASSWORD_EXPIRED" : window ? "MFA_ENROLL" : "MFA_REQUIRED",
    userId: user.id,
    drive: "page",
    factors: usable.kind === "usable" ? usable.enrolments.map(({ id }) => id) : enrolMarks(),
    ticketId: window?.id ?? null,
    amr: ["pwd"],
    offerMore,
    browserHash: browserHash ?? null,
    address: isIP(address) ? { value: address, origin: "socket" } : null,
  };
  await tx.transactions.insert(transaction);
  await tx.log.append({
    type: "user.primary-verified",
    actor: { type: "user", id: user.id, name: user.profile.login },
    outcome: "success",
    data: { username: user.profile.login, address },
  });
  return showTransaction(tx, transaction, stateToken);
}

/** @param seen where the password itself was the reason. */
async function fail(
  tx: Tx,
  username: string,
  user: UserRow | undefined,
  why: string,
  seen?: { verdict: Judged; tried: PasswordTry; address: string },
): Promise<PrimaryOutcome> {
  const verdict = seen?.verdict;
  const wrong = verdict?.kind === "wrong" ? verdict : { cause: "user.password" as const, evidence: {} };
  const failures = seen && seen.tried.kind !== "nobody" ? { failures: seen.tried.failures } : {};
  await tx.log.append({
    type: "user.primary-failed",
    actor: user ? { type: "user", id: user.id, name: user.profile.login } : { type: "system", id: "org" },
    outcome: "failure",
    cause: user?.status === "LOCKED_OUT" ? "user.locked" : wrong.cause,
    data: {
      username,
      ...failures,
      ...(seen ? { address: seen.address } : {}),
      evidence: { ...wrong.evidence, why: user ? why : "unknown or ambiguous" },
    },
  });
  return { kind: "failed" };
}

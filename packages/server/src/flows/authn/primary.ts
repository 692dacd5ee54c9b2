/** Primary authentication for pages and API clients: user name and password open a transaction that waits for a factor. */
import { createHash } from "node:crypto";
import { isIP } from "node:net";
import type { CauseId } from "@sallyport/contracts";
import { foldName, usableFactors } from "@sallyport/logon";
import { openWindow } from "../enrolling/window.ts";
import { judgeState } from "../host-link/judge-person.ts";
import type { Opened } from "../host-link/start-logon.ts";
import { newStateToken } from "../ids.ts";
import { factorsOf } from "../person.ts";
import type { Store, Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { TransactionRow } from "../store-transactions.ts";
import { blankTransaction } from "./blank-transaction.ts";
import { type Judged, judgePassword, keeperOf, type PasswordDeps } from "./judge-password.ts";
import { settlePasswordTry, takePasswordTry } from "./password-tries.ts";
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
  const { named, keeper, tried } = await deps.store.inTransaction(async (tx) => {
    const found = await byLogin(tx, foldName(username));
    return { named: found, keeper: await keeperOf(tx, found.user), tried: await takePasswordTry(tx, found.user) };
  });
  const { user } = named;
  // Whoever has to wait is compared with the hash of nobody: the same time, and always wrong.
  const waits = tried.kind === "wait";
  const verdict = await judgePassword(deps, waits ? undefined : user, waits ? undefined : keeper, password);
  if (user && verdict.kind === "right") await renewHash(deps, user.id, user.passwordHash, password);
  return deps.store.inTransaction(async (tx) => {
    // As they stand now: they may have been suspended while the hash was compared.
    const now = user && (await tx.users.byId(user.id));
    await settlePasswordTry(tx, tried, verdict, now);
    if (verdict.kind === "overloaded") return { kind: "overloaded" };
    if (now && verdict.kind === "right") return openFor(tx, now, begun);
    const failures = tried.kind === "nobody" ? {} : { failures: tried.failures };
    const why = waits ? "too many wrong ones before: not looked at" : "wrong";
    return fail(tx, { username, user, address: begun.address, ...failures }, named.refusal ?? ofPassword(named.user, verdict, why));
  });
}

interface Refusal {
  cause: CauseId;
  evidence: Record<string, unknown>;
}

/** Exactly one user, or why there is none. */
type Named = { user: UserRow; refusal?: undefined } | { user?: undefined; refusal: Refusal };

/** As at a machine: whoever is held back has the name not yet, and of those who are one person the primary answers. */
async function byLogin(tx: Tx, folded: string | undefined): Promise<Named> {
  const holders = folded === undefined ? [] : await tx.users.holders([{ kind: "login", folded }]);
  const [person, other] = new Set(holders.map(({ userId, linkedTo }) => linkedTo ?? userId));
  if (other !== undefined) {
    const users = (await Promise.all(holders.map(({ userId }) => tx.users.byId(userId)))).flatMap((user) => user ?? []);
    const evidence = { users: users.map(({ id, profile, source }) => ({ id, login: profile.login, source })) };
    return { refusal: { cause: "user.ambiguous", evidence } };
  }
  const holder = holders.find(({ userId }) => userId === person) ?? holders[0];
  const user = holder && (await tx.users.byId(holder.userId));
  return user ? { user } : { refusal: { cause: "user.unknown", evidence: {} } };
}

async function openFor(tx: Tx, user: UserRow, { offerMore, browserHash, address }: Begun): Promise<PrimaryOutcome> {
  const asked = { username: user.profile.login, user, address };
  const state = judgeState(user);
  if (state) return fail(tx, asked, state, user.status === "LOCKED_OUT" ? "locked" : "failed");
  const enrolments = await factorsOf(tx, user);
  const usable = usableFactors(enrolments);
  const window = usable.kind === "none" ? await openWindow(tx, user.id) : undefined;
  if (usable.kind !== "usable" && !window) {
    const evidence = { enrolments: enrolments.map(({ id, kind, status, failures }) => ({ id, kind, status, failures })) };
    // S1: a locked or pending enrolment is still one: the end is LOCKED_OUT, never enrolment.
    return fail(tx, asked, { cause: `factor.${usable.kind}`, evidence }, usable.kind === "locked" ? "locked" : "failed");
  }
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
  return showTransaction(tx, transaction, stateToken, { known: { user, factors: enrolments } });
}

/** A user who is locked shows that in the log whatever was typed. */
function ofPassword(user: UserRow, verdict: Judged, why: string): Refusal {
  const wrong = verdict.kind === "wrong" ? verdict : { cause: "user.password" as const, evidence: {} };
  return { cause: user.status === "LOCKED_OUT" ? "user.locked" : wrong.cause, evidence: { ...wrong.evidence, why } };
}

/** The true cause is for the log alone; whoever asked gets one answer for all of them (S16), or hears after the right password of a lock. */
async function fail(
  tx: Tx,
  { user, ...data }: { username: string; user: UserRow | undefined; address: string; failures?: number },
  { cause, evidence }: Refusal,
  kind: "failed" | "locked" = "failed",
): Promise<PrimaryOutcome> {
  await tx.log.append({
    type: "user.primary-failed",
    actor: user ? { type: "user", id: user.id, name: user.profile.login } : { type: "system", id: "org" },
    outcome: "failure",
    cause,
    data: { ...data, evidence },
  });
  return { kind };
}

/** The session token: what a page gets at the end of its transaction, and turns into a session once, in the browser that began (S36). */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Keys } from "../../keys/keys.ts";
import { newId } from "../ids.ts";
import { isResetSince } from "../own-factor.ts";
import { factorsOf } from "../person.ts";
import type { Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { TransactionRow } from "../store-logons.ts";

const LIFE_MS = 5 * 60_000;

/**
 * 256 bits, base64url. Made of the state token under a key that only the org has: a retry after a lost answer gets the same one, and
 * whoever reads the database, or overhears a state token, has none.
 */
export function sessionTokenOf(keys: Keys, stateToken: string): string {
  return Buffer.from(keys.mac("session-token", stateToken)).toString("base64url");
}

export function hashSecret(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Within the unit that ends the transaction well. A host's transaction leaves none: its yes is the signed decision. */
export async function leaveSessionToken(tx: Tx, transaction: TransactionRow, user: UserRow, tokenHash: string | undefined): Promise<void> {
  if (transaction.hostId !== null || tokenHash === undefined) return;
  await tx.challenges.insert({
    id: newId("chl"),
    kind: "session",
    transactionId: transaction.id,
    enrolmentId: null,
    userId: user.id,
    hostId: null,
    secret: tokenHash,
    data: { browserHash: transaction.browserHash, amr: transaction.amr, factors: transaction.factors },
    created: tx.now,
    expires: tx.now + LIFE_MS,
    answeredAt: null,
    answer: null,
    seenAt: null,
  });
}

export type Redeemed = { kind: "redeemed"; userId: string; amr: string[]; now: number } | { kind: "refused" };

/**
 * Within the unit that makes the session. Single use (S4), and used up by the wrong browser too: whoever brings a token that is not
 * theirs has stolen it, or was given it.
 * @param browser value of the cookie of the browser that asks; a token whose transaction no browser began is for none.
 */
export async function redeemSessionToken(tx: Tx, token: string, browser: string | undefined): Promise<Redeemed> {
  const left = await tx.challenges.bySecret("session", hashSecret(token));
  if (!left || !(await tx.challenges.answer(left.id, "used", tx.now))) return { kind: "refused" };
  const began = left.data["browserHash"];
  if (typeof began !== "string" || browser === undefined || !sameHash(began, hashSecret(browser))) return { kind: "refused" };
  const user = await tx.users.byId(left.userId);
  if (user?.status !== "ACTIVE") return { kind: "refused" };
  // Whoever signed in by a password that was changed after that would come in past the end of its sessions.
  if (user.passwordChanged !== null && user.passwordChanged > left.created) return { kind: "refused" };
  // S18: so would whoever kept one back that was proved by a factor that is reset by now.
  if (isResetSince(await factorsOf(tx, user), left.data["factors"] as string[])) return { kind: "refused" };
  return { kind: "redeemed", userId: user.id, amr: left.data["amr"] as string[], now: tx.now };
}

/** S26. Both are hex of one length. */
function sameHash(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one, "hex"), Buffer.from(other, "hex"));
}

/** The session token: what a page gets at the end of its transaction, and turns into a session once, in the browser that began (S36). */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Keys } from "../../keys/keys.ts";
import { isResetSince } from "../own-factor.ts";
import { factorsOf } from "../person.ts";
import type { Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { TransactionRow } from "../store-transactions.ts";

const LIFE_MS = 5 * 60_000;

/**
 * The transaction's id and a MAC of it (256 bits, base64url) under a key that only the org has: a retry after a lost answer gets the same
 * one, and whoever reads the database, or overhears a state token, has none.
 */
export function sessionTokenOf(keys: Keys, transactionId: string): string {
  return `${transactionId}.${Buffer.from(keys.mac("session-token", transactionId)).toString("base64url")}`;
}

export function hashSecret(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** What the good end of a transaction writes with it. A host's transaction leaves no token: its yes is the signed decision. */
export function leaveSession(tx: Tx, { hostId }: TransactionRow): Pick<TransactionRow, "sessionUntil"> {
  return { sessionUntil: hostId === null ? tx.now + LIFE_MS : null };
}

export interface Redeemed {
  kind: "redeemed";
  user: UserRow;
  amr: string[];
  /** Of a step-up: the session that is to be fresh, and for which app. */
  stepUp: { session: string; app: string } | undefined;
}

/**
 * Within the unit that makes the session, or makes it fresh. Single use (S4), and used up by the wrong browser too: whoever brings a token
 * that is not theirs has stolen it, or was given it.
 * @param browser value of the cookie of the browser that asks; a token whose transaction no browser began is for none.
 */
export async function redeemSessionToken(
  tx: Tx,
  keys: Keys,
  token: string,
  browser: string | undefined,
): Promise<Redeemed | { kind: "refused" }> {
  const [id = ""] = token.split(".");
  // S26. Hashes are of one length, whatever was sent.
  if (!sameHash(hashSecret(token), hashSecret(sessionTokenOf(keys, id)))) return { kind: "refused" };
  const ended = await tx.transactions.takeSession(id, tx.now);
  if (ended?.status !== "SUCCESS" || ended.userId === null || ended.sessionUntil === null) return { kind: "refused" };
  if (ended.browserHash === null || browser === undefined || !sameHash(ended.browserHash, hashSecret(browser))) return { kind: "refused" };
  const user = await tx.users.byId(ended.userId);
  if (user?.status !== "ACTIVE") return { kind: "refused" };
  // Whoever signed in by a password that was changed after that would come in past the end of its sessions.
  if (user.passwordChanged !== null && user.passwordChanged > ended.sessionUntil - LIFE_MS) return { kind: "refused" };
  // S18: so would whoever kept one back that was proved by a factor that is reset by now.
  if (isResetSince(await factorsOf(tx, user), ended.factors)) return { kind: "refused" };
  const { sessionId, appId, amr } = ended;
  const stepUp = sessionId !== null && appId !== null ? { session: sessionId, app: appId } : undefined;
  return { kind: "redeemed", user, amr, stepUp };
}

/** S26. Both are hex of one length. */
function sameHash(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one, "hex"), Buffer.from(other, "hex"));
}

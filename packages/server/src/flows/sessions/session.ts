/** Sessions of browsers at the org's own pages (S19): opened after a second factor, ended when idle, after half a day, or by their person. */
import { createHash } from "node:crypto";
import { FRESH_FACTOR_MS } from "@sallyport/contracts";
import { newId, random256 } from "../ids.ts";
import { provesOwnFactor } from "../own-factor.ts";
import type { Store, Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { SessionRow } from "../store-requests.ts";

/** NIST SP 800-63B §4.2.3 (AAL2): reauthentication after 30 minutes of inactivity, and after 12 hours in any case. */
export const SESSION_LIMITS = { idleMs: 30 * 60_000, lifeMs: 12 * 3_600_000 } as const;
/** How exactly *last seen* is kept: not every call is worth a durable write. */
const SEEN_MS = 60_000;
/** Browsers name themselves at any length. */
const AGENT_LENGTH = 256;

export interface Signed {
  session: SessionRow;
  user: UserRow;
  /** Epoch ms of the unit that looked. */
  now: number;
}

export interface Browser {
  userAgent: string;
  address: string;
}

/**
 * Rotated at sign-in: the browser's earlier session, whoever's it was, ends with it. Answers the cookie's value, which is not kept.
 * @param amr how the person proved themselves just now.
 */
export async function openSession(
  tx: Tx,
  given: { user: UserRow; amr: string[]; browser: Browser; before: string | undefined },
): Promise<{ token: string; session: SessionRow }> {
  const { user, amr, browser, before } = given;
  if (before !== undefined) await revokeByToken(tx, before);
  const token = random256();
  const session: SessionRow = {
    id: newId("ses"),
    tokenHash: hashSession(token),
    userId: user.id,
    amr,
    created: tx.now,
    lastSeen: tx.now,
    expires: tx.now + SESSION_LIMITS.lifeMs,
    factorAt: provesOwnFactor(amr) ? tx.now : 0,
    userAgent: browser.userAgent.slice(0, AGENT_LENGTH),
    address: browser.address,
    revokedAt: null,
  };
  await tx.sessions.insert(session);
  await tx.log.append({
    type: "session.opened",
    actor: { type: "user", id: user.id, name: user.profile.login },
    outcome: "success",
    data: { session: session.id, amr, address: browser.address },
  });
  return { token, session };
}

/** Undefined for a cookie that is unknown, revoked, too old or idle for too long, and for a user who may not sign in any more. */
export async function findSession(store: Store, token: string): Promise<Signed | undefined> {
  const found = await store.read(async (tx): Promise<Signed | undefined> => {
    const session = await tx.sessions.byTokenHash(hashSession(token));
    if (!session || !isAlive(session, tx.now)) return undefined;
    const user = await tx.users.byId(session.userId);
    return user?.status === "ACTIVE" ? { session, user, now: tx.now } : undefined;
  });
  if (found && found.now - found.session.lastSeen >= SEEN_MS)
    await store.inTransaction((tx) => tx.sessions.update(found.session.id, { lastSeen: tx.now }));
  return found;
}

export function isAlive({ revokedAt, expires, lastSeen }: SessionRow, now: number): boolean {
  return revokedAt === null && expires > now && lastSeen + SESSION_LIMITS.idleMs > now;
}

/** Epoch ms until which factors may be changed in this session; undefined if a factor has to be proved again first (S18). */
export function freshUntil({ session, now }: Signed): number | undefined {
  const until = session.factorAt + FRESH_FACTOR_MS;
  return until > now ? until : undefined;
}

/** Ends this browser's session; false if there was none. */
export async function endSession(store: Store, token: string): Promise<boolean> {
  return store.inTransaction((tx) => revokeByToken(tx, token));
}

async function revokeByToken(tx: Tx, token: string): Promise<boolean> {
  const session = await tx.sessions.byTokenHash(hashSession(token));
  if (!session || !(await tx.sessions.revoke(session.id, tx.now))) return false;
  await tx.log.append({
    type: "session.ended",
    actor: { type: "user", id: session.userId },
    outcome: "success",
    data: { session: session.id },
  });
  return true;
}

/** The cookie has 256 random bits: a plain hash of it is no help to a reader of the database. */
export function hashSession(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

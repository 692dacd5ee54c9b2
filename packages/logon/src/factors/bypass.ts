/** Bypass codes: an administrator's, for one user at one app, once, for hours. Pure: comparing and consuming are the caller's. */
import type { FactorKind } from "@sallyport/contracts";

/** A stored code whose selector is that of the typed one; times in epoch ms. */
export interface StoredBypass {
  appId: string;
  expires: number;
  usedAt: number | null;
  revokedAt: number | null;
}

export type BypassVerdict =
  /** The caller must consume it first, in one statement. */
  | { kind: "match" }
  | { kind: "used"; usedAt: number }
  /** By its time, or because an administrator withdrew it. */
  | { kind: "ended"; at: number }
  /** Made for another app, or the rule of this logon takes no bypass code, or there is no app at all: console and API (S11). */
  | { kind: "elsewhere" }
  | { kind: "wrong" };

/** Where the code is typed. `appId` null: not at a machine of an app. */
export interface BypassPlace {
  appId: string | null;
  allowed: boolean;
  now: number;
}

/** @param compared what the slow hash said of the typed secret; always `wrong` where no code has the selector. */
export function judgeBypass(stored: StoredBypass | undefined, compared: "right" | "wrong", place: BypassPlace): BypassVerdict {
  if (!stored || compared !== "right") return { kind: "wrong" };
  if (place.appId === null || stored.appId !== place.appId || !place.allowed) return { kind: "elsewhere" };
  if (stored.usedAt !== null) return { kind: "used", usedAt: stored.usedAt };
  if (stored.revokedAt !== null) return { kind: "ended", at: stored.revokedAt };
  return stored.expires <= place.now ? { kind: "ended", at: stored.expires } : { kind: "match" };
}

/** What of it is still to come. */
export function bypassStatus(
  { usedAt, revokedAt, expires }: Omit<StoredBypass, "appId">,
  now: number,
): "OPEN" | "USED" | "EXPIRED" | "REVOKED" {
  if (usedAt !== null) return "USED";
  if (revokedAt !== null) return "REVOKED";
  return expires <= now ? "EXPIRED" : "OPEN";
}

/** A rule that lists kinds takes a bypass code only if it names it. @param factors kinds of the rule; all if absent. */
export function takesBypass(factors: readonly FactorKind[] | undefined): boolean {
  return factors === undefined || factors.includes("bypass");
}

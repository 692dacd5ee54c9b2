/** Recovery codes: a set that was handed out once, each good for one logon. Pure: comparing and consuming are the caller's. */

/** Codes of one set. */
export const RECOVERY_CODES = 10;
/** So few left are worth a warning. */
export const RECOVERY_LOW = 2;

/** A stored code whose selector is that of the typed one. */
export interface StoredRecovery {
  /** Epoch ms; null while it is good. */
  usedAt: number | null;
}

export type RecoveryVerdict =
  /** The caller must consume it first, in one statement. */
  { kind: "match" } | { kind: "used"; usedAt: number } | { kind: "wrong" };

/** @param compared what the slow hash said of the typed secret; always `wrong` where no code has the selector. */
export function judgeRecovery(stored: StoredRecovery | undefined, compared: "right" | "wrong"): RecoveryVerdict {
  if (!stored || compared !== "right") return { kind: "wrong" };
  return stored.usedAt === null ? { kind: "match" } : { kind: "used", usedAt: stored.usedAt };
}

export function runsLow(remaining: number): boolean {
  return remaining <= RECOVERY_LOW;
}

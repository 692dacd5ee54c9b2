/** How many wrong tries a factor bears, how long one must wait between them (S1, S2; NIST SP 800-63B §5.2.2), and how often it is asked for. */
import type { EnrolmentStatus, FactorKind } from "@sallyport/contracts";

/** Consecutive failures after which the enrolment is locked. */
export const ATTEMPT_CAP = 100;
/**
 * S10: at most so many pushes, or messages of one kind, to one person within the window: nobody is worn down, and no bill runs up. The store
 * keeps as many times.
 */
export const SEND_CAP = { most: 5, windowMs: 10 * 60_000 } as const;

const FREE_TRIES = 5;
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 3_600_000;
/** Failures at which the longest wait is reached. */
const LONGEST_AT = 95;

/** Milliseconds to wait after this many failures: none for slips of the finger, then from 30 s geometrically to one hour. */
export function delayAfter(failures: number): number {
  if (failures < FREE_TRIES) return 0;
  const way = Math.min(1, (failures - FREE_TRIES) / (LONGEST_AT - FREE_TRIES));
  return Math.round(FIRST_WAIT_MS * (LONGEST_WAIT_MS / FIRST_WAIT_MS) ** way);
}

/** May a code be looked at now? `now`, `nextTryAt` in epoch ms. */
export function judgeAttempt(
  enrolment: { failures: number; nextTryAt: number; status: EnrolmentStatus },
  now: number,
): { kind: "go" } | { kind: "throttled"; waitMs: number } | { kind: "locked" } {
  if (enrolment.status !== "ACTIVE" || enrolment.failures >= ATTEMPT_CAP) return { kind: "locked" };
  return enrolment.nextTryAt > now ? { kind: "throttled", waitMs: enrolment.nextTryAt - now } : { kind: "go" };
}

/** Kinds that count only where a rule names them: who reads the mail or holds the number is weakly proved (NIST SP 800-63B §5.1.3). */
const ONLY_IF_NAMED: ReadonlySet<FactorKind> = new Set<FactorKind>(["email", "sms", "call"]);

/** Whether a rule takes this kind. @param allowed kinds that the rule names; all but the weak ones if absent. */
export function takesKind(kind: FactorKind, allowed?: readonly FactorKind[]): boolean {
  return allowed === undefined ? !ONLY_IF_NAMED.has(kind) : allowed.includes(kind);
}

/** Kinds that are asked for, and tell the person something first: there is nothing to choose them by where nothing can be shown (S10). */
const NEEDS_SHOW: ReadonlySet<FactorKind> = new Set<FactorKind>(["push", "passkey", "email", "sms", "call"]);

export type Usable<T> = { kind: "usable"; enrolments: T[] } | { kind: "none" } | { kind: "locked" } | { kind: "not-allowed" };

/**
 * Which enrolments may be used here. A locked, pending or reset one still counts as an enrolment: whoever has only such ones is locked,
 * never without a factor, so that burning a factor opens no way to a new one.
 * @param allowed as of `takesKind`. @param conversation false where the person cannot be shown anything. @param browser false where a
 * passkey cannot be asked for, neither here nor in a browser elsewhere.
 */
export function usableFactors<T extends { kind: FactorKind; status: EnrolmentStatus }>(
  enrolments: readonly T[],
  allowed?: readonly FactorKind[],
  conversation = true,
  browser = true,
): Usable<T> {
  if (enrolments.length === 0) return { kind: "none" };
  const active = enrolments.filter(({ status }) => status === "ACTIVE");
  if (active.length === 0) return { kind: "locked" };
  const fits = (kind: FactorKind) => (conversation || !NEEDS_SHOW.has(kind)) && (browser || kind !== "passkey");
  const usable = active.filter(({ kind }) => takesKind(kind, allowed) && fits(kind));
  return usable.length === 0 ? { kind: "not-allowed" } : { kind: "usable", enrolments: usable };
}

/** Judges the org's signed yes: honoured once, only for the attempt that asked, only within seconds. */
import { type DecisionClaims, decisionClaims, JWS_TYPES, LIMITS, sameOrgUrl } from "@sallyport/contracts";
import type { CryptoKey } from "jose";
import type { OrgClock } from "./clock.ts";
import { sameText } from "./same-text.ts";
import { openSigned, type Trusted } from "./signed.ts";

/** The open attempt that a decision must be for. */
export interface OpenAttempt {
  host: string;
  org: string;
  reference: string;
  nonce: string;
  /** base64url SHA-256 of the raw body of the logon request. */
  logonHash: string;
  /** Id of the user whom the transaction named, if it named one. */
  user: string | undefined;
  /** False as soon as a decision was honoured or the attempt ended. */
  open: boolean;
}

export type Judged = { ok: true; claims: DecisionClaims } | { ok: false; check: string; detail: string };

/** Clocks of org and host are compared through a round trip: this much may lie between them. */
const LEEWAY_SECONDS = 5;

/** On success the attempt is closed: the same decision is never honoured again (S4). `check` names what failed. */
export async function honourDecision(jws: string, attempt: OpenAttempt, key: CryptoKey | Trusted, clock: OrgClock): Promise<Judged> {
  const opened = await openSigned(jws, key, JWS_TYPES.decision, decisionClaims);
  if (!opened.ok) return opened;
  const failed = CHECKS.find(([, holds]) => !holds(opened.claims, attempt, clock.now()));
  if (failed) return { ok: false, check: failed[0], detail: describe(failed[0], opened.claims, clock.now()) };
  // No await stands between the check of `open` above and this line: two answers cannot both pass.
  attempt.open = false;
  return { ok: true, claims: opened.claims };
}

type Check = [name: string, holds: (claims: DecisionClaims, attempt: OpenAttempt, now: number | undefined) => boolean];

const CHECKS: Check[] = [
  ["open", (_, attempt) => attempt.open],
  ["iss", (claims, attempt) => sameOrgUrl(claims.iss, attempt.org)],
  ["aud", (claims, attempt) => claims.aud === attempt.host],
  ["reference", (claims, attempt) => claims.reference === attempt.reference],
  ["nonce", (claims, attempt) => sameText(claims.nonce, attempt.nonce)],
  ["logonHash", (claims, attempt) => sameText(claims.logonHash, attempt.logonHash)],
  ["user", (claims, attempt) => claims.user.id !== "" && (attempt.user === undefined || claims.user.id === attempt.user)],
  // A clock that was never set by the org cannot tell an old decision from a new one.
  ["time", (_, __, now) => now !== undefined],
  ["iat", (claims, _, now) => claims.iat <= (now ?? 0) / 1000 + LEEWAY_SECONDS],
  ["exp", (claims, _, now) => claims.exp > (now ?? Number.POSITIVE_INFINITY) / 1000],
  ["life", (claims) => claims.exp > claims.iat && claims.exp - claims.iat <= LIMITS.decisionSeconds],
];

function describe(check: string, claims: DecisionClaims, now: number | undefined): string {
  const value = claims[check as keyof DecisionClaims];
  const shown = typeof value === "object" ? JSON.stringify(value) : String(value ?? "");
  return `${shown.slice(0, 128)}${now === undefined ? "" : ` at org time ${Math.round(now / 1000)}`}`;
}

/** How a transaction is shown to the client that drives it, and the signed decision when it ended well. */
import {
  type DecisionClaims,
  type EnrolledKind,
  JWS_TYPES,
  LIMITS,
  type LogHead,
  type TransactionView,
  transactionStatus,
} from "@sallyport/contracts";
import type { Keys } from "../../keys/keys.ts";
import type { EnrolmentRow, TransactionRow } from "../store-logons.ts";

export interface Shown {
  transaction: TransactionRow;
  stateToken: string;
  user: { id: string; login: string } | undefined;
  enrolments: EnrolmentRow[];
}

/** False for the ends that no client sees as a status: all that is left to say of them is the cause. */
export function isShown({ status }: TransactionRow): boolean {
  return transactionStatus.safeParse(status).success;
}

/** Every link is absolute and allows exactly one method: the public clients turn it into a function by that. */
export function transactionView(orgUrl: string, { transaction, stateToken, user, enrolments }: Shown): TransactionView {
  const status = transaction.status as TransactionView["status"];
  const link = (path: string, name?: string) => ({
    ...(name ? { name } : {}),
    href: `${orgUrl}${path}`,
    hints: { allow: ["POST" as const] },
  });
  return {
    ...(status === "SUCCESS" ? {} : { stateToken }),
    expiresAt: new Date(transaction.expires).toISOString(),
    status,
    ...(status === "SUCCESS" ? { factorResult: "SUCCESS" } : {}),
    ...(user ? { _embedded: { user: { id: user.id, profile: { login: user.login } }, ...factorsOf(status, enrolments, link) } } : {}),
    _links:
      status === "SUCCESS"
        ? {}
        : { ...(status === "UNAUTHENTICATED" ? { next: link("/api/v1/authn", "password") } : {}), cancel: link("/api/v1/authn/cancel") },
  };
}

/** What the public API calls a kind; recovery codes are ours alone. */
export const NAMES = {
  totp: { factorType: "token:software:totp", provider: "GOOGLE", vendorName: "GOOGLE" },
  recovery: { factorType: "recovery_codes", provider: "SALLYPORT", vendorName: "SALLYPORT" },
} as const satisfies Record<EnrolledKind, object>;

type Link = (path: string, name?: string) => { name?: string; href: string; hints: { allow: "POST"[] } };

function factorsOf(status: string, enrolments: EnrolmentRow[], link: Link) {
  if (status !== "MFA_REQUIRED") return {};
  return {
    factors: enrolments.map((enrolment) => ({
      id: enrolment.id,
      ...NAMES[enrolment.kind],
      kind: enrolment.kind,
      ...(enrolment.kind === "totp" ? { digits: enrolment.digits } : {}),
      _links: { verify: link(`/api/v1/authn/factors/${enrolment.id}/verify`) },
    })),
  };
}

/**
 * The signed yes for the host that asked, made after the unit of work that decided was committed: nothing is signed that is not in the log.
 * @param now epoch ms of that unit.
 */
export function signDecision(
  keys: Keys,
  orgUrl: string,
  transaction: TransactionRow,
  user: { id: string; login: string },
  head: LogHead,
  now: number,
): Promise<string> {
  const { hostId, reference, nonce, logonHash } = transaction;
  if (!hostId || !reference || !nonce || !logonHash || transaction.status !== "SUCCESS")
    throw new Error("no decision for a transaction that did not succeed for a host");
  const iat = Math.floor(now / 1000);
  const claims: DecisionClaims = {
    typ: "decision",
    iss: orgUrl,
    aud: hostId,
    reference,
    nonce,
    logonHash,
    user: { id: user.id, login: user.login },
    result: "allow",
    amr: transaction.amr,
    ...(transaction.lastCause === "policy.no-mfa" ? { cause: "policy.no-mfa" as const } : {}),
    head,
    iat,
    exp: iat + LIMITS.decisionSeconds,
  };
  return keys.sign(JWS_TYPES.decision, claims);
}

/** Factors and bypass codes as the management API shows them: no hash, and a secret only in the answer that makes it. */
import {
  type BypassView,
  type EnrolledKind,
  FACTOR_NAMES,
  type PasskeyFactorView,
  type PushActivation,
  type PushFactorView,
  type RecoveryFactorView,
  type SentFactorView,
  type SupportedFactorView,
  type TicketView,
  type TotpFactorView,
  type UserFactorView,
} from "@sallyport/contracts";
import { bypassStatus, isSentKind } from "@sallyport/logon";
import type { BypassShown } from "../../flows/management/bypass-codes.ts";
import type { Activation, FactorShown } from "../../flows/management/factors-admin.ts";
import { type TicketShown, ticketStatus } from "../../flows/management/tickets.ts";
import { passkeyData, titleOf } from "../../flows/passkeys/relying-party.ts";
import { targetOf } from "../../flows/send-code.ts";
import type { EnrolmentRow } from "../../flows/store-logons.ts";
import { iso, isoOrNull } from "./views.ts";

export function factorOf({ enrolment, remaining }: FactorShown): UserFactorView {
  if (enrolment.kind === "push") return pushOf(enrolment);
  if (isSentKind(enrolment.kind)) return sentOf(enrolment);
  if (enrolment.kind === "passkey") return passkeyOf(enrolment);
  return enrolment.kind === "totp" ? totpOf(enrolment) : recoveryOf(enrolment, remaining);
}

/** How a kind stands that a person may enrol: of several the one that is best set up. */
export function catalogEntry(kind: EnrolledKind, shown: FactorShown[]): SupportedFactorView {
  const states = shown.filter(({ enrolment }) => enrolment.kind === kind).map(({ enrolment }) => enrolment.status);
  const status = states.includes("ACTIVE") ? ("ACTIVE" as const) : (states[0] ?? ("NOT_SETUP" as const));
  return { ...FACTOR_NAMES[kind], enrollment: "OPTIONAL", status };
}

export function pushOf(row: EnrolmentRow, activation?: PushActivation): PushFactorView {
  const view = {
    ...commonOf(row),
    ...FACTOR_NAMES.push,
    profile: { credentialId: row.handle, name: row.name },
    verifier: row.data["verifier"] !== undefined,
    woken: row.sealedSecret !== "",
    lastUsed: isoOrNull(row.lastUsed),
  };
  return activation ? { ...view, _embedded: { activation } } : view;
}

export function totpOf(row: EnrolmentRow, activation?: Activation): TotpFactorView {
  const view = { ...commonOf(row), ...FACTOR_NAMES.totp, digits: row.digits, algorithm: row.algorithm };
  if (!activation) return view;
  return { ...view, _embedded: { activation } };
}

export function passkeyOf(row: EnrolmentRow): PasskeyFactorView {
  const { handle, lastUsed } = row;
  const profile = { ...(handle === null ? {} : { credentialId: handle }), authenticatorName: titleOf(row) };
  return {
    ...commonOf(row),
    ...FACTOR_NAMES.passkey,
    profile,
    backedUp: passkeyData(row).backedUp === true,
    lastUsed: isoOrNull(lastUsed),
  };
}

/** To administrators in full: they have it in the profile as well. */
export function sentOf(row: EnrolmentRow): SentFactorView {
  const shown = { ...commonOf(row), lastUsed: isoOrNull(row.lastUsed) };
  if (row.kind === "email") return { ...shown, ...FACTOR_NAMES.email, profile: { email: targetOf(row) } };
  return { ...shown, ...(row.kind === "sms" ? FACTOR_NAMES.sms : FACTOR_NAMES.call), profile: { phoneNumber: targetOf(row) } };
}

export function recoveryOf(row: EnrolmentRow, remaining: number, codes?: string[]): RecoveryFactorView {
  const view = { ...commonOf(row), ...FACTOR_NAMES.recovery, remaining };
  return codes ? { ...view, _embedded: { activation: { codes } } } : view;
}

function commonOf({ id, status, created, updated, failures }: EnrolmentRow) {
  return { id, status, created: iso(created), lastUpdated: iso(updated), failures };
}

export function bypassOf({ row, app, now, code }: BypassShown): BypassView {
  const { id, reason, createdBy, usedOn } = row;
  return {
    id,
    app,
    reason,
    status: bypassStatus(row, now),
    created: iso(row.created),
    createdBy,
    expiresAt: iso(row.expires),
    usedAt: isoOrNull(row.usedAt),
    usedOn,
    revokedAt: isoOrNull(row.revokedAt),
    ...(code === undefined ? {} : { code }),
  };
}

export function ticketOf({ row, now, ticket }: TicketShown): TicketView {
  const { id, hash, createdBy, confirmedBy, failures } = row;
  return {
    id,
    proof: hash === null ? "confirmation" : "ticket",
    status: ticketStatus(row, now),
    created: iso(row.created),
    createdBy,
    expiresAt: iso(row.expires),
    usedAt: isoOrNull(row.usedAt),
    revokedAt: isoOrNull(row.revokedAt),
    confirmedAt: isoOrNull(row.confirmedAt),
    confirmedBy,
    failures,
    ...(ticket === undefined ? {} : { ticket }),
  };
}

/** Factors and bypass codes as the management API shows them: no hash, and a secret only in the answer that makes it. */
import {
  type BypassView,
  FACTOR_NAMES,
  type RecoveryFactorView,
  type TicketView,
  type TotpFactorView,
  type UserFactorView,
} from "@sallyport/contracts";
import { bypassStatus } from "@sallyport/logon";
import type { BypassShown } from "../../flows/management/bypass-codes.ts";
import type { Activation, FactorShown } from "../../flows/management/factors-admin.ts";
import { type TicketShown, ticketStatus } from "../../flows/management/tickets.ts";
import type { EnrolmentRow } from "../../flows/store-logons.ts";
import { iso, isoOrNull } from "./views.ts";

export function factorOf({ enrolment, remaining }: FactorShown): UserFactorView {
  return enrolment.kind === "totp" ? totpOf(enrolment) : recoveryOf(enrolment, remaining);
}

export function totpOf(row: EnrolmentRow, activation?: Activation): TotpFactorView {
  const view = { ...commonOf(row), ...FACTOR_NAMES.totp, digits: row.digits, algorithm: row.algorithm };
  if (!activation) return view;
  return { ...view, _embedded: { activation } };
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

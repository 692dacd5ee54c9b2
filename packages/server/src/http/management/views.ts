/** Rows of the store as the management API shows them: ISO 8601 times, no hashes, no sealed secrets. */
import type { AppView, ClientView, GroupView, HostView, hostCodeView, TokenView, UserView } from "@sallyport/contracts";
import type * as z from "zod";
import type { ClientShown } from "../../flows/management/clients.ts";
import { shownStatus } from "../../flows/management/expire-password.ts";
import { typeOfGroup } from "../../flows/management/group-search.ts";
import type { AppRow, GroupRow, UserRow } from "../../flows/store-directory.ts";
import type { TokenRow } from "../../flows/store-keys.ts";
import type { HostCodeRow, HostRow } from "../../flows/store-logons.ts";

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

export function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : iso(ms);
}

export function userOf(row: UserRow): UserView {
  const { id, source, externalId, profile } = row;
  return {
    id,
    status: shownStatus(row),
    created: iso(row.created),
    lastUpdated: iso(row.updated),
    statusChanged: isoOrNull(row.statusSince),
    passwordChanged: isoOrNull(row.passwordChanged),
    profile,
    source,
    externalId,
    linkedTo: row.linkedTo,
  };
}

export function groupOf(row: GroupRow): GroupView {
  const { id, name, description, created, source, externalId, rule } = row;
  return { id, created: iso(created), type: typeOfGroup(row), profile: { name, description }, source, externalId, rule };
}

/** `name` and `signOnMode` are what the public API calls an app of this kind; ours knows only one kind. */
export function appOf({ id, label, status, created, nameRules, legacy }: AppRow): AppView {
  const shape = { name: "sallyport_host", label, status, created: iso(created), signOnMode: "AUTO_LOGIN" };
  return { id, ...shape, settings: { nameRules, legacy }, findings: legacy ? [{ cause: "client.legacy" }] : [] };
}

export function hostOf(row: HostRow, appLabel: string): HostView {
  const { id, name, platform, status, statusBy, version, armed, offsetMs, policyVersion, findings } = row;
  return {
    id,
    name,
    app: appLabel,
    platform,
    domain: row.domain,
    status,
    statusChanged: isoOrNull(row.statusSince),
    statusBy,
    created: iso(row.created),
    lastSeen: isoOrNull(row.lastSeen),
    version,
    armed,
    offsetMs,
    policyVersion,
    client: row.clientId,
    legacy: row.legacy,
    findings: row.legacy ? [...findings.filter(({ cause }) => cause !== "client.legacy"), { cause: "client.legacy" }] : findings,
  };
}

export function clientOf({ row, app, secrets, now, secret }: ClientShown): ClientView {
  const { id, name, cap, registered, approve } = row;
  return {
    id,
    app,
    name,
    cap,
    registered,
    approve,
    created: iso(row.created),
    revokedAt: isoOrNull(row.revoked),
    secrets: secrets.map(({ created, retires }) => ({
      created: iso(created),
      retiresAt: isoOrNull(retires),
      state: retires !== null && retires <= now ? "retired" : "valid",
    })),
    ...(secret === undefined ? {} : { secret }),
  };
}

export function hostCodeOf(row: HostCodeRow, appLabel: string, code?: string): z.infer<typeof hostCodeView> {
  const { id, name } = row;
  const times = { created: iso(row.created), expiresAt: iso(row.expires), usedAt: isoOrNull(row.usedAt) };
  return { id, app: appLabel, name, ...times, ...(code === undefined ? {} : { code }) };
}

export function tokenOf(row: TokenRow, token?: string): TokenView {
  const { id, name, role, source } = row;
  const times = {
    created: iso(row.created),
    expiresAt: isoOrNull(row.expires),
    lastUsed: isoOrNull(row.lastUsed),
    revokedAt: isoOrNull(row.revoked),
  };
  return { id, name, role, source, ...times, ...(token === undefined ? {} : { token }) };
}

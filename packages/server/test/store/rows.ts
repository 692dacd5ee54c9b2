/** Rows for the store's suites: whole and plain, each with names of its own. */
import type { LogonRequest } from "@sallyport/contracts";
import { namesOf } from "@sallyport/logon";
import { blankTransaction } from "../../src/flows/authn/blank-transaction.ts";
import { newId, random128, random256 } from "../../src/flows/ids.ts";
import type { Tx } from "../../src/flows/store.ts";
import type { ClientRow } from "../../src/flows/store-clients.ts";
import type { BypassCodeRow, RecoveryCodeRow } from "../../src/flows/store-codes.ts";
import type { AppRow, GroupRow, UserRow } from "../../src/flows/store-directory.ts";
import type { EnrolmentRow, HostRow, LogonRow } from "../../src/flows/store-logons.ts";
import type { ChallengeRow, OutboxRow, SessionRow, TicketRow } from "../../src/flows/store-requests.ts";
import type { SourceRow } from "../../src/flows/store-sources.ts";
import type { TransactionRow } from "../../src/flows/store-transactions.ts";

export function userRow(login: string, change: Partial<UserRow> = {}): UserRow {
  const id = newId("usr");
  const rest = { status: "ACTIVE" as const, statusSince: 1, statusBy: "test", passwordHash: null, passwordChanged: null, role: null };
  return {
    id,
    source: "local",
    externalId: id,
    profile: { login },
    ...rest,
    created: 1,
    updated: 1,
    linkedTo: null,
    mustChange: false,
    ...change,
  };
}

export async function addUser(tx: Tx, login: string, change: Partial<UserRow> = {}): Promise<UserRow> {
  const user = userRow(login, change);
  await tx.users.insert(user, namesOf(user.profile));
  return user;
}

/** Ids of those whose login is one of these and who are assigned to the app. @param logins folded. */
export async function assignedOf(tx: Tx, appId: string, ...logins: string[]): Promise<string[]> {
  const { assigned } = await tx.users.lookUp(appId, () => logins.map((folded) => ({ kind: "login", folded })));
  return [...assigned].sort();
}

export function groupRow(name: string, change: Partial<GroupRow> = {}): GroupRow {
  return { id: newId("grp"), name, description: null, created: 1, source: null, externalId: null, rule: null, ...change };
}

export function appRow(label: string): AppRow {
  return {
    id: newId("app"),
    label,
    status: "ACTIVE",
    nameRules: ["login"],
    policyVersion: 1,
    policy: { rules: [] },
    legacy: false,
    created: 1,
  };
}

/** Due at 100 ms after the beginning of time, and sealed under a key that nobody has. */
export function sourceRow(name: string, change: Partial<SourceRow> = {}): SourceRow {
  const rest = { everyMinutes: 15, brake: 10, paused: false, cursor: null, nextAt: 100, created: 1, createdBy: "t" };
  return { name, kind: "ldap", settings: { base: "dc=x" }, sealedSecret: "v1.k.x", ...rest, ...change };
}

/** A source that is written by SCIM: nothing is read, and nothing is kept of it. */
export function scimSource(name: string): SourceRow {
  return sourceRow(name, { kind: "scim", settings: {}, sealedSecret: "", everyMinutes: null, nextAt: null });
}

export function hostRow(appId: string, change: Partial<HostRow> = {}): HostRow {
  const key = { kty: "EC", crv: "P-256", x: random256(), y: random256() } as const;
  return {
    id: newId("hst"),
    appId,
    name: "srv01",
    platform: "linux",
    key,
    status: "ACTIVE",
    statusSince: null,
    statusBy: null,
    generation: random128(),
    previousGeneration: null,
    checkId: null,
    bootId: null,
    version: "0.1.0",
    armed: false,
    offsetMs: null,
    policyVersion: null,
    findings: [],
    created: 1,
    lastSeen: null,
    clientId: null,
    legacy: false,
    notBefore: 0,
    decisionKey: null,
    domain: null,
    ...change,
  };
}

export function clientRow(appId: string, change: Partial<ClientRow> = {}): ClientRow {
  const none = { registered: 0, approve: false, version: 1, revoked: null };
  return { id: newId("sec"), appId, name: "image", cap: 2, ...none, created: 1, createdBy: "t", ...change };
}

export function enrolmentRow(userId: string, change: Partial<EnrolmentRow> = {}): EnrolmentRow {
  const shape = {
    kind: "totp" as const,
    status: "ACTIVE" as const,
    sealedSecret: "v1.x",
    digits: 6,
    algorithm: "SHA1" as const,
    period: 30,
  };
  const rest = { name: null, handle: null, data: {}, counter: 0, lastUsed: null };
  return { id: newId("enr"), userId, ...shape, drift: 0, failures: 0, nextTryAt: 0, created: 1, updated: 1, ...rest, ...change };
}

export function recoveryCodeRow(enrolmentId: string, selector: string): RecoveryCodeRow {
  return { enrolmentId, selector, hash: "$argon2id$x", usedAt: null };
}

export function bypassCodeRow(userId: string, appId: string, change: Partial<BypassCodeRow> = {}): BypassCodeRow {
  const fresh = { usedAt: null, usedOn: null, revokedAt: null };
  const shape = { selector: "AAAA", hash: "$argon2id$x", reason: "phone lost", created: 1, createdBy: "t", expires: 100 };
  return { id: newId("byp"), userId, appId, ...shape, ...fresh, ...change };
}

export function transactionRow(change: Partial<TransactionRow> = {}): TransactionRow {
  return {
    ...blankTransaction(1),
    tokenHash: random256(),
    status: "MFA_REQUIRED",
    drive: "agent",
    expires: 1000,
    ...change,
  };
}

export function logonRow(hostId: string, reference: string, change: Partial<LogonRow> = {}): LogonRow {
  const asked: Pick<LogonRequest, "username" | "service" | "scenario"> = { username: "alice", service: "sshd", scenario: "logon" };
  const open = { ended: null, result: "open" as const, cause: null, told: null, rule: null, amr: [], evidence: {} };
  return { reference, hostId, appId: "app", ...asked, domain: null, userId: null, address: null, started: 1, ...open, ...change };
}

/** Open, and ends at 100. */
export function challengeRow(userId: string, change: Partial<ChallengeRow> = {}): ChallengeRow {
  const none = { transactionId: null, enrolmentId: null, hostId: null, answeredAt: null, answer: null, seenAt: null };
  return {
    id: newId("chl"),
    kind: "push",
    userId,
    ...none,
    secret: random256(),
    data: { number: 42 },
    created: 1,
    expires: 100,
    ...change,
  };
}

export function ticketRow(userId: string, change: Partial<TicketRow> = {}): TicketRow {
  const fresh = { usedAt: null, revokedAt: null, confirmedAt: null, confirmedBy: null, failures: 0, nextTryAt: 0 };
  const shape = { selector: "AAAA", hash: "$argon2id$x", created: 1, createdBy: "t", expires: 100 };
  return { id: newId("tkt"), userId, ...shape, ...fresh, ...change };
}

export function outboxRow(change: Partial<OutboxRow> = {}): OutboxRow {
  const fresh = { nextAt: 1, tries: 0, doneAt: null, error: null };
  return { id: random128(), kind: "mail", about: "test", sealed: "v1.x", created: 1, expires: 100, ...fresh, ...change };
}

export function sessionRow(userId: string, change: Partial<SessionRow> = {}): SessionRow {
  const times = { created: 1, lastSeen: 1, expires: 100, factorAt: 1, revokedAt: null };
  return {
    id: random128(),
    tokenHash: random256(),
    userId,
    amr: ["pwd"],
    ...times,
    userAgent: "a browser",
    address: "192.0.2.1",
    ...change,
  };
}

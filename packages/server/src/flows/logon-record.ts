/** The one record of an attempt, and the event that says how it ended: both written in the unit of work that decided. */
import type { CauseId, LogonRequest } from "@sallyport/contracts";
import { toldToHost } from "@sallyport/logon";
import type { Tx } from "./store.ts";
import type { HostRow, LogonRow } from "./store-logons.ts";
import type { TransactionRow } from "./store-transactions.ts";

export interface Refused {
  kind: "logon-refused";
  cause: CauseId;
  /** What the host hears: one answer for unknown, ambiguous and unassigned users (S16). */
  told: CauseId;
  reference: string | undefined;
  evidence: Record<string, unknown>;
}

/** A new record for a request of a host; `result` is open until it ends. */
export function newLogon(host: HostRow, request: LogonRequest, now: number): LogonRow {
  return {
    reference: request.reference,
    hostId: host.id,
    appId: host.appId,
    username: request.username,
    domain: request.domain ?? null,
    userId: null,
    service: request.service,
    scenario: request.scenario,
    address: request.address ?? null,
    started: now,
    ended: null,
    result: "open",
    cause: null,
    told: null,
    rule: null,
    amr: [],
    evidence: {
      hostTime: request.hostTime,
      offsetMs: request.hostTime - now,
      password: request.password,
      conversation: request.conversation,
      ...(request.trial ? { trial: true } : {}),
      findings: findingsOf(host, request.hostTime - now),
    },
  };
}

/** A host clock further off than this is worth saying; what is less is the way that the request took. */
const OFFSET_WORTH_SAYING_MS = 5000;

/** What is known of the host when a logon begins: its last self-check, its clock at this moment, and a shared secret. */
function findingsOf(host: HostRow, offsetMs: number): HostRow["findings"] {
  const seen = host.findings.filter(({ cause }) => cause !== "clock.host" && cause !== "client.legacy");
  const off = Math.abs(offsetMs) > OFFSET_WORTH_SAYING_MS;
  return [
    ...seen,
    ...(off ? [{ cause: "clock.host" as const, evidence: JSON.stringify({ offsetMs, direction: offsetMs > 0 ? "fast" : "slow" }) }] : []),
    ...(host.legacy ? [{ cause: "client.legacy" as const, evidence: JSON.stringify({ client: host.clientId }) }] : []),
  ];
}

/** Inserts the ended record and its event for a logon that never opened a transaction. */
export async function refuseAtOnce(
  tx: Tx,
  logon: LogonRow,
  host: HostRow,
  why: { cause: CauseId; evidence: Record<string, unknown>; userId?: string | undefined; rule?: string | undefined },
): Promise<Refused> {
  const told = toldToHost(why.cause);
  const ended: LogonRow = {
    ...logon,
    userId: why.userId ?? null,
    rule: why.rule ?? null,
    ended: tx.now,
    result: "deny",
    cause: why.cause,
    told,
    evidence: { ...logon.evidence, ...why.evidence },
  };
  await tx.logons.insert(ended);
  await sayEnd(tx, ended, host.name);
  return { kind: "logon-refused", cause: why.cause, told, reference: logon.reference, evidence: tellable(told, why.evidence) };
}

/**
 * Ends the record of a transaction that a host opened; a transaction opened by a page has none, and a step-up an event.
 * @param known what this very unit has read already.
 */
export async function endLogon(
  tx: Tx,
  transaction: TransactionRow,
  end: { result: "allow" | "deny"; cause: CauseId | null; told?: CauseId; evidence?: Record<string, unknown>; amr?: string[] },
  known?: { logon: LogonRow; host: HostRow },
): Promise<void> {
  if (transaction.sessionId !== null && end.cause !== null) await sayStepUpRefused(tx, transaction, end.cause, end.evidence ?? {});
  if (!transaction.hostId || !transaction.reference) return;
  const { hostId, reference } = transaction;
  const logon = known?.logon ?? (await tx.logons.ofHost(hostId, reference));
  if (!logon) throw new Error(`transaction ${transaction.id} has no record of its logon`);
  const change = {
    userId: transaction.userId,
    rule: transaction.rule,
    ended: tx.now,
    result: end.result,
    cause: end.cause,
    told: end.told ?? (end.cause === null ? null : toldToHost(end.cause)),
    amr: end.amr ?? [],
    evidence: { ...logon.evidence, ...end.evidence },
  };
  await tx.logons.update(hostId, reference, change);
  const host = known?.host ?? (await tx.hosts.byId(hostId));
  await sayEnd(tx, { ...logon, ...change }, host?.name);
}

/** A step-up has no record; what it came to is in the log alone. */
export async function sayStepUpRefused(
  tx: Tx,
  { userId, sessionId, appId, address }: TransactionRow,
  cause: CauseId,
  evidence: Record<string, unknown>,
): Promise<void> {
  await tx.log.append({
    type: "session.step-up-refused",
    actor: { type: "user", id: userId ?? "" },
    outcome: "failure",
    cause,
    data: { session: sessionId, app: appId, address: address?.value, evidence },
  });
}

async function sayEnd(tx: Tx, logon: LogonRow, hostName: string | undefined): Promise<void> {
  const attempt = {
    username: logon.username,
    domain: logon.domain,
    service: logon.service,
    scenario: logon.scenario,
    address: logon.address,
    rule: logon.rule,
    ...(logon.evidence["trial"] === true ? { trial: true } : {}),
  };
  const actor = { type: "host", id: logon.hostId, ...(hostName === undefined ? {} : { name: hostName }) } as const;
  const target = logon.userId === null ? {} : { target: { type: "user", id: logon.userId } };
  const common = { actor, ...target, reference: logon.reference, host: logon.hostId };
  if (logon.result === "deny") {
    const data = { ...attempt, told: logon.told, evidence: logon.evidence };
    await tx.log.append({ type: "logon.refused", ...common, outcome: "failure", cause: logon.cause ?? undefined, data });
    return;
  }
  if (logon.cause === "policy.no-mfa") {
    await tx.log.append({ type: "logon.without-factor", ...common, outcome: "success", cause: "policy.no-mfa", data: attempt });
    return;
  }
  await tx.log.append({ type: "logon.allowed", ...common, outcome: "success", data: { ...attempt, amr: logon.amr } });
}

/** Evidence that may leave the org: what names other people or our rules stays here; it is in `why`. */
function tellable(told: CauseId, evidence: Record<string, unknown>): Record<string, unknown> {
  return told === "factor.throttled" ? evidence : {};
}

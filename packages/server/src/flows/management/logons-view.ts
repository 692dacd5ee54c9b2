/** One logon as the org knows it: its record, its events, and what the host told afterwards. */
import type { LogEvent, LogonView } from "@sallyport/contracts";
import type { Store, Tx } from "../store.ts";
import type { HostRow, LogonRow } from "../store-logons.ts";

/** A reference has 40 bits and is given by the host: two hosts may use the same, so the answer is a list. */
export function viewLogons(store: Store, reference: string): Promise<LogonView[]> {
  return store.read(async (tx) => {
    const rows = await tx.logons.byReference(reference);
    const events = await tx.log.list({ reference, limit: 500 });
    return Promise.all(rows.map((row) => viewOf(tx, row, events)));
  });
}

async function viewOf(tx: Tx, row: LogonRow, events: LogEvent[]): Promise<LogonView> {
  const [host, app, user, reports] = await Promise.all([
    tx.hosts.byId(row.hostId),
    tx.apps.byId(row.appId),
    row.userId === null ? undefined : tx.users.byId(row.userId),
    tx.logons.reports(row.hostId, row.reference),
  ]);
  const { reference, username, domain, service, scenario, address, result, cause, told, rule, amr } = row;
  const { findings, ...evidence } = row.evidence;
  return {
    reference,
    host: { id: row.hostId, name: host?.name ?? row.hostId },
    app: app?.label ?? row.appId,
    username,
    domain,
    user: user ? { id: user.id, login: user.profile.login } : null,
    service,
    scenario,
    address,
    started: iso(row.started),
    ended: row.ended === null ? null : iso(row.ended),
    result,
    cause,
    told: told === cause ? null : told,
    rule,
    amr,
    evidence,
    // Records of an earlier version have none.
    findings: Array.isArray(findings) ? (findings as HostRow["findings"]) : [],
    timeline: events
      .filter((event) => event.host === row.hostId)
      .map((event) => ({ at: event.published, type: event.type, ...(event.cause ? { cause: event.cause } : {}), data: event.data })),
    reported: reports.map((report) => ({
      at: iso(report.at),
      result: report.result,
      ...(report.cause ? { cause: report.cause } : {}),
      evidence: report.evidence,
    })),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Takes what a host reports afterwards: password failures, fail-open logons, attempts while the org or the agent was away. */
import type { AttemptReport } from "@sallyport/contracts";
import type { Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { HostRow, LogonRow } from "../store-logons.ts";
import { findUser } from "./find-user.ts";

/** Reports may come twice (a lost answer): the same report of the same attempt is kept once. Answers how many were new. */
export async function takeReports(tx: Tx, host: HostRow, reports: AttemptReport[]): Promise<number> {
  let taken = 0;
  for (const report of reports) taken += (await takeReport(tx, host, report)) ? 1 : 0;
  return taken;
}

async function takeReport(tx: Tx, host: HostRow, report: AttemptReport): Promise<boolean> {
  const row = { at: report.at, result: report.result, cause: report.cause ?? null, evidence: report.evidence ?? {} };
  const before = await tx.logons.reports(host.id, report.reference);
  if (before.some((r) => r.at === row.at && r.result === row.result && r.cause === row.cause)) return false;
  const known = await tx.logons.ofHost(host.id, report.reference);
  if (!known) await tx.logons.insert(reported(host, report));
  await tx.logons.addReport(host.id, report.reference, row);
  if (known && report.result === "deny" && isRefusedHere(known)) return true;
  const user = await meantBy(tx, host, report);
  await tx.log.append({
    type: eventOf(report),
    actor: { type: "host", id: host.id, name: host.name },
    ...(user ? { target: { type: "user", id: user.id, name: user.profile.login } } : {}),
    outcome: report.result === "allow" ? "success" : "failure",
    cause: report.cause,
    reference: report.reference,
    host: host.id,
    data: {
      username: report.username,
      service: report.service,
      scenario: report.scenario ?? null,
      address: report.address ?? null,
      reported: true,
      at: new Date(report.at).toISOString(),
      evidence: row.evidence,
    },
  });
  return true;
}

/** The org ended it and said so in its log: that the host refused it too, for a reason as it saw it, is of the record, not another refusal. */
function isRefusedHere({ result, evidence }: LogonRow): boolean {
  return result === "deny" && evidence["reported"] !== true;
}

/** Whoever was let in by a proof of the machine's own is told of it; the machine knows a name only. */
async function meantBy(tx: Tx, host: HostRow, report: AttemptReport): Promise<UserRow | undefined> {
  if (report.result !== "allow" || report.evidence?.["proof"] === undefined) return undefined;
  const app = await tx.apps.byId(host.appId);
  const { username, service, scenario = "logon" } = report;
  const found = app && (await findUser(tx, app, host, { username, service, scenario }));
  return found?.kind === "found" ? found.user : undefined;
}

function eventOf(report: AttemptReport) {
  const proof = report.result === "allow" ? report.evidence?.["proof"] : undefined;
  if (proof === "offline") return "logon.offline";
  if (proof === "break-glass") return "logon.break-glass";
  if (report.cause === "logon.fail-open") return "logon.fail-open";
  if (report.result === "allow") return report.cause === undefined ? "logon.allowed" : "logon.without-factor";
  return "logon.refused";
}

function reported(host: HostRow, report: AttemptReport): LogonRow {
  return {
    reference: report.reference,
    hostId: host.id,
    appId: host.appId,
    username: report.username,
    domain: null,
    userId: null,
    service: report.service,
    scenario: report.scenario ?? "logon",
    address: report.address ?? null,
    started: report.at,
    ended: report.at,
    result: report.result,
    cause: report.cause ?? null,
    told: report.cause ?? null,
    rule: null,
    amr: [],
    evidence: { ...report.evidence, reported: true },
  };
}

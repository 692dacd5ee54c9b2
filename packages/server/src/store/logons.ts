/** Stored attempts: one record for each logon of a host, and what the host reported of it. */

import { Conflict } from "../flows/store.ts";
import type { LogonReportRow, LogonRow, LogonsStore } from "../flows/store-logons.ts";
import type { Builder } from "./builder.ts";
import { compiledByColumns, compiledOnce } from "./compiled-once.ts";
import type { Schema } from "./schema.ts";
import type { Sql } from "./sql.ts";

type Stored = Schema["logons"];

const insert = compiledByColumns((build, row: Partial<Stored>) =>
  build
    .insertInto("logons")
    .values(row as Stored)
    .onConflict((c) => c.doNothing())
    .returning("reference"),
);
const update = compiledByColumns((build, row: Partial<Stored>, { key, host }: { key: string; host: string }) =>
  build.updateTable("logons").set(row).where("reference", "=", key).where("host_id", "=", host),
);
const ofHost = compiledOnce((build, { host, reference }: { host: string; reference: string }) =>
  build.selectFrom("logons").selectAll().where("reference", "=", reference).where("host_id", "=", host),
);

export function logonsStore(sql: Sql, build: Builder): LogonsStore {
  return {
    async insert(logon) {
      if (!(await sql.first(insert(build, changeOf(logon), {})))) throw new Conflict(`the logon ${logon.reference} of this host`);
    },
    update: (hostId, reference, change) => sql.run(update(build, changeOf(change), { key: reference, host: hostId })),
    async byReference(reference) {
      return (await sql.all(build.selectFrom("logons").selectAll().where("reference", "=", reference).orderBy("started"))).map(fromRow);
    },
    async ofHost(host, reference) {
      const row = host === null || reference === null ? undefined : await sql.first(ofHost(build, { host, reference }));
      return row && fromRow(row);
    },
    async ofUsers(userIds, limit) {
      const theirs = build.selectFrom("logons").selectAll().where("user_id", "in", userIds);
      return (await sql.all(theirs.orderBy("started", "desc").orderBy("reference").limit(limit))).map(fromRow);
    },
    addReport: (hostId, reference, report) =>
      sql.run(
        build.insertInto("logon_reports").values({ ...report, host_id: hostId, reference, evidence: JSON.stringify(report.evidence) }),
      ),
    async removeBefore(at, limit) {
      const old = build.selectFrom("logons").select(["reference", "host_id"]).where("started", "<", at).where("ended", "is not", null);
      const some = old.orderBy("started").limit(limit);
      const statement = build
        .deleteFrom("logons")
        .where(({ eb, refTuple }) => eb(refTuple("reference", "host_id"), "in", some.$asTuple("reference", "host_id")));
      return (await sql.all(statement.returning("reference"))).length;
    },
    async removeReportsBefore(at, limit) {
      // They have no key of their own: all of one moment go together.
      const moments = build.selectFrom("logon_reports").select("at").where("at", "<", at).orderBy("at").limit(limit);
      const rows = await sql.all(build.deleteFrom("logon_reports").where("at", "in", moments).returning("at"));
      return Math.min(rows.length, limit);
    },
    async reports(hostId, reference) {
      const columns = ["at", "result", "cause", "evidence"] as const;
      const statement = build
        .selectFrom("logon_reports")
        .select(columns)
        .where("reference", "=", reference)
        .where("host_id", "=", hostId)
        .orderBy("at");
      const rows = await sql.all(statement);
      return rows.map((row) => ({ ...row, cause: row.cause as LogonReportRow["cause"], evidence: JSON.parse(row.evidence) }));
    },
  };
}

const COLUMNS = {
  hostId: "host_id",
  reference: "reference",
  appId: "app_id",
  username: "username",
  domain: "domain",
  userId: "user_id",
  service: "service",
  scenario: "scenario",
  started: "started",
  ended: "ended",
  result: "result",
  cause: "cause",
  told: "told",
  rule: "rule",
} as const;

function changeOf(change: Partial<LogonRow>): Partial<Stored> {
  const set: Record<string, unknown> = {};
  for (const [field, column] of Object.entries(COLUMNS)) {
    const value = change[field as keyof typeof COLUMNS];
    if (value !== undefined) set[column] = value;
  }
  if (change.address !== undefined) set["address"] = change.address === null ? null : JSON.stringify(change.address);
  if (change.amr !== undefined) set["amr"] = JSON.stringify(change.amr);
  if (change.evidence !== undefined) set["evidence"] = JSON.stringify(change.evidence);
  return set as Partial<Stored>;
}

function fromRow(row: Stored): LogonRow {
  return {
    reference: row.reference,
    hostId: row.host_id,
    appId: row.app_id,
    username: row.username,
    domain: row.domain,
    userId: row.user_id,
    service: row.service,
    scenario: row.scenario,
    address: row.address === null ? null : JSON.parse(row.address),
    started: row.started,
    ended: row.ended,
    result: row.result as LogonRow["result"],
    cause: row.cause as LogonRow["cause"],
    told: row.told as LogonRow["told"],
    rule: row.rule,
    amr: JSON.parse(row.amr),
    evidence: JSON.parse(row.evidence),
  };
}

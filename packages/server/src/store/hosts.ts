/** Stored machines: hosts, their enrolment codes, and what of their calls works once. */
import type { HostCodeRow, HostRow, HostsStore } from "../flows/store-logons.ts";
import type { Builder } from "./builder.ts";
import { consumeOne } from "./primitives.ts";
import type { Schema } from "./schema.ts";
import type { Sql } from "./sql.ts";

type Stored = Schema["hosts"];

export function hostsStore(sql: Sql, build: Builder): HostsStore {
  const countNames = async (hostId: string, hour: number) => {
    const count = build
      .selectFrom("host_names")
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .where("host_id", "=", hostId)
      .where("hour", "=", hour);
    return Number((await sql.first(count))?.count ?? 0);
  };
  return {
    insert: (host) => sql.run(build.insertInto("hosts").values(toStored(host))),
    async byId(id) {
      const row = await sql.first(build.selectFrom("hosts").selectAll().where("id", "=", id));
      return row && fromRow(row);
    },
    async list({ limit, after }) {
      let statement = build.selectFrom("hosts").selectAll().orderBy("id").limit(limit);
      if (after !== undefined) statement = statement.where("id", ">", after);
      return (await sql.all(statement)).map(fromRow);
    },
    async update(id, change) {
      const set = changeOf(change);
      if (Object.keys(set).length > 0) await sql.run(build.updateTable("hosts").set(set).where("id", "=", id));
    },
    rotateGeneration: (id, expected, next, checkId, bootId) =>
      consumeOne(
        sql,
        build
          .updateTable("hosts")
          .set({ generation: next, previous_generation: expected, check_id: checkId, boot_id: bootId })
          .where("id", "=", id)
          .where("generation", "=", expected)
          .returning("id"),
      ),
    consumeJti: (hostId, jti, expires) =>
      consumeOne(
        sql,
        build
          .insertInto("host_jtis")
          .values({ host_id: hostId, jti, expires })
          .onConflict((c) => c.doNothing())
          .returning("jti"),
      ),
    ...codes(sql, build),
    async countName(hostId, folded, hour) {
      const fresh = build
        .insertInto("host_names")
        .values({ host_id: hostId, hour, folded })
        .onConflict((c) => c.doNothing())
        .returning("folded");
      if (!(await sql.first(fresh))) return 0;
      return countNames(hostId, hour);
    },
    async foresee(hostId, folded, hour) {
      const known = build.selectFrom("host_names").select("folded");
      const same = known.where("host_id", "=", hostId).where("hour", "=", hour).where("folded", "=", folded);
      return (await sql.first(same)) ? 0 : 1 + (await countNames(hostId, hour));
    },
  };
}

function codes(sql: Sql, build: Builder) {
  return {
    insertCode: (code: HostCodeRow) => sql.run(build.insertInto("host_codes").values(codeToStored(code))),
    async codeById(id: string) {
      const row = await sql.first(build.selectFrom("host_codes").selectAll().where("id", "=", id));
      return row && codeFromRow(row);
    },
    async listCodes({ limit, after }: { limit: number; after?: string | undefined }) {
      let statement = build.selectFrom("host_codes").selectAll().orderBy("id").limit(limit);
      if (after !== undefined) statement = statement.where("id", ">", after);
      return (await sql.all(statement)).map(codeFromRow);
    },
    consumeCode: (id: string, now: number) =>
      consumeOne(
        sql,
        build
          .updateTable("host_codes")
          .set({ used_at: now })
          .where("id", "=", id)
          .where("used_at", "is", null)
          .where("expires", ">", now)
          .returning("id"),
      ),
  };
}

function codeToStored({ appId, sealedSecret, createdBy, usedAt, ...rest }: HostCodeRow): Schema["host_codes"] {
  return { ...rest, app_id: appId, sealed_secret: sealedSecret, created_by: createdBy, used_at: usedAt };
}

function codeFromRow({ app_id, sealed_secret, created_by, used_at, ...rest }: Schema["host_codes"]): HostCodeRow {
  return { ...rest, appId: app_id, sealedSecret: sealed_secret, createdBy: created_by, usedAt: used_at };
}

/** Column of each field; `key`, `findings`, `armed` and `legacy` are written in another form. */
const COLUMNS = {
  id: "id",
  appId: "app_id",
  name: "name",
  platform: "platform",
  status: "status",
  statusSince: "status_since",
  statusBy: "status_by",
  generation: "generation",
  previousGeneration: "previous_generation",
  checkId: "check_id",
  bootId: "boot_id",
  version: "version",
  offsetMs: "offset_ms",
  policyVersion: "policy_version",
  created: "created",
  lastSeen: "last_seen",
  clientId: "client_id",
  notBefore: "not_before",
  decisionKey: "decision_key",
  domain: "domain",
} as const;

function changeOf(change: Partial<HostRow>): Partial<Stored> {
  const set: Record<string, unknown> = {};
  for (const [field, column] of Object.entries(COLUMNS)) {
    const value = change[field as keyof typeof COLUMNS];
    if (value !== undefined) set[column] = value;
  }
  if (change.key !== undefined) set["key"] = JSON.stringify(change.key);
  if (change.findings !== undefined) set["findings"] = JSON.stringify(change.findings);
  if (change.legacy !== undefined) set["legacy"] = change.legacy ? 1 : 0;
  if (change.armed !== undefined) set["armed"] = change.armed ? 1 : 0;
  return set as Partial<Stored>;
}

function toStored(host: HostRow): Stored {
  return changeOf(host) as Stored;
}

function fromRow(row: Stored): HostRow {
  return {
    id: row.id,
    appId: row.app_id,
    name: row.name,
    platform: row.platform,
    key: JSON.parse(row.key),
    status: row.status as HostRow["status"],
    statusSince: row.status_since,
    statusBy: row.status_by,
    generation: row.generation,
    previousGeneration: row.previous_generation,
    checkId: row.check_id,
    bootId: row.boot_id,
    version: row.version,
    armed: row.armed === 1,
    offsetMs: row.offset_ms,
    policyVersion: row.policy_version,
    findings: JSON.parse(row.findings),
    created: row.created,
    lastSeen: row.last_seen,
    clientId: row.client_id,
    legacy: row.legacy === 1,
    notBefore: row.not_before,
    decisionKey: row.decision_key,
    domain: row.domain,
  };
}

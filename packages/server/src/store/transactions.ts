/** Stored transactions: every step is a compare-and-set on the version. */
import type { TransactionRow, TransactionsStore } from "../flows/store-transactions.ts";
import type { Builder } from "./builder.ts";
import { compiledByColumns, compiledOnce } from "./compiled-once.ts";
import { consumeOne } from "./primitives.ts";
import type { Schema } from "./schema.ts";
import type { Sql } from "./sql.ts";

type Stored = Schema["transactions"];

/** States in which something may still happen; see `transaction.ts` in logon. */
const OPEN = ["UNAUTHENTICATED", "MFA_REQUIRED", "MFA_CHALLENGE", "MFA_ENROLL", "MFA_ENROLL_ACTIVATE", "PASSWORD_EXPIRED"];

const byTokenHash = compiledOnce((build, { tokenHash }: { tokenHash: string }) =>
  build.selectFrom("transactions").selectAll().where("token_hash", "=", tokenHash),
);
const insert = compiledByColumns((build, row: Partial<Stored>) => build.insertInto("transactions").values(row as Stored));
const advance = compiledByColumns((build, row: Partial<Stored>, { key, expected, next }: { key: string; expected: number; next: number }) =>
  build
    .updateTable("transactions")
    .set({ ...row, version: next })
    .where("id", "=", key)
    .where("version", "=", expected)
    .returning("id"),
);

export function transactionsStore(sql: Sql, build: Builder): TransactionsStore {
  return {
    insert: (transaction) => sql.run(insert(build, changeOf(transaction), {})),
    async byTokenHash(tokenHash) {
      const row = await sql.first(byTokenHash(build, { tokenHash }));
      return row && fromRow(row);
    },
    advance: (key, expected, change) => consumeOne(sql, advance(build, changeOf(change), { key, expected, next: expected + 1 })),
    async takeSession(id, now) {
      const row = await sql.first(build.selectFrom("transactions").selectAll().where("id", "=", id));
      const taken = build.updateTable("transactions").set({ session_until: null }).where("id", "=", id).where("session_until", ">", now);
      return row && (await consumeOne(sql, taken.returning("id"))) ? fromRow(row) : undefined;
    },
    async expired(now, limit) {
      const statement = build
        .selectFrom("transactions")
        .selectAll()
        .where("expires", "<=", now)
        .where("status", "in", OPEN)
        .orderBy("expires")
        .limit(limit);
      return (await sql.all(statement)).map(fromRow);
    },
    purge: (before) => sql.run(build.deleteFrom("transactions").where("expires", "<", before).where("status", "not in", OPEN)),
  };
}

const COLUMNS = {
  id: "id",
  tokenHash: "token_hash",
  version: "version",
  status: "status",
  hostId: "host_id",
  appId: "app_id",
  userId: "user_id",
  reference: "reference",
  nonce: "nonce",
  logonHash: "logon_hash",
  drive: "drive",
  rule: "rule",
  tries: "tries",
  lastCause: "last_cause",
  opened: "opened",
  expires: "expires",
  challengeId: "challenge_id",
  enrolling: "enrolling",
  enrolProof: "enrol_proof",
  ticketId: "ticket_id",
  browserHash: "browser_hash",
  sessionUntil: "session_until",
  sessionId: "session_id",
} as const;

const FIELDS = Object.entries(COLUMNS) as [keyof typeof COLUMNS, string][];

function changeOf(change: Partial<TransactionRow>): Partial<Stored> {
  const set: Record<string, unknown> = {};
  for (const [field, column] of FIELDS) {
    const value = change[field];
    if (value !== undefined) set[column] = value;
  }
  if (change.factors !== undefined) set["factors"] = JSON.stringify(change.factors);
  if (change.amr !== undefined) set["amr"] = JSON.stringify(change.amr);
  if (change.offerMore !== undefined) set["offer_more"] = change.offerMore ? 1 : 0;
  if (change.newPassword !== undefined) set["new_password"] = change.newPassword === null ? null : JSON.stringify(change.newPassword);
  if (change.address !== undefined) set["address"] = change.address === null ? null : JSON.stringify(change.address);
  if (change.lastInput !== undefined) set["last_input"] = change.lastInput === null ? null : JSON.stringify(change.lastInput);
  return set as Partial<Stored>;
}

function fromRow(row: Stored): TransactionRow {
  return {
    id: row.id,
    tokenHash: row.token_hash,
    version: row.version,
    status: row.status as TransactionRow["status"],
    hostId: row.host_id,
    appId: row.app_id,
    userId: row.user_id,
    reference: row.reference,
    nonce: row.nonce,
    logonHash: row.logon_hash,
    drive: row.drive as TransactionRow["drive"],
    factors: JSON.parse(row.factors),
    rule: row.rule,
    tries: row.tries,
    lastCause: row.last_cause as TransactionRow["lastCause"],
    lastInput: row.last_input === null ? null : JSON.parse(row.last_input),
    amr: JSON.parse(row.amr),
    opened: row.opened,
    expires: row.expires,
    challengeId: row.challenge_id,
    enrolling: row.enrolling,
    enrolProof: row.enrol_proof as TransactionRow["enrolProof"],
    ticketId: row.ticket_id,
    newPassword: row.new_password === null ? null : JSON.parse(row.new_password),
    offerMore: row.offer_more === 1,
    browserHash: row.browser_hash,
    address: row.address === null ? null : JSON.parse(row.address),
    sessionUntil: row.session_until,
    sessionId: row.session_id,
  };
}

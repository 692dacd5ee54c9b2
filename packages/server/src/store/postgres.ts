/** The store on PostgreSQL: one writing connection a node behind group commit, a few reading ones, as many nodes as are wanted. */
import { sql as text } from "kysely";
import { Client, Pool, type PoolClient } from "pg";
import type { Chain } from "../audit/chain.ts";
import { DatabaseFault, type Store, type Tx } from "../flows/store.ts";
import { type Builder, postgresBuilder } from "./builder.ts";
import { GroupCommit } from "./group-commit.ts";
import { lookOver } from "./look-over.ts";
import { migratePostgres } from "./migrate.ts";
import { NameLookup } from "./name-lookup.ts";
import { CLOCK, connectionConfig, type DatabaseAddress, PostgresConnection, withoutPassword } from "./postgres-connection.ts";
import { againAfter, asPostgresFault, isLost } from "./postgres-faults.ts";
import { greet } from "./postgres-greeting.ts";
import { CHANNEL, PostgresListener } from "./postgres-listener.ts";
import { leaseOf, RENEW_MS, SLOT_MS } from "./postgres-slot.ts";
import type { TimelineChange } from "./postgres-timeline.ts";
import { PostgresWriter, type WriterHooks } from "./postgres-writer.ts";
import { purgeWith, ROW_PLACE } from "./purge.ts";
import type { Sql } from "./sql.ts";
import { guarded, type Statements, unit } from "./unit.ts";
import { Watchers } from "./watchers.ts";

export interface PostgresOptions extends DatabaseAddress {
  /** The log goes on in new chains, under new names of all nodes: for a database that was restored. */
  newChain?: boolean;
  /** Runs in the unit that notices that the database went back in time (failover, restore): what is open must not be believed any more. */
  onTimeline(tx: Tx, change: TimelineChange): Promise<void>;
  /** One sentence for the server's log. */
  say(level: "info" | "warn", sentence: string): void;
}

const READERS = 4;
/** How often a node looks at what others announced, should it not hear them. */
const LOOK_MS = 2_000;
/** A standby that was just promoted, or an index that is being rebuilt, may cancel a reading. */
const READ_TRIES = 5;

/** Throws `DatabaseFault` with one sentence when the database cannot be reached, refuses, is too old or has a newer schema. */
export async function openPostgres(options: PostgresOptions): Promise<Store> {
  await migrate(options);
  const build = postgresBuilder();
  const statements = { build, lookup: new NameLookup(build) };
  const hooks: WriterHooks = {
    say: options.say,
    onTimeline: (connection, now, change, chain) => options.onTimeline(unit(connection, statements, chain, now), change),
  };
  const writer = new PostgresWriter(options, build, hooks, options.newChain === true);
  await writer.connect();
  return assemble(options, statements, writer);
}

/** On a connection of its own, which may wait long for another node that migrates. */
async function migrate(address: DatabaseAddress): Promise<void> {
  const connection = new PostgresConnection(new Client(connectionConfig(address)));
  connection.client.on("error", () => undefined);
  try {
    await connection.client.connect();
    await greet(connection);
    await migratePostgres(connection);
  } catch (error) {
    throw asPostgresFault(error);
  } finally {
    await connection.client.end().catch(() => undefined);
  }
}

function assemble(options: PostgresOptions, statements: Statements, writer: PostgresWriter): Store {
  const { build } = statements;
  const units = {
    begin: (now: number) => guarded(writer, (sql) => unit(sql, statements, writer.chain, now, notifier(sql, build))),
    mark: () => writer.chain.head,
    reset: (mark: unknown) => {
      writer.chain.head = mark as Chain["head"];
    },
    kept: () => {
      writer.chain.kept = writer.chain.head;
    },
  };
  const commits = new GroupCommit(writer, units);
  const read = readers(options, statements, () => writer.chain);
  const watchers = new Watchers(() => read.run((tx) => tx.changes.numbers()), LOOK_MS);
  const listener = new PostgresListener(options, () => watchers.look());
  const listening = setInterval(() => void (watchers.watched && listener.ensure()), LOOK_MS).unref();
  const renewing = setInterval(() => void renew(commits, writer).catch(() => undefined), RENEW_MS).unref();
  return {
    get node() {
      return writer.node;
    },
    inTransaction: (fn) => commits.add(fn),
    read: read.run,
    ready: async () => writer.connected && (await read.run(async (tx) => tx.now > 0)),
    purge: (before) => purgeWith(commits, writer, build, ROW_PLACE.postgres, before),
    backup: async () => {
      throw new DatabaseFault(
        "org.database",
        `the org is in PostgreSQL, which has its own tools: run pg_dump --format=custom --file=org.dump '${withoutPassword(options)}', and keep a copy of the sealing key apart from it`,
      );
    },
    lookOver: (world, signal) => lookOver({ url: options.url, password: options.password }, world, signal),
    watch(topic, onChange) {
      void listener.ensure();
      return watchers.watch(topic, onChange);
    },
    async close() {
      clearInterval(renewing);
      clearInterval(listening);
      await Promise.all([watchers.stop(), listener.stop()]);
      await commits.close();
      await read.close();
      await writer.close();
    },
  };
}

/** NOTIFY is delivered when the unit's batch is committed, and never if it is not (postgresql.org/docs/15/sql-notify.html). */
function notifier(sql: Sql, build: Builder): (topic: string) => Promise<void> {
  return (topic) => sql.run({ compile: () => text`SELECT pg_notify(${CHANNEL}, ${topic})`.compile(build) });
}

/** As a unit like any other: `begin` has seen that the name is still this node's. */
function renew(commits: GroupCommit, writer: PostgresWriter): Promise<void> {
  return commits.add(async (tx) => {
    await tx.leases.renew(leaseOf(writer.held.node), writer.held, tx.now + SLOT_MS);
  });
}

/** Each reading has one snapshot of its own; the guard keeps a call that was not awaited out of the next one's. */
function readers(address: DatabaseAddress, statements: Statements, chain: () => Chain) {
  const pool = new Pool({ ...connectionConfig(address, { default_transaction_read_only: "on" }), max: READERS });
  // An idle connection that breaks is replaced at the next call, which is told of it if that fails too.
  pool.on("error", () => undefined);
  const known = new WeakMap<PoolClient, PostgresConnection>();
  const connectionOf = (client: PoolClient) => {
    const before = known.get(client);
    if (before) return before;
    const connection = new PostgresConnection(client as unknown as Client);
    known.set(client, connection);
    // A connection that breaks while it is in use says so twice; whoever uses it hears it from the statement.
    client.on("error", () => undefined);
    return connection;
  };
  const once = async <T>(fn: (tx: Tx) => Promise<T>): Promise<T> => {
    const client = await pool.connect().catch((error: unknown) => Promise.reject(asPostgresFault(error)));
    const connection = connectionOf(client);
    let fault: unknown;
    try {
      const [row] = await connection.exec(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT ${CLOCK}`);
      const one = guarded(connection, (sql) => unit(sql, statements, chain().forReading(), Number(row?.["now"])));
      try {
        return await fn(one.tx);
      } finally {
        one.end();
      }
    } catch (error) {
      fault = error;
      throw error;
    } finally {
      // Not waited for: what was read is known, and the connection is free again when the snapshot has ended.
      void finish(client, connection, fault);
    }
  };
  const run = async <T>(fn: (tx: Tx) => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries++) {
      try {
        return await once(fn);
      } catch (error) {
        if (tries === READ_TRIES || againAfter(error, tries) !== "batch") throw error;
      }
    }
  };
  return { run, close: () => pool.end() };
}

async function finish(client: PoolClient, connection: PostgresConnection, fault: unknown): Promise<void> {
  try {
    if (!isLost(fault)) await connection.exec("COMMIT");
    client.release(isLost(fault));
  } catch {
    client.release(true);
  }
}

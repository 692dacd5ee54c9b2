/** The connection that writes on PostgreSQL: opened again when it breaks, and only ever under this node's own name. */
import { Client } from "pg";
import { Chain } from "../audit/chain.ts";
import { DatabaseFault } from "../flows/store.ts";
import type { Builder } from "./builder.ts";
import type { Writer } from "./group-commit.ts";
import { CLOCK, connectionConfig, type DatabaseAddress, PostgresConnection } from "./postgres-connection.ts";
import { againAfter, asPostgresFault, isLost } from "./postgres-faults.ts";
import { type Greeting, greet } from "./postgres-greeting.ts";
import { beginChainsAnew, leaseOf, type Slot, takeSlot } from "./postgres-slot.ts";
import { keepTimeline, type TimelineChange } from "./postgres-timeline.ts";
import type { Sql } from "./sql.ts";

/** Another process writes this node's chain now: its lease ran out while this one was not heard of. */
class SlotLost extends Error {}

export interface WriterHooks {
  /** The database went back in time; in the transaction that notes it. `chain`: the new one that this node writes from now on. */
  onTimeline(connection: PostgresConnection, now: number, change: TimelineChange, chain: Chain): Promise<void>;
  /** One sentence for the server's log. */
  say(level: "info" | "warn", sentence: string): void;
}

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 3_000;

export class PostgresWriter implements Writer, Sql {
  readonly #address: DatabaseAddress;
  readonly #build: Builder;
  readonly #hooks: WriterHooks;
  /** The log goes on in new chains: until this node has taken a name. */
  #anew: boolean;
  #connection: PostgresConnection | undefined;
  /** The one on which the present transaction was begun. */
  #begun: PostgresConnection | undefined;
  #slot: Slot | undefined;
  #chain = new Chain("", undefined);
  #fault: unknown = new DatabaseFault("org.database", "the database is not connected yet");
  /** The first error of what was sent without waiting: what followed it only says that the transaction has failed. */
  #early: unknown;
  #closed = false;
  #waiting: NodeJS.Timeout | undefined;

  constructor(address: DatabaseAddress, build: Builder, hooks: WriterHooks, anew: boolean) {
    this.#anew = anew;
    this.#address = address;
    this.#build = build;
    this.#hooks = hooks;
  }

  get chain(): Chain {
    return this.#chain;
  }

  get node(): string {
    return this.#chain.head.node;
  }

  /** The lease of the node's name. */
  get held(): Slot {
    if (!this.#slot) throw this.#fault;
    return this.#slot;
  }

  get connected(): boolean {
    return this.#connection !== undefined;
  }

  /** Throws `DatabaseFault` when the database cannot be used as it is. */
  async connect(): Promise<void> {
    const client = new Client(connectionConfig(this.#address));
    const connection = new PostgresConnection(client);
    client.on("error", (error) => this.#lost(connection, error));
    client.on("end", () => this.#lost(connection, new Error("the connection was closed")));
    try {
      await client.connect();
      const greeting = await greet(connection);
      await this.#takeName(connection, greeting);
    } catch (error) {
      void client.end().catch(() => undefined);
      throw asPostgresFault(error);
    }
    this.#connection = connection;
  }

  async begin(): Promise<number> {
    const connection = this.#live();
    this.#early = undefined;
    this.#begun = connection;
    const { node, holder, fence } = this.held;
    // The lease's row is locked: whoever takes the name over waits until it is known what became of this transaction.
    const held = `(SELECT fence FROM leases WHERE name = '${leaseOf(node)}' AND fence = ${fence} AND holder = '${holder}' FOR UPDATE)`;
    const [row] = await connection.exec(`BEGIN; SELECT ${CLOCK}, ${held} AS fence`);
    if (row?.["fence"] !== fence) throw new SlotLost(`the lease of the name ${node} ran out`);
    return Number(row["now"]);
  }

  async savepoint(): Promise<void> {
    this.#send("SAVEPOINT unit");
  }

  async release(): Promise<void> {
    this.#send("RELEASE unit");
  }

  async undoUnit(): Promise<boolean> {
    // Without its savepoint there is nothing to return to: what was sent ahead has failed, and with it the transaction.
    if (!this.#connection || this.#connection !== this.#begun || this.#early !== undefined) return false;
    await this.#connection.exec("ROLLBACK TO unit; RELEASE unit");
    return true;
  }

  async commit(): Promise<void> {
    // A COMMIT of a transaction that has failed is no error to PostgreSQL: it answers ROLLBACK.
    const tag = await this.#same().command("COMMIT");
    if (this.#early || tag !== "COMMIT") throw this.#early ?? new DatabaseFault("org.database", `the database answered COMMIT with ${tag}`);
  }

  async abandon(error: unknown): Promise<void> {
    const connection = this.#connection;
    if (!connection || connection !== this.#begun) return;
    if (isLost(error)) return this.#lost(connection, error);
    try {
      await connection.exec("ROLLBACK");
      if (error instanceof SlotLost || isChainTaken(error)) {
        this.#hooks.say("warn", "another node took this node's name over; this one takes another");
        await this.#takeName(connection, undefined);
      }
    } catch (worse) {
      this.#lost(connection, worse);
    }
  }

  again(error: unknown, tries: number): "batch" | "unit" | "no" {
    return error instanceof SlotLost || isChainTaken(error) ? "batch" : againAfter(error, tries);
  }

  async all<T>(...args: Parameters<Sql["all"]>): Promise<T[]> {
    try {
      return (await this.#same().all(...args)) as T[];
    } catch (error) {
      throw this.#early ?? error;
    }
  }

  async first<T>(...args: Parameters<Sql["first"]>): Promise<T | undefined> {
    return (await this.all<T>(...args))[0];
  }

  async run(...args: Parameters<Sql["run"]>): Promise<void> {
    await this.all(...args);
  }

  /** Leaves the name to the next node. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#waiting);
    const connection = this.#connection;
    this.#connection = undefined;
    if (!connection) return;
    const { node, holder, fence } = this.held;
    const own = `name = '${leaseOf(node)}' AND fence = ${fence} AND holder = '${holder}'`;
    await connection.exec(`UPDATE leases SET expires = 0 WHERE ${own}`).catch(() => undefined);
    await connection.client.end().catch(() => undefined);
  }

  async #takeName(connection: PostgresConnection, greeting: Greeting | undefined): Promise<void> {
    const fresh = greeting && (await this.#judgeTimeline(connection, greeting));
    const slot = await takeSlot(connection, this.#build, fresh ?? this.#slot, this.#anew);
    this.#anew = false;
    this.#slot = slot;
    this.#chain = new Chain(slot.node, slot.last);
  }

  /** Before anything else is done on a new connection. Answers the slot that this node took if it is the one that saw a change. */
  async #judgeTimeline(connection: PostgresConnection, { timeline }: Greeting): Promise<Slot | undefined> {
    let fresh: Slot | undefined;
    await keepTimeline(connection, this.#build, timeline, async (now, change) => {
      fresh = await beginChainsAnew(connection, this.#build, now);
      await this.#hooks.onTimeline(connection, now, change, new Chain(fresh.node, undefined));
    });
    return fresh;
  }

  /** Not waited for: the server takes statements in their order, and an error of this one ends all that follow. */
  #send(text: string): void {
    void this.#same()
      .exec(text)
      .catch((error: unknown) => {
        this.#early ??= error;
      });
  }

  #live(): PostgresConnection {
    if (!this.#connection) throw this.#fault;
    return this.#connection;
  }

  /** The rest of a transaction whose connection broke must not run on the next one, where each statement would count by itself. */
  #same(): PostgresConnection {
    if (this.#connection && this.#connection === this.#begun) return this.#connection;
    throw this.#connection
      ? new DatabaseFault("org.database", "the database was gone for a moment, and with it this unit of work")
      : this.#fault;
  }

  #lost(connection: PostgresConnection, error: unknown): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#fault = asPostgresFault(error);
    void connection.client.end().catch(() => undefined);
    if (this.#closed) return;
    this.#hooks.say("warn", `the database is gone: ${(this.#fault as Error).message}`);
    this.#connectAgain(FIRST_WAIT_MS);
  }

  #connectAgain(wait: number): void {
    this.#waiting = setTimeout(
      async () => {
        try {
          await this.connect();
          this.#hooks.say("info", "the database is there again");
          if (this.#closed) await this.close();
        } catch (error) {
          this.#fault = error;
          if (!this.#closed) this.#connectAgain(Math.min(LONGEST_WAIT_MS, wait * 2));
        }
      },
      wait * (0.5 + Math.random()),
    );
  }
}

/** The chain of this node has been written to by somebody else: UNIQUE (node, seq) of migration 1. */
function isChainTaken(error: unknown): boolean {
  return (error as { constraint?: unknown }).constraint === "events_node_seq_key";
}

/** One connection to PostgreSQL: statements are prepared once and kept; numbers come back as numbers, errors become sentences. */
import type { Compilable } from "kysely";
import { type Client, type ClientConfig, type CustomTypesConfig, type QueryConfig, type QueryResult, types } from "pg";
import { DatabaseFault } from "../flows/store.ts";
import { asPostgresFault } from "./postgres-faults.ts";
import { type Sql, storable } from "./sql.ts";

const STATEMENTS_KEPT = 500;
/** Oids of int8 and numeric (pg_type.dat): counts and times, all of them safe integers. */
const NUMBERS = new Set([20, 1700]);

const asNumbers: CustomTypesConfig = {
  getTypeParser: ((oid: number, format: "text" | "binary") =>
    NUMBERS.has(oid) ? Number : types.getTypeParser(oid, format)) as CustomTypesConfig["getTypeParser"],
};

/**
 * Settings of every connection. The database gives up before a unit of work does; a node that was stopped in the middle of one does not
 * keep the others waiting. Plans stay right when tables grow: every lookup of a logon has an index, also while the table is small; and no
 * join reads a whole table because more rows are expected than there are, as at each step of a walk through groups.
 */
const SETTINGS = {
  statement_timeout: "4500",
  lock_timeout: "4000",
  idle_in_transaction_session_timeout: "5000",
  enable_seqscan: "off",
  enable_hashjoin: "off",
  enable_mergejoin: "off",
  jit: "off",
  application_name: "sallyport",
};
/** The database's own limits come first; this one is for a server that has gone silent. */
const SILENT_MS = 6_000;
const CONNECT_MS = 5_000;

export interface DatabaseAddress {
  /** `postgres://user:password@host:port/database?sslmode=…`. */
  url: string;
  /** Instead of one in the URL. */
  password?: string | undefined;
}

/** Throws `DatabaseFault` for what is no address of PostgreSQL. @param own settings beside the common ones. */
export function connectionConfig({ url, password }: DatabaseAddress, own: Record<string, string> = {}): ClientConfig {
  if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol))
    throw new DatabaseFault("org.database", "the database's address is not like postgres://user@host:5432/database");
  const target = new URL(url);
  const ours = Object.entries({ ...SETTINGS, ...own }).map(([name, value]) => `-c ${name}=${value}`);
  target.searchParams.set("options", [...target.searchParams.getAll("options"), ...ours].join(" "));
  if (password !== undefined) target.password = encodeURIComponent(password);
  return {
    connectionString: target.href,
    types: asNumbers,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: SILENT_MS,
    keepAlive: true,
    // A unit may ask for several things at once; the server answers them in their order.
    pipeline: true,
  } as ClientConfig;
}

/** The address as it may be shown. */
export function withoutPassword({ url }: DatabaseAddress): string {
  const shown = new URL(url);
  shown.password = "";
  shown.searchParams.delete("password");
  return shown.href;
}

export class PostgresConnection implements Sql {
  readonly client: Client;
  readonly #names = new Map<string, string>();

  readonly #silentMs: number;

  /** @param silentMs after which a silent server counts as gone. */
  constructor(client: Client, silentMs = SILENT_MS) {
    this.client = client;
    this.#silentMs = silentMs;
  }

  async all<T>(statement: Compilable<T>): Promise<T[]> {
    const { sql, parameters } = statement.compile();
    try {
      return (await this.client.query({ ...this.#named(sql), text: sql, values: storable(parameters) })).rows as T[];
    } catch (error) {
      throw asPostgresFault(error);
    }
  }

  async first<T>(statement: Compilable<T>): Promise<T | undefined> {
    return (await this.all(statement))[0];
  }

  async run(statement: Compilable<unknown>): Promise<void> {
    await this.all(statement);
  }

  /**
   * BEGIN, COMMIT and the like; several statements, parted by semicolons, in one round trip. Answers the rows of the last one.
   * @param ms after which a silent server counts as gone.
   */
  async exec(text: string, ms = this.#silentMs): Promise<Record<string, unknown>[]> {
    try {
      const patient: QueryConfig & { query_timeout: number } = { text, query_timeout: ms };
      const done: QueryResult | QueryResult[] = await this.client.query(patient);
      return (Array.isArray(done) ? done.at(-1) : done)?.rows ?? [];
    } catch (error) {
      throw asPostgresFault(error);
    }
  }

  /** One statement without rows; answers the command that the server says it has done. */
  async command(text: string): Promise<string> {
    try {
      return (await this.client.query(text)).command;
    } catch (error) {
      throw asPostgresFault(error);
    }
  }

  #named(sql: string): { name?: string } {
    const known = this.#names.get(sql);
    if (known !== undefined) return { name: known };
    if (this.#names.size >= STATEMENTS_KEPT) return {};
    const name = `s${this.#names.size}`;
    this.#names.set(sql, name);
    return { name };
  }
}

/** The database's clock, epoch ms: a column of a SELECT. */
export const CLOCK = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now";

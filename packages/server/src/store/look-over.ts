/** Looks over all users for names that two could be meant by, in a thread and on a connection of its own. */
import { getPriority, setPriority } from "node:os";
import { DatabaseSync } from "node:sqlite";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { ClashFinder, type Looked, type NameWorld } from "@sallyport/logon";
import type { LookedOver } from "../flows/store.ts";
import { connectionConfig, type DatabaseAddress } from "./postgres-connection.ts";

type Where = { file: string } | DatabaseAddress;

interface Job {
  lookOver: { where: Where; world: NameWorld };
}

/** Rejects when the database cannot be read or `signal` ends it. */
export function lookOver(where: Where, world: NameWorld, signal: AbortSignal): Promise<LookedOver> {
  return new Promise((resolve, reject) => {
    const job: Job = { lookOver: { where, world } };
    const thread = new Worker(new URL(import.meta.url), { workerData: job, name: "duplicates" });
    const stop = () => void thread.terminate();
    signal.addEventListener("abort", stop, { once: true });
    let answer: LookedOver | undefined;
    thread.on("message", (said: LookedOver) => {
      answer = said;
    });
    thread.once("error", reject);
    thread.once("exit", () => {
      signal.removeEventListener("abort", stop);
      if (answer) resolve(answer);
      else reject(signal.aborted ? (signal.reason as Error) : new Error("the thread that looks over all users ended before it had"));
    });
    if (signal.aborted) stop();
  });
}

interface Row {
  id: string;
  status: Looked["status"];
  created: number;
  linked_to: string | null;
  profile: string;
}

const COLUMNS = "id, status, created, linked_to, profile";
const PAGE = 2000;
/** Steps of niceness, and the last there is. */
const LESS = 10;
const LOWEST = 19;

async function run({ where, world }: Job["lookOver"]): Promise<void> {
  // On Linux this is the thread's own (setpriority(2)): where processors are few, a logon comes first.
  setPriority(0, Math.min(LOWEST, getPriority(0) + LESS));
  const finder = new ClashFinder(world);
  const take = (row: Row) => {
    const { id, status, created, linked_to: linkedTo, profile } = row;
    finder.take({ id, status, created, linkedTo, profile: JSON.parse(profile) });
  };
  if ("file" in where) readFile(where.file, take);
  else await readPostgres(where, take);
  parentPort?.postMessage({ users: finder.users, clashes: finder.clashes() } satisfies LookedOver);
}

/** One statement sees one state, and holds up nobody who writes. */
function readFile(file: string, take: (row: Row) => void): void {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    for (const row of db.prepare(`SELECT ${COLUMNS} FROM users`).iterate()) take(row as unknown as Row);
  } finally {
    db.close();
  }
}

async function readPostgres(address: DatabaseAddress, take: (row: Row) => void): Promise<void> {
  const { Client } = await import("pg");
  const client = new Client(connectionConfig(address));
  client.on("error", () => undefined);
  await client.connect();
  try {
    for (let after = "", rows: Row[] | undefined; rows === undefined || rows.length === PAGE; after = rows.at(-1)?.id ?? "") {
      rows = (await client.query<Row>(`SELECT ${COLUMNS} FROM users WHERE id > $1 ORDER BY id LIMIT ${PAGE}`, [after])).rows;
      for (const row of rows) take(row);
    }
  } finally {
    await client.end().catch(() => undefined);
  }
}

// The thread loads this very file; in a release, the whole program in one file, whose command does not run there.
if (!isMainThread && (workerData as Partial<Job> | undefined)?.lookOver) await run((workerData as Job).lookOver);

/** Wires the org server: store, keys, flows and listeners meet here and nowhere else. */
import { chmodSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { FastifyInstance } from "fastify";
import pino, { type Logger } from "pino";
import { type DataFiles, openDataFolder } from "./data-folder.ts";
import { deliverersOf } from "./delivery/deliverers.ts";
import { postOf } from "./delivery/post.ts";
import { deliver } from "./delivery/worker.ts";
import { ldapDirectory } from "./directory/directory.ts";
import { expireTransactions } from "./flows/authn/cancel.ts";
import { channelStands } from "./flows/delivery.ts";
import { checkDuplicates, PEOPLE_CHANGED } from "./flows/management/check-duplicates.ts";
import { writeCheckpoint } from "./flows/management/checkpoints.ts";
import { KEYS_CHANGED } from "./flows/management/decision-keys.ts";
import { finishReseal } from "./flows/management/reseal.ts";
import { removeOld } from "./flows/management/retention.ts";
import { newSetUpLink } from "./flows/management/set-up.ts";
import { lastSuccesses } from "./flows/management/sources.ts";
import { type SyncEngine, syncEngine } from "./flows/management/sync-engine.ts";
import { tellUsers } from "./flows/notices.ts";
import { keepPasskeyName } from "./flows/passkeys/keep-name.ts";
import { runAlone } from "./flows/run-alone.ts";
import { DatabaseFault, type Store } from "./flows/store.ts";
import { type AppDeps, buildApp } from "./http/app.ts";
import { countEvents, prometheusMetrics } from "./http/metrics.ts";
import { readBuiltPages } from "./http/pages/built-pages.ts";
import { ROUTES } from "./http/routes.ts";
import { type Keys, openKeys } from "./keys/keys.ts";
import { SealingKeyFault } from "./keys/sealing-key.ts";
import { DEFAULT_RATES } from "./limits/rates.ts";
import { countRefusedCallers } from "./limits/refused-callers.ts";
import { judgeListening, type Listening, ServerRefused } from "./listening.ts";
import { openData } from "./open-data.ts";
import { argonPasswords } from "./passwords/passwords.ts";
import type { DatabaseAddress } from "./store/postgres-connection.ts";
import { planApart } from "./sync/plan-apart.ts";

export { ServerRefused } from "./listening.ts";

export interface ServerOptions {
  /** Folder of the database, the sealing key and the admin socket. Made if absent, for its owner only. */
  data: string;
  /** PostgreSQL instead of a file in the folder; then several servers, each with a folder of its own, are one org. */
  database?: DatabaseAddress;
  /** `address:port`; port 0 takes any free one. */
  listen: string;
  /** The org's URL as hosts and browsers see it; made from `listen` on loopback. */
  url?: string;
  /** PEM texts. */
  tls?: { cert: string; key: string };
  trustedProxies: string[];
  /** File of the sealing key; `sealing.key` in the data folder if absent. */
  sealingKey?: string;
  version: string;
  logLevel: string;
}

export interface ServerHandle {
  url: string;
  adminSocket: string;
  /** One-time link that makes the first administrator; absent once there is one. */
  setUpLink: string | undefined;
  /** Ends in order: no new calls, open ones are answered, then the database is closed. */
  close(signal: string): Promise<void>;
}

/** How often transactions that ran out of time are ended. */
const SWEEP_MS = 5_000;
/** How often what can no longer be used twice is forgotten, and how long after its end: a wrong clock must not make it forget too early. */
const PURGE_MS = 3_600_000;
const KEEP_MS = 24 * 3_600_000;
/** How much of the log can be missing from what is signed, at most. */
const CHECKPOINT = { name: "checkpoint", ms: 3_600_000 };
const RETENTION = { name: "retention", ms: PURGE_MS };
const PURGE = { name: "purge", ms: PURGE_MS };

/** How often all users are looked over for names that two have, beside the looks after each import. */
const CHECK_MS = 3_600_000;

/** Starts the org. Throws `ServerRefused`, one sentence with its cause, for everything that an administrator can put right. */
export async function startServer(options: ServerOptions): Promise<ServerHandle> {
  const listening = await judgeListening(options);
  const files = openDataFolder(resolve(options.data));
  const log = pino(
    { level: options.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: false }),
  );
  const store = await openData(files, options.database, log);
  try {
    return await openOrg(options, listening, files, store, log);
  } catch (error) {
    await store.close();
    if (error instanceof SealingKeyFault || error instanceof DatabaseFault)
      throw new ServerRefused(error.causeId, error.message, { cause: error });
    throw error;
  }
}

async function openOrg(options: ServerOptions, listening: Listening, files: DataFiles, plain: Store, log: Logger): Promise<ServerHandle> {
  const passwords = argonPasswords();
  const outbox = async () => (await channelStands(plain)).map(({ failure, ...rest }) => ({ ...rest, failing: failure !== undefined }));
  const metrics = prometheusMetrics({ passwords: passwords.waiting, sources: () => lastSuccesses(plain), outbox });
  const counted = countEvents(plain, metrics);
  const keys = await openKeys(counted, options.sealingKey ?? files.sealingKey);
  const store = tellUsers(counted, { keys, orgUrl: listening.url });
  const otherName = await keepPasskeyName(store, listening.url);
  if (otherName) throw new ServerRefused("config.invalid", otherName);
  const refusedCallers = countRefusedCallers(store, log);
  const stopping = new AbortController();
  const syncs = syncEngine({ store, keys, read: planApart(), say: (err, sentence) => log.error({ err }, sentence) });
  const deps: AppDeps = {
    store,
    keys,
    passwords,
    metrics,
    log,
    refusedCallers,
    orgUrl: listening.url,
    version: options.version,
    rates: DEFAULT_RATES,
    directory: ldapDirectory(),
    syncs,
    post: postOf(listening.url),
    dataFolder: dirname(files.database),
    pages: readBuiltPages(),
    stopping: stopping.signal,
    ...(listening.pin ? { pin: listening.pin } : {}),
  };
  const { url } = listening;
  const app = await listenOnNetwork(deps, options, listening);
  const { adminSocket } = files;
  const admin = await listenForAdministrator(deps, adminSocket);
  const delivery = deliver({
    store,
    keys,
    deliverers: deliverersOf(deps),
    say: (err, sentence) => log.error({ err }, sentence),
    counted: metrics.delivered,
  });
  const timers = sweepRegularly(store, keys, syncs, log, stopping.signal);
  store.watch(KEYS_CHANGED, () => void keys.refresh().catch((err: unknown) => log.error({ err }, "the keys could not be read again")));
  watchPeople(store, log, stopping.signal);
  await say(store, "org.started", { version: options.version, node: store.node, url });
  void finishReseal(deps).catch((err: unknown) => log.error({ err }, "secrets could not be sealed anew"));
  if (!deps.pages)
    log.warn("the pages for browsers are not built: sign-in and self-service answer 503; in a clone of the project run npm run pages");
  const setUpLink = await newSetUpLink(deps);
  return {
    url,
    adminSocket,
    setUpLink,
    async close(signal) {
      for (const timer of timers) clearInterval(timer);
      stopping.abort(new DatabaseFault("org.database", "the server is stopping"));
      await Promise.all([app.close(), admin.close(), syncs.stop(), delivery.stop()]);
      await refusedCallers.stop();
      // An org whose database is gone stops all the same.
      const stopped = say(store, "org.stopped", { version: options.version, node: store.node, signal });
      await stopped.catch((err: unknown) => log.error({ err }, "the end could not be written to the log"));
      await writeCheckpoint({ store, keys }).catch((err: unknown) => log.error({ err }, "the log's checkpoint could not be written"));
      await plain.close();
      rmSync(adminSocket, { force: true });
    },
  };
}

/** Ends what ran out of time, and forgets what ended long ago. A failure is in the log; the next turn tries again. */
function sweepRegularly(store: Store, keys: Keys, syncs: SyncEngine, log: Logger, stopping: AbortSignal): NodeJS.Timeout[] {
  const every = (ms: number, what: string, work: () => Promise<unknown>) =>
    setInterval(() => void work().catch((err: unknown) => log.error({ err }, what)), ms).unref();
  return [
    every(SWEEP_MS, "open logons could not be ended", () => expireTransactions(store)),
    every(SWEEP_MS, "sources could not be brought up to date", () => syncs.sweep()),
    every(SWEEP_MS, "the keys could not be read again", () => keys.refresh()),
    every(CHECKPOINT.ms, "the log's checkpoint could not be written", () =>
      runAlone(store, CHECKPOINT, () => writeCheckpoint({ store, keys })),
    ),
    every(CHECK_MS, "all users could not be looked over for duplicates", () => lookOver(store, stopping)),
    every(PURGE_MS, "what is older than the log is kept could not be removed", () =>
      runAlone(store, RETENTION, () => removeOld({ store, keys })),
    ),
    every(PURGE_MS, "what ended long ago could not be forgotten", () => runAlone(store, PURGE, () => purge(store))),
  ];
}

/** After an import or a sync; not at the start, when nothing has changed. */
function watchPeople(store: Store, log: Logger, stopping: AbortSignal): void {
  let started = false;
  store.watch(PEOPLE_CHANGED, () => {
    if (started) lookOver(store, stopping).catch((err: unknown) => log.error({ err }, "all users could not be looked over for duplicates"));
    started = true;
  });
}

/** A look that the end of the server cut off is no fault: the next one sees the same. */
async function lookOver(store: Store, stopping: AbortSignal): Promise<void> {
  try {
    await checkDuplicates(store, { type: "system", id: "org" }, stopping);
  } catch (error) {
    if (!stopping.aborted) throw error;
  }
}

async function purge(store: Store): Promise<void> {
  const now = await store.read(async (tx) => tx.now);
  await store.purge(now - KEEP_MS);
}

async function listenOnNetwork(deps: AppDeps, options: ServerOptions, { host, port }: Listening): Promise<FastifyInstance> {
  const app = buildApp(deps, { admin: false, routes: ROUTES, tls: options.tls, trustedProxies: options.trustedProxies });
  try {
    await app.listen({ host, port });
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === "EADDRINUSE" ? "something else listens there already" : (error as Error).message;
    throw new ServerRefused("config.invalid", `cannot listen on ${options.listen}: ${why}`, { cause: error });
  }
  return app;
}

/** The folder is its owner's alone, and so is the socket: whoever can open it is the owner (S38). */
async function listenForAdministrator(deps: AppDeps, path: string): Promise<FastifyInstance> {
  // The store's lock says that no other server runs here: a socket that is left over belongs to one that was killed.
  rmSync(path, { force: true });
  const admin = buildApp(deps, { admin: true, routes: ROUTES });
  const mask = process.umask(0o177);
  try {
    await admin.listen({ path });
  } finally {
    process.umask(mask);
  }
  chmodSync(path, 0o600);
  return admin;
}

async function say(store: Store, type: "org.started" | "org.stopped", data: Record<string, unknown>): Promise<void> {
  await store.inTransaction((tx) => tx.log.append({ type, actor: { type: "system", id: "org" }, outcome: "success", data }));
}

/** A whole org in a temporary folder for tests: store, keys, both applications, tokens of every role, and a clock to move. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { LogEvent, Role } from "@sallyport/contracts";
import type { FastifyInstance, InjectOptions } from "fastify";
import { planHere } from "../flows/management/plan-here.ts";
import { syncEngine } from "../flows/management/sync-engine.ts";
import { createToken } from "../flows/management/tokens.ts";
import type { Store } from "../flows/store.ts";
import { openKeys } from "../keys/keys.ts";
import { countRefusedCallers } from "../limits/refused-callers.ts";
import { openSqlite } from "../store/sqlite.ts";
import { type AppDeps, buildApp } from "./app.ts";
import { bareDeps, type LogLine } from "./bare-deps.fixture.ts";
import { countEvents } from "./metrics.ts";
import { ROUTES, type RouteSet } from "./routes.ts";

export const ORG_URL = "https://mfa.corp.example";

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what came over the wire and asserts its shape.
  body: any;
  text: string;
  headers: Record<string, string | string[] | number | undefined>;
}

export interface TestOrg {
  deps: AppDeps;
  store: Store;
  app: FastifyInstance;
  /** The application behind the admin socket. */
  admin: FastifyInstance;
  /** Moves the org's clock. */
  clock: { now: number };
  tokens: Record<Role, string>;
  /** Calls as a role by its token, as `local` over the admin socket, or with no proof at all. */
  call(as: Role | "local" | "nobody", method: string, url: string, body?: unknown): Promise<Answer>;
  inject(options: InjectOptions): Promise<Answer>;
  events(type?: string): Promise<LogEvent[]>;
  logged: () => LogLine[];
}

const ROLES: Role[] = ["owner", "admin", "help-desk", "auditor"];
const OWNER = { role: "owner", actor: { type: "system", id: "test" } } as const;

/** A new database, and the clock that it goes by. */
export type OpenStore = (folder: string) => Promise<{ store: Store; clock: { now: number } }>;

const onSqlite: OpenStore = async (folder) => {
  const clock = { now: 1 };
  return { clock, store: await openSqlite({ file: join(folder, "org.db"), now: () => clock.now }) };
};

export async function openOrg(
  t: TestContext,
  own: Partial<AppDeps> & { routes?: readonly RouteSet[]; trustedProxies?: string[]; open?: OpenStore | undefined } = {},
): Promise<TestOrg> {
  const folder = await mkdtemp(join(tmpdir(), "sallyport-org-"));
  const { routes = ROUTES, trustedProxies, open = onSqlite, ...given } = own;
  const { store: plain, clock } = await open(folder);
  clock.now = Date.parse("2026-11-24T12:00:00Z");
  const { deps: bare, logged } = bareDeps({ orgUrl: ORG_URL, dataFolder: folder });
  const store = countEvents(plain, bare.metrics);
  const keys = await openKeys(store, join(folder, "sealing.key"));
  const refusedCallers = countRefusedCallers(store, bare.log);
  const directory = given.directory ?? bare.directory;
  const syncs = syncEngine({ store, keys, read: planHere(directory), say: (err, sentence) => bare.log.error({ err }, sentence) });
  const deps: AppDeps = { ...bare, store, keys, refusedCallers, syncs, ...given };
  const app = buildApp(deps, { admin: false, routes, trustedProxies });
  const admin = buildApp(deps, { admin: true, routes });
  await Promise.all([app.ready(), admin.ready()]);
  const tokens = {} as Record<Role, string>;
  for (const role of ROLES) {
    const made = await createToken(store, OWNER, { name: role, role });
    if (made.kind === "done") tokens[role] = made.value.token;
  }
  t.after(async () => {
    await Promise.all([app.close(), admin.close()]);
    await Promise.all([refusedCallers.stop(), syncs.stop()]);
    await plain.close();
    await rm(folder, { recursive: true });
  });
  const inject = async (options: InjectOptions, target = app): Promise<Answer> => {
    const answer = await target.inject(options);
    const json = String(answer.headers["content-type"] ?? "").startsWith("application/json");
    return { status: answer.statusCode, text: answer.body, body: json ? answer.json() : undefined, headers: answer.headers };
  };
  return {
    deps,
    store,
    app,
    admin,
    clock,
    tokens,
    logged,
    inject: (options) => inject(options),
    call(as, method, url, body) {
      const headers = as === "local" || as === "nobody" ? {} : { authorization: `SSWS ${tokens[as]}` };
      const payload = body === undefined ? {} : { payload: body as object };
      return inject({ method: method as "GET", url, headers, ...payload }, as === "local" ? admin : app);
    },
    events: (type) => store.read((tx) => tx.log.list({ limit: 1000, type })),
  };
}

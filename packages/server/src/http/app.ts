/** Builds the HTTP application: the same routes for the listener on the network and for the admin socket. */
import { randomUUID } from "node:crypto";
import fastifyHelmet from "@fastify/helmet";
import { LIMITS, wordSchemas } from "@sallyport/contracts";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, type FastifyServerOptions, LogController } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import type { Logger } from "pino";
import type { Directory } from "../flows/directory.ts";
import type { SyncEngine } from "../flows/management/sync-engine.ts";
import type { Post } from "../flows/post.ts";
import type { Store } from "../flows/store.ts";
import type { Keys } from "../keys/keys.ts";
import { limitRates, type Rates } from "../limits/rates.ts";
import type { RefusedCallers } from "../limits/refused-callers.ts";
import type { Passwords } from "../passwords/passwords.ts";
import { answerError, mapErrors } from "./errors.ts";
import { sayFaults } from "./fault-events.ts";
import { readJsonBodies } from "./json-body.ts";
import { type Metrics, measureRequests } from "./metrics.ts";
import { describeRoutes } from "./openapi.ts";
import type { BuiltPages } from "./pages/built-pages.ts";
import type { RouteSet } from "./routes.ts";
import { securityHeaders } from "./security-headers.ts";
import { dropSpareSockets } from "./spare-sockets.ts";

export interface AppDeps {
  store: Store;
  keys: Keys;
  /** Exact URL of the org (see `readOrgUrl`): every link in an answer begins with it. */
  orgUrl: string;
  version: string;
  log: Logger;
  passwords: Passwords;
  refusedCallers: RefusedCallers;
  metrics: Metrics;
  rates: Rates;
  /** Asked for a look, and whether a password is right. */
  directory: Directory;
  syncs: SyncEngine;
  /** The ways out of the org, for whoever tries them. */
  post: Post;
  /** First 16 bytes of the SHA-256 of the certificate's SPKI, for enrolment codes; absent on plain loopback http. */
  pin?: Uint8Array | undefined;
  /** Folder of the database: `/readyz` looks at its disk. */
  dataFolder: string;
  /** Absent where they were not built: the org works without them. */
  pages?: BuiltPages | undefined;
  /** Aborted when the server begins to stop: long work must not hold it. */
  stopping?: AbortSignal | undefined;
}

export interface AppOptions {
  /** True behind the admin socket, where the file's owner and mode are the proof: the caller acts as the local owner. */
  admin: boolean;
  routes: readonly RouteSet[];
  /** PEM texts; without them plain http, for loopback or behind a named proxy. */
  tls?: { cert: string; key: string } | undefined;
  /** Addresses or CIDRs of proxies whose X-Forwarded-For is believed; nobody else's is (S35). */
  trustedProxies?: readonly string[] | undefined;
}

declare module "fastify" {
  interface FastifyInstance {
    /** True for the application behind the admin socket. */
    readonly admin: boolean;
  }
}

/** Nothing listens yet: the caller says where. */
export function buildApp(deps: AppDeps, options: AppOptions): FastifyInstance {
  wordSchemas();
  const app = newFastify(deps, options);
  app.decorate("admin", options.admin);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  dropSpareSockets(app, options.tls !== undefined);
  mapErrors(app, sayFaults(deps));
  readJsonBodies(app);
  measureRequests(app, deps.metrics);
  describeRoutes(app, deps);
  app.register(fastifyHelmet, securityHeaders(deps.orgUrl));
  if (!options.admin) limitRates(app, deps.rates);
  app.register(async (scope) => {
    for (const routes of options.routes) scope.register(routes(deps));
  });
  return app;
}

function newFastify(deps: AppDeps, options: AppOptions): FastifyInstance {
  const proxies = [...(options.trustedProxies ?? [])];
  const tls = options.tls && { https: { ...options.tls, minVersion: "TLSv1.2" } };
  return fastify({
    ...tls,
    exposeHeadRoutes: false,
    loggerInstance: deps.log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    bodyLimit: LIMITS.bodyBytes,
    // A slow sender holds a socket at most this long (S30).
    requestTimeout: 15_000,
    keepAliveTimeout: 75_000,
    trustProxy: proxies.length > 0 ? proxies : false,
    // A login of 256 characters, percent-encoded, is a legal id in a path.
    routerOptions: { maxParamLength: 3 * 256, ignoreTrailingSlash: true },
    forceCloseConnections: "idle",
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => answerError(error, request, reply),
    // One type for both listeners: whether TLS is spoken makes no difference to a route.
  } as FastifyServerOptions) as unknown as FastifyInstance;
}

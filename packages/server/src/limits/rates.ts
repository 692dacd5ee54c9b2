/** How many calls a minute one address may make, by what it calls: generous for hosts, strict where somebody might guess. */
import fastifyRateLimit, { normalizeIP } from "@fastify/rate-limit";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Refused } from "../http/refuse.ts";

/** Calls per minute and address. */
export interface Rates {
  /** Signed calls of hosts; a whole site may stand behind one address. */
  host: number;
  /** Management API. */
  management: number;
  /** Calls that phones sign: each looks every two seconds while somebody holds it, and a site's phones stand behind one address. */
  phone: number;
  /** Activation of phones by code. */
  activation: number;
  /** Enrolment of hosts by code. */
  enrolment: number;
  /** Registration of hosts by client id and secret: a rack that is installed at once stands behind one address. */
  registration: number;
  /** The page of an approval by link: each call writes, and whoever holds a link has proved nothing yet. */
  approval: number;
  /** Primary authentication (user name and password), by address and again by user name; a sign-in by a passkey alone, by address. */
  primary: number;
  /** Pages of the one-time set-up link. */
  setUp: number;
}

export const DEFAULT_RATES: Rates = {
  host: 600_000,
  management: 6_000,
  phone: 60_000,
  activation: 60,
  enrolment: 60,
  registration: 600,
  approval: 120,
  primary: 20,
  setUp: 60,
};

const UNLIMITED = new Set(["/livez", "/readyz"]);
/** Different callers remembered at once; the least recent is forgotten. */
const CALLERS = 50_000;

export function limitRates(app: FastifyInstance, rates: Rates): void {
  app.register(fastifyRateLimit, {
    global: true,
    timeWindow: 60_000,
    cache: CALLERS,
    allowList: (request) => UNLIMITED.has(request.routeOptions.url ?? ""),
    keyGenerator: (request) => `${kindOf(request)} ${sourceOf(request)}`,
    max: (request) => rates[kindOf(request)],
    errorResponseBuilder: tooMany,
  });
  void app.after(() => limitPrimary(app, rates.primary));
  app.addHook("onSend", async (request, reply) => sayAsOkta(request, reply));
}

/**
 * The same limits under the names of the public API, where `reset` is a moment (Unix seconds) and not a wait: by them its clients wait
 * before they ask again after a 429.
 */
function sayAsOkta(request: FastifyRequest, reply: FastifyReply): void {
  const [limit, remaining, wait] = ["limit", "remaining", "reset"].map((name) => reply.getHeader(`x-ratelimit-${name}`));
  if (limit === undefined || remaining === undefined || wait === undefined) return;
  reply.header("x-rate-limit-limit", limit).header("x-rate-limit-remaining", remaining);
  reply.header("x-rate-limit-reset", Math.ceil(Date.now() / 1000) + Number(wait));
  reply.header("x-okta-request-id", request.id);
}

const CHANGE_PASSWORD = "/api/v1/authn/credentials/change_password";

/**
 * Hosts and pages share one path; only the body tells a guess at a password from a step of a transaction. By user name as well,
 * known or not, so that many addresses together cannot guess faster.
 */
function limitPrimary(app: FastifyInstance, max: number): void {
  const byAddress = app.createRateLimit({ max, timeWindow: 60_000, keyGenerator: (request) => `primary ${sourceOf(request)}` });
  const byName = app.createRateLimit({ max, timeWindow: 60_000, keyGenerator: (request) => `name ${nameIn(request)}` });
  app.addHook("preHandler", async (request, reply) => {
    if (!GUESSES.has(request.routeOptions.url ?? "") || nameIn(request) === undefined) return;
    let left = max;
    for (const check of [byAddress, byName]) {
      const state = await check(request);
      if (state.isAllowed) continue;
      // The tighter of the two is what the caller has left; the limit of the whole path says nothing here.
      if (state.remaining <= left) {
        left = state.remaining;
        reply.header("x-ratelimit-limit", max).header("x-ratelimit-remaining", left).header("x-ratelimit-reset", state.ttlInSeconds);
      }
      if (!state.isExceeded) continue;
      reply.header("retry-after", state.ttlInSeconds);
      throw tooMany(request, state);
    }
  });
}

/** Where a password is looked at that a page sends. */
const GUESSES = new Set(["/api/v1/authn", CHANGE_PASSWORD]);

/** Whose password it is: by user name, or, where an old one is proved again, by the transaction. */
function nameIn(request: FastifyRequest): string | undefined {
  const body = request.body as { username?: unknown; stateToken?: unknown } | null | undefined;
  const name = request.routeOptions.url === CHANGE_PASSWORD ? body?.stateToken : body?.username;
  return typeof name === "string" ? name.toLowerCase() : undefined;
}

function kindOf(request: FastifyRequest): keyof Rates {
  const url = request.routeOptions.url ?? "";
  if (url.startsWith("/set-up/")) return "setUp";
  if (url === "/api/v1/phone/activate") return "activation";
  if (url.startsWith("/api/v1/phone")) return "phone";
  if (url === "/api/v1/hosts/enrol") return "enrolment";
  if (url === "/api/v1/hosts/register") return "registration";
  if (url.startsWith("/api/v1/approve/")) return "approval";
  // The answer of a passkey is refused with an event, and its sender may be anybody.
  if (url === "/api/v1/authn/passkey/verify") return "primary";
  if (url === "/api/v1/time" || url.startsWith("/api/v1/authn") || url.startsWith("/api/v1/hosts/self/")) return "host";
  return "management";
}

function sourceOf(request: FastifyRequest): string {
  return normalizeIP(request.ip ?? "", 64);
}

function tooMany(_request: unknown, context: { ttl: number }): Refused {
  return new Refused({ code: "E0000047", causes: [`try again in ${Math.ceil(context.ttl / 1000)} s`] });
}

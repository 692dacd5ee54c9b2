/** Maps whatever a route threw onto the closed table of errors: the caller gets the public sentence, the log gets the detail. */
import { ERRORS, type ErrorCode, type ErrorObject } from "@sallyport/contracts";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors, type ZodFastifySchemaValidationError } from "fastify-type-provider-zod";
import { Conflict, DatabaseFault } from "../flows/store.ts";
import type { SayFault } from "./fault-events.ts";
import { languageOf } from "./language.ts";
import { isOpenedInBrowser, sendNotFound } from "./pages/not-found.ts";
import { Refused } from "./refuse.ts";

export function mapErrors(app: FastifyInstance, sayFault: SayFault): void {
  const methods = methodsOfPaths(app);
  app.setErrorHandler((error, request, reply) => {
    if (asRefused(error).code === "E0000009") {
      const step = `${request.method} ${request.routeOptions.url ?? ""}`;
      sayFault({ errorId: request.id, step, name: error instanceof Error ? error.name : typeof error });
    }
    return answerError(error, request, reply);
  });
  app.setNotFoundHandler((request, reply) => {
    const allowed = methods(request.url);
    if (allowed.length === 0) return answerError(new Refused({ code: "E0000007" }), request, reply);
    reply.header("allow", allowed.join(", "));
    return answerError(new Refused({ code: "E0000022" }), request, reply);
  });
}

/** Also for what fails before any route is found, such as a broken percent sign in the path. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = asRefused(error);
  const { status } = ERRORS[refusal.code];
  // The route's pattern, never the URL: a one-time link is a secret in a path.
  const seen = { errorId: request.id, code: refusal.code, method: request.method, route: request.routeOptions.url };
  if (status >= 500) request.log.error({ ...seen, err: error }, "a request failed");
  else request.log.debug({ ...seen, cause: refusal.cause, reference: refusal.reference, causes: refusal.causes }, "a request was refused");
  if (status === 401) reply.header("www-authenticate", "Bearer");
  if (refusal.retryAfter !== undefined) reply.header("retry-after", refusal.retryAfter);
  const language = languageOf(request);
  if (refusal.code === "E0000007" && isOpenedInBrowser(request)) return sendNotFound(reply, language);
  reply.code(status).header("cache-control", "no-store");
  // Serialized by hand: the route's own response schema does not describe a refusal.
  return reply
    .type("application/json; charset=utf-8")
    .serializer(JSON.stringify)
    .send(errorObjectOf(refusal, request.id, language));
}

export function errorObjectOf(refusal: Refused, errorId: string, language: "en" | "de" = "en"): ErrorObject {
  const { code, cause, reference, evidence } = refusal;
  return {
    errorCode: code,
    errorSummary: refusal.summary ?? ERRORS[code].summary,
    errorLink: code,
    errorId,
    errorCauses: refusal.causes.map((cause) => ({ errorSummary: typeof cause === "string" ? cause : cause[language] })),
    ...(cause === undefined ? {} : { cause }),
    ...(reference === undefined ? {} : { reference }),
    ...(evidence === undefined ? {} : { evidence }),
  };
}

/** Fastify's own refusals by their code; what is not listed and is not a refusal is a fault. */
const FASTIFY_CODES: Record<string, { code: ErrorCode; cause?: string }> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: "S0000003" },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: "E0000003", cause: "the content type must be application/json" },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { code: "E0000003", cause: "the body is not as long as the header says" },
  FST_ERR_BAD_URL: { code: "E0000003", cause: "the path is not well-formed" },
};

function asRefused(error: unknown): Refused {
  if (error instanceof Refused) return error;
  // Anybody may know that the database does not work (`/readyz` says so too); a host writes it into its own record.
  if (error instanceof DatabaseFault) return new Refused({ code: "S0000004", cause: error.causeId });
  if (error instanceof Conflict) return new Refused({ code: "S0000005" });
  if (hasZodFastifySchemaValidationErrors(error)) {
    const context = (error as { validationContext?: string }).validationContext ?? "body";
    return new Refused({ code: "E0000001", causes: error.validation.flatMap((issue) => issueLines(issue, context)) });
  }
  const known = FASTIFY_CODES[(error as { code?: string } | null)?.code ?? ""];
  if (known) return new Refused({ code: known.code, ...(known.cause ? { causes: [known.cause] } : {}) });
  return new Refused({ code: "E0000009" });
}

interface NestedIssue {
  path: (string | number)[];
  message: string;
  code: string;
  keys?: string[];
  errors?: NestedIssue[][];
}

/** `profile.login: Too small: …`; never the value itself, which may be a password. */
function issueLines(issue: ZodFastifySchemaValidationError, context: string): string[] {
  const path = issue.instancePath.split("/").filter((part) => part !== "");
  return explainIssue({ ...(issue.params as object), path, message: issue.message ?? "", code: issue.keyword }, path, context).slice(0, 20);
}

function explainIssue(issue: NestedIssue, path: (string | number)[], context: string): string[] {
  const where = path.length > 0 ? path.join(".") : context;
  if (issue.code === "unrecognized_keys" && issue.keys) {
    const kind = context === "querystring" ? "unknown query parameter" : "unknown field";
    return issue.keys.map((key) => `${[...path, key].join(".")}: ${kind}`);
  }
  const branch = issue.errors && closest(issue.errors);
  if (branch) return branch.flatMap((inner) => explainIssue(inner, [...path, ...inner.path], context));
  return [`${where}: ${issue.message}`];
}

/** Of a union's branches the one with the fewest complaints: most likely the one that was meant. */
function closest(branches: NestedIssue[][]): NestedIssue[] | undefined {
  return branches.filter((branch) => branch.length > 0).sort((a, b) => a.length - b.length)[0];
}

/** Which methods a path has, so that a wrong method (405) is told from an unknown path (404). */
function methodsOfPaths(app: FastifyInstance): (url: string) => string[] {
  const routes: { pattern: RegExp; methods: string[] }[] = [];
  app.addHook("onRoute", ({ url, method }) => {
    const pattern = url.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/:[A-Za-z]+/g, "[^/]+");
    routes.push({ pattern: new RegExp(`^${pattern}/?$`), methods: [method].flat() });
  });
  return (url) => {
    const path = url.split("?")[0] ?? "";
    return [...new Set(routes.flatMap((route) => (route.pattern.test(path) ? route.methods : [])))];
  };
}

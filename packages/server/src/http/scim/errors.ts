/** Turns whatever a route of SCIM threw into the error body of RFC 7644 §3.12; a fault of ours is logged and told as such. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { Conflict, DatabaseFault } from "../../flows/store.ts";
import type { AppDeps } from "../app.ts";
import { sayFaults } from "../fault-events.ts";
import { Refused } from "../refuse.ts";
import { bodyOf, ScimFault } from "./fault.ts";

/** Fastify's own refusals by their code. */
const FASTIFY_CODES: Record<string, ScimFault> = {
  FST_ERR_CTP_BODY_TOO_LARGE: new ScimFault(413, undefined, "the body is too large"),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: new ScimFault(415, undefined, "the content type must be application/scim+json"),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: new ScimFault(400, "invalidSyntax", "the body is not as long as the header says"),
  FST_ERR_BAD_URL: new ScimFault(400, "invalidSyntax", "the path is not well-formed"),
};

export function faultOf(error: unknown): ScimFault {
  if (error instanceof ScimFault) return error;
  if (error instanceof Conflict) return new ScimFault(409, "uniqueness", error.message);
  if (error instanceof DatabaseFault) return new ScimFault(503, undefined, "the org cannot answer right now");
  if (error instanceof Refused) return refused(error);
  return FASTIFY_CODES[(error as { code?: string } | null)?.code ?? ""] ?? new ScimFault(500, undefined, "internal error");
}

function refused({ code, causes, message }: Refused): ScimFault {
  const detail = causes.length > 0 ? causes.join("; ") : message;
  if (code === "E0000003") return new ScimFault(400, "invalidSyntax", detail);
  return code === "E0000047" ? new ScimFault(429, undefined, detail) : new ScimFault(500, undefined, "internal error");
}

/** Logs what is no refusal, and passes it on. */
export function reportFault(deps: AppDeps): (error: unknown, request: FastifyRequest) => unknown {
  const sayFault = sayFaults(deps);
  return (error, request) => {
    const { status } = faultOf(error);
    const seen = { errorId: request.id, method: request.method, route: request.routeOptions.url };
    if (status < 500 || error instanceof ScimFault)
      request.log.debug({ ...seen, status, detail: faultOf(error).message }, "a SCIM request was refused");
    else request.log.error({ ...seen, err: error }, "a SCIM request failed");
    if (status === 500) {
      const step = `${request.method} ${request.routeOptions.url ?? ""}`;
      sayFault({ errorId: request.id, step, name: error instanceof Error ? error.name : typeof error });
    }
    return error;
  };
}

export function answerFault(error: unknown, reply: FastifyReply): FastifyReply {
  const fault = faultOf(error);
  if (fault.status === 401) reply.header("www-authenticate", "Bearer");
  reply.code(fault.status).header("cache-control", "no-store").type("application/scim+json");
  return reply.serializer(JSON.stringify).send(bodyOf(fault));
}

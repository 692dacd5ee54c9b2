/** The SCIM 2.0 service under /scim/v2: directories such as Entra ID and Okta write their people and groups here. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { Messages } from "scimmy";
import { readJsonBodies } from "../json-body.ts";
import type { RouteSet } from "../routes.ts";
import { scimJudge } from "./authenticate.ts";
import { bulk } from "./bulk.ts";
import { BODY_BYTES, listOf, oneOf, resourceTypes, schemas, serviceProviderConfig } from "./discovery.ts";
import { answerFault, faultOf, reportFault } from "./errors.ts";
import { ScimFault } from "./fault.ts";
import { groupHandler } from "./groups.ts";
import type { KindHandler, ScimCall } from "./kind-handler.ts";
import { project, readShape } from "./project.ts";
import { isObject, type Resource } from "./schemas.ts";
import { readQuery, search } from "./search.ts";
import { userHandler } from "./users.ts";
import { judgeVersion, names, versionOf } from "./versions.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Set on every request of SCIM before anything else runs. */
    scim: ScimCall;
  }
}

const HANDLERS: readonly KindHandler[] = [userHandler, groupHandler];
const TYPE = "application/scim+json";

/** Not behind the admin socket: whoever owns the machine is no source. */
export const scimRoutes: RouteSet = (deps) => async (app) => {
  if (app.admin) return;
  const judge = scimJudge(deps);
  const report = reportFault(deps);
  app.register(
    async (scope) => {
      scope.decorateRequest("scim");
      readJsonBodies(scope, [TYPE, "application/json"]);
      scope.addHook("onRequest", async (request) => {
        request.scim = await judge(request);
      });
      scope.setErrorHandler((error, request, reply) => answerFault(report(error, request), reply));
      scope.setNotFoundHandler((request, reply) =>
        answerFault(new ScimFault(404, undefined, `there is no ${request.method} of this path`), reply),
      );
      const options = { schema: { hide: true }, bodyLimit: BODY_BYTES };

      scope.get("/ServiceProviderConfig", options, async (request, reply) => send(reply, serviceProviderConfig(request.scim.base)));
      for (const [path, all] of [
        ["/ResourceTypes", resourceTypes],
        ["/Schemas", schemas],
      ] as const) {
        scope.get(path, options, async (request, reply) => send(reply, listOf(all(request.scim.base), queryOf(request))));
        scope.get(`${path}/:id`, options, async (request, reply) => send(reply, oneOf(all(request.scim.base), idOf(request))));
      }
      scope.route({ method: ["GET", "POST", "PUT", "PATCH", "DELETE"], url: "/Me", ...options, handler: async () => notHere() });
      scope.post("/Bulk", options, async (request, reply) =>
        send(reply, await bulk(request.scim, HANDLERS, request.body, (error) => faultOf(report(error, request)))),
      );
      scope.get("/", options, async (request, reply) => send(reply, await search(request.scim, HANDLERS, readQuery(queryOf(request)))));
      scope.post("/.search", options, async (request, reply) => send(reply, await search(request.scim, HANDLERS, searchIn(request))));
      for (const handler of HANDLERS) {
        const { endpoint } = handler.kind;
        const found = (request: FastifyRequest, query: Resource) => search(request.scim, [handler], readQuery(query));
        scope.get(endpoint, options, async (request, reply) => send(reply, await found(request, queryOf(request))));
        scope.post(`${endpoint}/.search`, options, async (request, reply) =>
          send(reply, await search(request.scim, [handler], searchIn(request))),
        );
        scope.post(endpoint, options, async (request, reply) => {
          const made = await handler.create(request.scim, bodyIn(request));
          return send(reply, made, 201, handler, request);
        });
        scope.get(`${endpoint}/:id`, options, (request, reply) => read(handler, request, reply));
        scope.put(`${endpoint}/:id`, options, async (request, reply) => {
          await judgeIfMatch(handler, request);
          return send(reply, await handler.replace(request.scim, idOf(request), bodyIn(request)), 200, handler, request);
        });
        scope.patch(`${endpoint}/:id`, options, async (request, reply) => {
          await judgeIfMatch(handler, request);
          const shape = readShape(queryOf(request));
          const done = await handler.patch(request.scim, idOf(request), bodyIn(request), shape);
          return done ? send(reply, done, 200, handler, request) : reply.code(204).send();
        });
        scope.delete(`${endpoint}/:id`, options, async (request, reply) => {
          await judgeIfMatch(handler, request);
          await handler.remove(request.scim, idOf(request));
          return reply.code(204).send();
        });
      }
    },
    { prefix: "/scim/v2" },
  );
};

async function read(handler: KindHandler, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const shape = readShape(queryOf(request));
  const resource = await handler.read(request.scim, idOf(request), shape);
  const known = request.headers["if-none-match"];
  const version = versionOf(resource);
  if (known !== undefined && version !== undefined && names(known, version)) return reply.code(304).header("etag", version).send();
  return send(reply, resource, 200, handler, request);
}

/** A resource goes out in the shape that was asked for, with its version and place as headers too. */
function send(reply: FastifyReply, body: Resource, status = 200, handler?: KindHandler, request?: FastifyRequest): FastifyReply {
  const version = versionOf(body);
  if (version !== undefined) reply.header("etag", version);
  const location = isObject(body["meta"]) ? body["meta"]["location"] : undefined;
  if (status === 201 && typeof location === "string") reply.header("location", location);
  const shown = handler && request ? project(handler.kind, body, readShape(queryOf(request))) : body;
  return reply.code(status).header("cache-control", "no-store").type(TYPE).serializer(JSON.stringify).send(shown);
}

async function judgeIfMatch(handler: KindHandler, request: FastifyRequest): Promise<void> {
  const header = request.headers["if-match"];
  if (header !== undefined) await judgeVersion(request.scim, handler, idOf(request), header);
}

function queryOf(request: FastifyRequest): Resource {
  return request.query as Resource;
}

function idOf(request: FastifyRequest): string {
  return (request.params as { id: string }).id;
}

function bodyIn(request: FastifyRequest): Resource {
  if (!isObject(request.body)) throw new ScimFault(400, "invalidSyntax", "the body must be an object");
  return request.body;
}

function searchIn(request: FastifyRequest) {
  const body = bodyIn(request);
  const { schemas } = body;
  if (!Array.isArray(schemas) || !schemas.includes(Messages.SearchRequest.id))
    throw new ScimFault(400, "invalidSyntax", `schemas: ${Messages.SearchRequest.id} is missing`);
  return readQuery(body);
}

/** A token is a directory, not a person (RFC 7644 §3.11). */
function notHere(): never {
  throw new ScimFault(501, undefined, "/Me is not supported: the caller is a directory, and no user");
}

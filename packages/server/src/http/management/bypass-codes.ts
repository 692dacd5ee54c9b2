/** Routes of a user's bypass codes: give one out, list, withdraw. */
import { bypassView, createBypassRequest } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { createBypass, listBypass, revokeBypass } from "../../flows/management/bypass-codes.ts";
import type { AppDeps } from "../app.ts";
import { orRefuse } from "./answers.ts";
import { bypassOf } from "./factor-views.ts";
import { idParams, noContent } from "./users.ts";

export const bypassRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const write = { permission: "factors.bypass" } as const;
  const url = "/api/v1/users/:id/bypass-codes";

  app.post(
    url,
    { config: write, schema: { params: idParams, body: createBypassRequest, response: { 200: bypassView } } },
    async (request, reply) => {
      const made = orRefuse(await createBypass(deps, request.caller, request.params.id, request.body));
      reply.header("cache-control", "no-store");
      return bypassOf(made);
    },
  );

  app.get(
    url,
    { config: { permission: "factors.read" }, schema: { params: idParams, response: { 200: z.array(bypassView) } } },
    async (request) => orRefuse(await listBypass(deps.store, request.params.id)).map(bypassOf),
  );

  const one = z.object({ id: z.string().min(1).max(256), bypass: z.string().max(64) });
  app.delete(`${url}/:bypass`, { config: write, schema: { params: one, response: { 204: noContent } } }, async (request, reply) => {
    orRefuse(await revokeBypass(deps.store, request.caller, request.params.id, request.params.bypass));
    return reply.code(204).send();
  });
};

/** Routes of API tokens. */
import { createTokenRequest, tokenView } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { createToken, revokeToken } from "../../flows/management/tokens.ts";
import type { AppDeps } from "../app.ts";
import { orRefuse } from "./answers.ts";
import { oneMore, pageOf, plainPage } from "./page.ts";
import { idParams, noContent } from "./users.ts";
import { tokenOf } from "./views.ts";

export const tokenRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const { store } = deps;
  const read = { permission: "tokens.read" } as const;
  const write = { permission: "tokens.write" } as const;

  app.post(
    "/api/v1/tokens",
    { config: write, schema: { body: createTokenRequest, response: { 200: tokenView } } },
    async (request, reply) => {
      const { row, token } = orRefuse(await createToken(store, request.caller, request.body));
      reply.header("cache-control", "no-store");
      return tokenOf(row, token);
    },
  );

  app.get(
    "/api/v1/tokens",
    { config: read, schema: { querystring: plainPage, response: { 200: z.array(tokenView) } } },
    async (request, reply) => {
      const rows = await store.read((tx) => tx.secrets.listTokens(oneMore(request.query)));
      return pageOf(deps.orgUrl, request, reply, rows, (row) => row.id).map((row) => tokenOf(row));
    },
  );

  app.delete(
    "/api/v1/tokens/:id",
    { config: write, schema: { params: idParams, response: { 204: noContent } } },
    async (request, reply) => {
      orRefuse(await revokeToken(store, request.caller, request.params.id));
      return reply.code(204).send();
    },
  );
};

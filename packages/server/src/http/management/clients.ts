/** Routes of clients: the pairs of id and secret by which machines register themselves. */
import { clientView, createClientRequest, rotateClientRequest } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { createClient, retireClientSecret, revokeClient, rotateClient, shown } from "../../flows/management/clients.ts";
import type { AppDeps } from "../app.ts";
import { orRefuse } from "./answers.ts";
import { oneMore, pageOf, plainPage } from "./page.ts";
import { idParams, nothing } from "./users.ts";
import { clientOf } from "./views.ts";

export const clientRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const { store } = deps;
  const read = { permission: "hosts.read" } as const;
  const write = { permission: "hosts.write" } as const;
  const url = "/api/v1/clients";
  const one = { 200: clientView };

  app.post(url, { config: write, schema: { body: createClientRequest, response: one } }, async (request) =>
    clientOf(orRefuse(await createClient(deps, request.caller, request.body))),
  );

  app.get(url, { config: read, schema: { querystring: plainPage, response: { 200: z.array(clientView) } } }, async (request, reply) => {
    const found = await store.read(async (tx) => {
      const rows = await tx.clients.list(oneMore(request.query));
      return Promise.all(rows.map((row) => shown(tx, row)));
    });
    return pageOf(deps.orgUrl, request, reply, found, ({ row }) => row.id).map(clientOf);
  });

  app.post(
    `${url}/:id/lifecycle/rotate`,
    { config: write, schema: { params: idParams, body: rotateClientRequest.nullish(), response: one } },
    async (request) => clientOf(orRefuse(await rotateClient(deps, request.caller, request.params.id, request.body ?? {}))),
  );

  app.post(`${url}/:id/lifecycle/retire`, { config: write, schema: { params: idParams, body: nothing, response: one } }, async (request) =>
    clientOf(orRefuse(await retireClientSecret(store, request.caller, request.params.id))),
  );

  app.post(
    `${url}/:id/lifecycle/revoke`,
    { config: write, schema: { params: idParams, body: nothing, response: { 200: z.object({}) } } },
    async (request) => {
      orRefuse(await revokeClient(store, request.caller, request.params.id));
      return {};
    },
  );
};

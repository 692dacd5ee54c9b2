/** Routes of hosts and of the codes that enrol them. */
import { hostChange, hostCodeRequest, hostCodeView, hostView } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { appLabels, approveHost, createHostCode, revokeHost, revokeHostCode, setHostDomain } from "../../flows/management/hosts-admin.ts";
import type { AppDeps } from "../app.ts";
import { Refused } from "../refuse.ts";
import { orRefuse } from "./answers.ts";
import { oneMore, pageOf, plainPage } from "./page.ts";
import { idParams, noContent, nothing } from "./users.ts";
import { hostCodeOf, hostOf } from "./views.ts";

export const hostRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const { store } = deps;
  const read = { permission: "hosts.read" } as const;
  const write = { permission: "hosts.write" } as const;

  app.get(
    "/api/v1/hosts",
    { config: read, schema: { querystring: plainPage, response: { 200: z.array(hostView) } } },
    async (request, reply) => {
      const { rows, labels } = await store.read(async (tx) => {
        const found = await tx.hosts.list(oneMore(request.query));
        return {
          rows: found,
          labels: await appLabels(
            tx,
            found.map((row) => row.appId),
          ),
        };
      });
      return pageOf(deps.orgUrl, request, reply, rows, (row) => row.id).map((row) => hostOf(row, labels.get(row.appId) ?? row.appId));
    },
  );

  app.get("/api/v1/hosts/:id", { config: read, schema: { params: idParams, response: { 200: hostView } } }, async (request) =>
    store.read(async (tx) => {
      const row = await tx.hosts.byId(request.params.id);
      if (!row) throw new Refused({ code: "E0000007" });
      return hostOf(row, (await tx.apps.byId(row.appId))?.label ?? row.appId);
    }),
  );

  app.put(
    "/api/v1/hosts/:id",
    { config: write, schema: { params: idParams, body: hostChange, response: { 200: hostView } } },
    async (request) => {
      const row = orRefuse(await setHostDomain(store, request.caller, request.params.id, request.body.domain));
      const labels = await store.read((tx) => appLabels(tx, [row.appId]));
      return hostOf(row, labels.get(row.appId) ?? row.appId);
    },
  );

  for (const [step, move] of [
    ["approve", approveHost],
    ["revoke", revokeHost],
  ] as const) {
    app.post(
      `/api/v1/hosts/:id/lifecycle/${step}`,
      { config: write, schema: { params: idParams, body: nothing, response: { 200: z.object({}) } } },
      async (request) => {
        orRefuse(await move(store, request.caller, request.params.id));
        return {};
      },
    );
  }
};

export const hostCodeRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const { store } = deps;
  const read = { permission: "hosts.read" } as const;
  const write = { permission: "hosts.write" } as const;
  const url = "/api/v1/host-codes";

  app.post(url, { config: write, schema: { body: hostCodeRequest, response: { 200: hostCodeView } } }, async (request) => {
    const { row, code } = orRefuse(await createHostCode(deps, request.caller, request.body));
    const labels = await store.read((tx) => appLabels(tx, [row.appId]));
    return hostCodeOf(row, labels.get(row.appId) ?? row.appId, code);
  });

  app.get(url, { config: read, schema: { querystring: plainPage, response: { 200: z.array(hostCodeView) } } }, async (request, reply) => {
    const { rows, labels } = await store.read(async (tx) => {
      const found = await tx.hosts.listCodes(oneMore(request.query));
      return {
        rows: found,
        labels: await appLabels(
          tx,
          found.map((row) => row.appId),
        ),
      };
    });
    return pageOf(deps.orgUrl, request, reply, rows, (row) => row.id).map((row) => hostCodeOf(row, labels.get(row.appId) ?? row.appId));
  });

  app.delete(`${url}/:id`, { config: write, schema: { params: idParams, response: { 204: noContent } } }, async (request, reply) => {
    orRefuse(await revokeHostCode(store, request.caller, request.params.id));
    return reply.code(204).send();
  });
};

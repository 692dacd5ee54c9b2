/** Routes of network zones. */
import { zoneRequest, zoneView } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { deleteZone, putZone } from "../../flows/management/zones.ts";
import type { AppDeps } from "../app.ts";
import { Refused } from "../refuse.ts";
import { orRefuse } from "./answers.ts";
import { noContent } from "./users.ts";

const params = z.object({ name: z.string().trim().min(1).max(128) });

/** The list is short and has no pages. */
export const zoneRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const { store } = deps;
  const read = { permission: "zones.read" } as const;
  const write = { permission: "zones.write" } as const;

  app.get("/api/v1/zones", { config: read, schema: { response: { 200: z.array(zoneView) } } }, async () =>
    store.read((tx) => tx.zones.list()),
  );

  app.get("/api/v1/zones/:name", { config: read, schema: { params, response: { 200: zoneView } } }, async (request) => {
    const zone = await store.read((tx) => tx.zones.byName(request.params.name));
    if (!zone) throw new Refused({ code: "E0000007" });
    return zone;
  });

  app.put("/api/v1/zones/:name", { config: write, schema: { params, body: zoneRequest, response: { 200: zoneView } } }, async (request) =>
    orRefuse(await putZone(store, request.caller, request.params.name, request.body.cidrs)),
  );

  app.delete("/api/v1/zones/:name", { config: write, schema: { params, response: { 204: noContent } } }, async (request, reply) => {
    orRefuse(await deleteZone(store, request.caller, request.params.name));
    return reply.code(204).send();
  });
};

/** Routes of pushes to phones: the stops after a *not me*, and the push services that are allowed. */
import { liftStopQuery, type PushStopView, pushHosts, pushStopView } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { liftStop, listStops, type StopShown } from "../../flows/management/push-stops.ts";
import { addedPushHosts, setPushHosts } from "../../flows/phone/push-hosts.ts";
import type { AppDeps } from "../app.ts";
import { orRefuse } from "./answers.ts";
import { noContent } from "./users.ts";
import { iso } from "./views.ts";

export const pushRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const stops = "/api/v1/push/stops";
  const hosts = "/api/v1/push/hosts";
  const factors = { permission: "factors.read" } as const;

  app.get(stops, { config: factors, schema: { response: { 200: z.array(pushStopView) } } }, async () =>
    (await listStops(deps.store)).map(stopOf),
  );

  app.delete(
    `${stops}/:stop`,
    {
      config: { permission: "factors.reset" },
      schema: { params: z.object({ stop: z.string().max(64) }), querystring: liftStopQuery, response: { 204: noContent } },
    },
    async (request, reply) => {
      orRefuse(await liftStop(deps.store, request.caller, request.params.stop, request.query.reason));
      return reply.code(204).send();
    },
  );

  app.get(hosts, { config: { permission: "org.read" }, schema: { response: { 200: pushHosts } } }, async () => ({
    hosts: await deps.store.read(addedPushHosts),
  }));

  app.put(hosts, { config: { permission: "org.write" }, schema: { body: pushHosts, response: { 200: pushHosts } } }, async (request) => ({
    hosts: orRefuse(await setPushHosts(deps.store, request.caller, request.body.hosts)),
  }));
};

function stopOf({ stop, login, host }: StopShown): PushStopView {
  return { id: stop.id, user: stop.userId, login, scope: stop.scope, host, address: stop.address, created: iso(stop.created) };
}

/** Routes of a user's factors: enrol, activate with a first code, list, reset. */
import { activateFactorRequest, enrolFactorRequest, supportedFactorView, userFactorView } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { activateFactor, enrolFactor, listFactors, resetFactor } from "../../flows/management/factors-admin.ts";
import type { AppDeps } from "../app.ts";
import { Refused } from "../refuse.ts";
import { orRefuse } from "./answers.ts";
import { flag, idParams, noContent } from "./users.ts";
import { factorOf } from "./views.ts";

const factorParams = z.object({ id: z.string().min(1).max(256), factor: z.string().max(64) });

export const factorRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const read = { permission: "factors.read" } as const;
  const enrol = { permission: "factors.enrol" } as const;
  const url = "/api/v1/users/:id/factors";

  app.post(
    url,
    {
      config: enrol,
      schema: {
        params: idParams,
        body: enrolFactorRequest,
        querystring: z.strictObject({ activate: flag }),
        response: { 200: userFactorView },
      },
    },
    async (request, reply) => {
      const { enrolment, activation } = orRefuse(await enrolFactor(deps, request.caller, request.params.id, request.query.activate));
      reply.header("cache-control", "no-store");
      return factorOf(enrolment, activation);
    },
  );

  app.get(url, { config: read, schema: { params: idParams, response: { 200: z.array(userFactorView) } } }, async (request) =>
    orRefuse(await listFactors(deps.store, request.params.id)).map((row) => factorOf(row)),
  );

  // Before the one by id, as the public API has it: no id is "catalog".
  app.get(
    `${url}/catalog`,
    { config: read, schema: { params: idParams, response: { 200: z.array(supportedFactorView) } } },
    async (request) => {
      const [row] = orRefuse(await listFactors(deps.store, request.params.id));
      const shape = { factorType: "token:software:totp", provider: "GOOGLE", vendorName: "GOOGLE", enrollment: "OPTIONAL" } as const;
      return [{ ...shape, status: row?.status ?? ("NOT_SETUP" as const) }];
    },
  );

  app.get(`${url}/:factor`, { config: read, schema: { params: factorParams, response: { 200: userFactorView } } }, async (request) => {
    const row = orRefuse(await listFactors(deps.store, request.params.id)).find((one) => one.id === request.params.factor);
    if (!row) throw new Refused({ code: "E0000007" });
    return factorOf(row);
  });

  app.post(
    `${url}/:factor/lifecycle/activate`,
    {
      config: enrol,
      schema: { params: factorParams, body: activateFactorRequest, response: { 200: userFactorView } },
    },
    async (request) => {
      const { id, factor } = request.params;
      return factorOf(orRefuse(await activateFactor(deps, request.caller, id, factor, request.body.passCode)));
    },
  );

  app.delete(
    `${url}/:factor`,
    { config: { permission: "factors.reset" }, schema: { params: factorParams, response: { 204: noContent } } },
    async (request, reply) => {
      const { id, factor } = request.params;
      orRefuse(await resetFactor(deps, request.caller, id, factor));
      return reply.code(204).send();
    },
  );
};

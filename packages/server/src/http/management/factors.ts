/** Routes of a user's factors: enrol, activate with a first code, list, rename, re-sync, reset. */
import {
  activateFactorRequest,
  enrolFactorRequest,
  renameFactorRequest,
  resyncFactorRequest,
  supportedFactorView,
  userFactorView,
} from "@sallyport/contracts";
import { isSentKind } from "@sallyport/logon";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { sentKindsOn } from "../../flows/enrolling/sent-code.ts";
import { enrolPush } from "../../flows/management/enrol-push.ts";
import { activateFactor, enrolFactor, listFactors, resetFactor } from "../../flows/management/factors-admin.ts";
import { enrolRecovery } from "../../flows/management/recovery-codes.ts";
import { renameFactor } from "../../flows/management/rename-factor.ts";
import { resyncFactor } from "../../flows/management/resync-factor.ts";
import { activateSent, enrolSent } from "../../flows/management/sent-factors.ts";
import type { AppDeps } from "../app.ts";
import { Refused } from "../refuse.ts";
import { orRefuse } from "./answers.ts";
import { catalogEntry, factorOf, pushOf, recoveryOf, sentOf, totpOf } from "./factor-views.ts";
import { flag, idParams, noContent } from "./users.ts";

const factorParams = z.object({ id: z.string().min(1).max(256), factor: z.string().max(64) });

/** Kinds that a person enrols. */
const SUPPORTED = ["totp", "push", "passkey"] as const;

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
      const { body, caller, params, query } = request;
      reply.header("cache-control", "no-store");
      if (body.factorType === "recovery_codes") {
        const { enrolment, codes } = orRefuse(await enrolRecovery(deps, caller, params.id));
        return recoveryOf(enrolment, codes.length, codes);
      }
      if (body.factorType === "push") {
        const { enrolment, activation } = orRefuse(await enrolPush(deps, caller, params.id, body));
        return pushOf(enrolment, activation);
      }
      if (body.factorType !== "token:software:totp")
        return sentOf(orRefuse(await enrolSent(deps, caller, params.id, body.factorType, { ...body, activate: query.activate })));
      const { enrolment, activation } = orRefuse(await enrolFactor(deps, caller, params.id, query.activate, body));
      return totpOf(enrolment, activation);
    },
  );

  app.get(url, { config: read, schema: { params: idParams, response: { 200: z.array(userFactorView) } } }, async (request) =>
    orRefuse(await listFactors(deps.store, request.params.id)).map(factorOf),
  );

  // Before the one by id, as the public API has it: no id is "catalog".
  app.get(
    `${url}/catalog`,
    { config: read, schema: { params: idParams, response: { 200: z.array(supportedFactorView) } } },
    async (request) => {
      const shown = orRefuse(await listFactors(deps.store, request.params.id));
      const sent = await deps.store.read(sentKindsOn);
      return [...SUPPORTED, ...sent].map((kind) => catalogEntry(kind, shown));
    },
  );

  app.get(`${url}/:factor`, { config: read, schema: { params: factorParams, response: { 200: userFactorView } } }, async (request) => {
    const shown = orRefuse(await listFactors(deps.store, request.params.id));
    const found = shown.find(({ enrolment }) => enrolment.id === request.params.factor);
    if (!found) throw new Refused({ code: "E0000007" });
    return factorOf(found);
  });

  app.post(
    `${url}/:factor/lifecycle/activate`,
    {
      config: enrol,
      schema: { params: factorParams, body: activateFactorRequest, response: { 200: userFactorView } },
    },
    async (request) => {
      const { id, factor } = request.params;
      const shown = orRefuse(await listFactors(deps.store, id)).find(({ enrolment }) => enrolment.id === factor);
      if (shown?.enrolment.kind === "push") return factorOf(shown);
      if (shown && isSentKind(shown.enrolment.kind))
        return sentOf(orRefuse(await activateSent(deps, request.caller, id, factor, request.body.passCode)));
      return totpOf(orRefuse(await activateFactor(deps, request.caller, id, factor, request.body.passCode)));
    },
  );

  app.post(
    `${url}/:factor/lifecycle/resync`,
    { config: enrol, schema: { params: factorParams, body: resyncFactorRequest, response: { 200: userFactorView } } },
    async (request) => {
      const { id, factor } = request.params;
      const { passCode: first, nextPassCode: second } = request.body;
      return totpOf(orRefuse(await resyncFactor(deps, request.caller, id, factor, { first, second })));
    },
  );

  app.post(
    `${url}/:factor/lifecycle/rename`,
    { config: enrol, schema: { params: factorParams, body: renameFactorRequest, response: { 200: userFactorView } } },
    async (request) => {
      const { id, factor } = request.params;
      return factorOf({ enrolment: orRefuse(await renameFactor(deps.store, request.caller, id, factor, request.body.name)), remaining: 0 });
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

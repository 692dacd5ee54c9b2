/** Routes of the sources that people come from. */
import { importRequest, importView, sourceName } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { importPeople } from "../../flows/management/import-people.ts";
import type { AppDeps } from "../app.ts";
import { orRefuse } from "./answers.ts";
import { flag } from "./users.ts";

/** Ten thousand people with all their names; the limit of every other body would end at a few hundred. */
const BODY_BYTES = 8 << 20;

export const sourceRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const schema = {
    params: z.object({ source: sourceName }),
    querystring: z.strictObject({ dryRun: flag }),
    body: importRequest,
    response: { 200: importView },
  };
  app.post("/api/v1/sources/:source/import", { config: { permission: "users.write" }, bodyLimit: BODY_BYTES, schema }, async (request) => {
    const { params, body, query } = request;
    return orRefuse(await importPeople(deps, request.caller, params.source, body, query.dryRun));
  });
};

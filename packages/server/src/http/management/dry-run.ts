/** Route of the dry run of a logon. */
import { dryRunAnswer, dryRunRequest } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { dryRun } from "../../flows/management/dry-run.ts";
import type { AppDeps } from "../app.ts";
import { hostOf } from "./views.ts";

export const dryRunRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  app.post(
    "/api/v1/logons/rehearse",
    { config: { permission: "policy.read" }, schema: { body: dryRunRequest, response: { 200: dryRunAnswer } } },
    async (request) => {
      const answer = await dryRun(deps.store, request.body);
      return { ...answer, hosts: answer.hosts.map(({ row, app: label }) => hostOf(row, label)) };
    },
  );
};

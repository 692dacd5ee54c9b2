/** Routes of break-glass: the recovery key, behind the admin socket only, and answers to the challenges of machines. */
import { answerBreakGlassRequest, breakGlassAnswerView, breakGlassFile, exportBreakGlassRequest } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { answerBreakGlass, exportBreakGlass } from "../../flows/management/break-glass.ts";
import type { AppDeps } from "../app.ts";
import { orRefuse } from "./answers.ts";

export const breakGlassRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const url = "/api/v1/org/break-glass";

  app.post(
    `${url}/answer`,
    { config: { permission: "hosts.write" }, schema: { body: answerBreakGlassRequest, response: { 200: breakGlassAnswerView } } },
    async (request, reply) => {
      reply.header("cache-control", "no-store");
      return orRefuse(await answerBreakGlass(deps, request.caller, request.body));
    },
  );

  // The key of every machine: it leaves over no network.
  if (!app.admin) return;
  app.post(
    `${url}/export`,
    { config: { permission: "org.write" }, schema: { body: exportBreakGlassRequest, response: { 200: breakGlassFile } } },
    async (request) => orRefuse(await exportBreakGlass(deps, request.caller, request.body)),
  );
};

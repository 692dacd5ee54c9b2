/** Routes of an app's policy: read, replace by compare-and-set, rehearse. */
import { policyDocument, policyView, rehearseAnswer, rehearseRequest } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { findApp } from "../../flows/management/apps.ts";
import { setPolicy } from "../../flows/management/policies.ts";
import { rehearse } from "../../flows/management/rehearse.ts";
import type { AppRow } from "../../flows/store-directory.ts";
import type { AppDeps } from "../app.ts";
import { orRefuse } from "./answers.ts";
import { idParams } from "./users.ts";

/** `version`: the one that the document was made from. */
const setPolicyRequest = z.strictObject({ version: z.int().min(0), document: policyDocument });

export const policyRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const { store } = deps;
  const read = { permission: "policy.read" } as const;
  const write = { permission: "policy.write" } as const;
  const url = "/api/v1/apps/:id/policy";

  app.get(url, { config: read, schema: { params: idParams, response: { 200: policyView } } }, async (request) =>
    policyOf(orRefuse(await store.read((tx) => findApp(tx, request.params.id)))),
  );

  app.put(url, { config: write, schema: { params: idParams, body: setPolicyRequest, response: { 200: policyView } } }, async (request) => {
    const { version, document } = request.body;
    return policyOf(orRefuse(await setPolicy(store, request.caller, request.params.id, version, document)));
  });

  app.post(
    `${url}/rehearse`,
    { config: read, schema: { params: idParams, body: rehearseRequest, response: { 200: rehearseAnswer } } },
    async (request) => orRefuse(await rehearse(store, request.params.id, request.body)),
  );
};

function policyOf(app: AppRow): z.infer<typeof policyView> {
  return { app: app.id, version: app.policyVersion, document: app.policy };
}

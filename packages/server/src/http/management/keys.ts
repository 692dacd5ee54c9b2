/** Routes of the org's own keys: which there are, passing on to the next one, and giving a compromised one up. */
import { decisionKeysView, finishRotationRequest, resealRequest, sealingView } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { announceKey, finishRotation, revokeKey, viewKeys } from "../../flows/management/decision-keys.ts";
import { beginReseal, finishReseal, viewSealing } from "../../flows/management/reseal.ts";
import type { AppDeps } from "../app.ts";
import { orRefuse } from "./answers.ts";
import { nothing } from "./users.ts";
import { iso, isoOrNull } from "./views.ts";

const sealingRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const url = "/api/v1/org/sealing-key";
  const answer = { response: { 200: sealingView } };
  app.get(url, { config: { permission: "org.read" }, schema: answer }, () => viewSealing(deps));
  // It names a file of the server's machine.
  if (!app.admin) return;
  app.post(url, { config: { permission: "org.write" }, schema: { body: resealRequest, ...answer } }, async (request) => {
    orRefuse(await beginReseal(deps, request.caller, request.body?.keyFile));
    // Takes as long as there are secrets; a run that is cut off is taken up again at the next start.
    void finishReseal(deps).catch((err: unknown) => deps.log.error({ err }, "secrets could not be sealed anew"));
    return viewSealing(deps);
  });
};

export const keyRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  app.register(sealingRoutes(deps));
  const read = { permission: "org.read" } as const;
  const write = { permission: "org.write" } as const;
  const view = async () => {
    const { keys, missing } = await viewKeys(deps);
    return {
      keys: keys.map(({ kid, thumbprint, status, position, created, inForce, publicJwk, link }) => {
        return { kid, thumbprint, status, position, created: iso(created), inForce: isoOrNull(inForce), publicJwk, link };
      }),
      missing: missing.map(({ id, name, lastSeen }) => ({ id, name, lastSeen: isoOrNull(lastSeen) })),
    };
  };
  const url = "/api/v1/org/decision-keys";
  const answer = { response: { 200: decisionKeysView } };

  app.get(url, { config: read, schema: answer }, view);

  app.post(url, { config: write, schema: { body: nothing, ...answer } }, async (request) => {
    orRefuse(await announceKey(deps, request.caller));
    return view();
  });

  app.post(`${url}/finish`, { config: write, schema: { body: finishRotationRequest, ...answer } }, async (request) => {
    orRefuse(await finishRotation(deps, request.caller, request.body.waive ?? []));
    return view();
  });

  const revoked = { response: { 200: z.object({ kid: z.string(), hosts: z.int() }) } };
  app.post(`${url}/revoke`, { config: write, schema: { body: nothing, ...revoked } }, async (request) =>
    orRefuse(await revokeKey(deps, request.caller)),
  );
};

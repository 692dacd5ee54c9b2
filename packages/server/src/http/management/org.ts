/** Routes about the org itself: what it is, its metrics. */
import { orgView } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { failingChannels } from "../../flows/delivery.ts";
import { insecureSettings } from "../../flows/ways-out.ts";
import type { AppDeps } from "../app.ts";

export const orgRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const { store, keys, orgUrl, version } = deps;
  const read = { permission: "org.read" } as const;

  app.get("/api/v1/org", { config: read, schema: { response: { 200: orgView } } }, async () => {
    const seen = await store.read(async (tx) => ({
      setUp: await tx.users.anyAdministrator(),
      failing: await failingChannels(tx),
      insecure: await insecureSettings(tx),
    }));
    return { url: orgUrl, version, node: store.node, decisionKey: keys.publicJwk(), ...seen };
  });

  // Not for everybody: the counts tell an attacker how a guess went. A scraper sends a token as any other client.
  app.get("/metrics", { config: read, schema: { hide: true } }, async (_request, reply) => {
    reply.header("content-type", deps.metrics.contentType);
    return deps.metrics.text();
  });
};

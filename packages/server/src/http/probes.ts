/** Probes for whoever keeps the server running: alive, and ready for work. */
import { statfs } from "node:fs/promises";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import type { AppDeps } from "./app.ts";

/** Below this the next write may fail: take the node out before it refuses people. */
const LEAST_FREE_BYTES = 64 * 1024 * 1024;

/** They name no reason: anybody may call them. The reason stands in the server's log. */
export const probeRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  app.get("/livez", { schema: { response: { 200: z.object({ status: z.literal("ok") }) } } }, async () => ({ status: "ok" as const }));

  const answers = { 200: z.object({ status: z.literal("ok") }), 503: z.object({ status: z.literal("unready") }) };
  app.get("/readyz", { schema: { response: answers } }, async (_request, reply) => {
    const [database, disk] = await Promise.all([works(() => deps.store.ready()), works(() => hasRoom(deps.dataFolder))]);
    if (database && disk) return { status: "ok" as const };
    deps.log.warn({ database, disk }, "not ready");
    return reply.code(503).send({ status: "unready" });
  });
};

async function works(check: () => Promise<boolean>): Promise<boolean> {
  try {
    return await check();
  } catch {
    return false;
  }
}

async function hasRoom(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize >= LEAST_FREE_BYTES;
}

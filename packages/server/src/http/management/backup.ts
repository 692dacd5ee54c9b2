/** The route that writes a backup: behind the admin socket only, because it writes a file of the server's account on this machine. */
import { backupAnswer, backupRequest } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { writeBackup } from "../../flows/management/backup.ts";
import type { AppDeps } from "../app.ts";
import { orRefuse } from "./answers.ts";

export const backupRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  if (!app.admin) return;
  const write = { permission: "org.write" } as const;
  let underWay = false;

  app.post(
    "/api/v1/org/backup",
    { config: write, schema: { body: backupRequest, response: { 200: backupAnswer } } },
    async (request, reply) => {
      if (underWay) return orRefuse({ kind: "conflict", why: "a backup is being written already" });
      underWay = true;
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort(new Error("nobody waits for the backup any more")));
      try {
        const signal = AbortSignal.any([gone.signal, ...(deps.stopping ? [deps.stopping] : [])]);
        return orRefuse(await writeBackup(deps.store, request.caller, request.body.file, signal));
      } finally {
        underWay = false;
      }
    },
  );
};

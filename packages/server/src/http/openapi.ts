/** `/openapi.json`, written from the very schemas that requests and answers are held against. */
import fastifySwagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { createJsonSchemaTransform } from "fastify-type-provider-zod";
import type { AppDeps } from "./app.ts";

/** Registered before the routes that it describes. */
export function describeRoutes(app: FastifyInstance, deps: AppDeps): void {
  app.register(fastifySwagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Sallyport", version: deps.version, license: { name: "Apache-2.0" } },
      servers: [{ url: deps.orgUrl }],
      components: {
        securitySchemes: {
          token: { type: "apiKey", in: "header", name: "Authorization", description: "An API token: `SSWS TOKEN` or `Bearer TOKEN`." },
        },
      },
    },
    // Ids of causes and event types are checked by a table, which JSON Schema does not know.
    transform: createJsonSchemaTransform({ zodToJsonConfig: { unrepresentable: "any" } }),
  });
}

export const openapiRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = () => async (app) => {
  let text: string | undefined;
  app.get("/openapi.json", { schema: { hide: true } }, async (_request, reply) => {
    text ??= JSON.stringify(app.swagger());
    return reply
      .type("application/json; charset=utf-8")
      .serializer((body: string) => body)
      .send(text);
  });
};

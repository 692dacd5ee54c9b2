/** Routes of domains: which names mean the same one. */
import { domainName, domainRequest, domainView } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { deleteDomain, putDomain } from "../../flows/management/domains.ts";
import type { DomainRow } from "../../flows/store-sources.ts";
import type { AppDeps } from "../app.ts";
import { Refused } from "../refuse.ts";
import { orRefuse } from "./answers.ts";
import { noContent } from "./users.ts";
import { iso } from "./views.ts";

const params = z.object({ name: domainName });

/** The list is short and has no pages. */
export const domainRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const { store } = deps;
  const read = { permission: "users.read" } as const;
  const write = { permission: "users.write" } as const;
  const url = "/api/v1/domains";
  const one = `${url}/:name`;

  app.get(url, { config: read, schema: { response: { 200: z.array(domainView) } } }, async () =>
    (await store.read((tx) => tx.domains.list())).map(domainOf),
  );

  app.get(one, { config: read, schema: { params, response: { 200: domainView } } }, async (request) => {
    const row = await store.read((tx) => tx.domains.byName(request.params.name));
    if (!row) throw new Refused({ code: "E0000007" });
    return domainOf(row);
  });

  app.put(one, { config: write, schema: { params, body: domainRequest, response: { 200: domainView } } }, async (request) =>
    domainOf(orRefuse(await putDomain(store, request.caller, request.params.name, request.body))),
  );

  app.delete(one, { config: write, schema: { params, response: { 204: noContent } } }, async (request, reply) => {
    orRefuse(await deleteDomain(store, request.caller, request.params.name));
    return reply.code(204).send();
  });
};

function domainOf({ name, netbios, aliases, source, created }: DomainRow): z.infer<typeof domainView> {
  return { name, netbios, aliases, source, created: iso(created) };
}

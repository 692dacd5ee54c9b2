/** Routes of groups and their members. */
import { createGroupRequest, groupView, userView } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { createGroup, deleteGroup, findGroup, listMembers, setMembership } from "../../flows/management/groups.ts";
import type { AppDeps } from "../app.ts";
import { orRefuse } from "./answers.ts";
import { oneMore, pageOf, pageQuery, plainPage } from "./page.ts";
import { idParams, noContent, nothing } from "./users.ts";
import { groupOf, userOf } from "./views.ts";

const memberParams = z.object({ id: z.string().max(64), user: z.string().min(1).max(256) });

export const groupRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const { store } = deps;
  const read = { permission: "groups.read" } as const;
  const write = { permission: "groups.write" } as const;

  app.post("/api/v1/groups", { config: write, schema: { body: createGroupRequest, response: { 200: groupView } } }, async (request) =>
    groupOf(orRefuse(await createGroup(store, request.caller, request.body))),
  );

  const listQuery = z.strictObject({ ...pageQuery(), q: z.string().max(256).optional() });
  app.get(
    "/api/v1/groups",
    { config: read, schema: { querystring: listQuery, response: { 200: z.array(groupView) } } },
    async (request, reply) => {
      const { q, ...page } = request.query;
      const rows = await store.read((tx) => tx.groups.list({ ...oneMore(page), query: q }));
      return pageOf(deps.orgUrl, request, reply, rows, (row) => row.id).map(groupOf);
    },
  );

  app.get("/api/v1/groups/:id", { config: read, schema: { params: idParams, response: { 200: groupView } } }, async (request) =>
    groupOf(orRefuse(await store.read((tx) => findGroup(tx, request.params.id)))),
  );

  app.delete(
    "/api/v1/groups/:id",
    { config: write, schema: { params: idParams, response: { 204: noContent } } },
    async (request, reply) => {
      orRefuse(await deleteGroup(store, request.caller, request.params.id));
      return reply.code(204).send();
    },
  );

  const members = { params: idParams, querystring: plainPage, response: { 200: z.array(userView) } };
  app.get("/api/v1/groups/:id/users", { config: read, schema: members }, async (request, reply) => {
    const rows = orRefuse(await listMembers(store, request.params.id, oneMore(request.query)));
    return pageOf(deps.orgUrl, request, reply, rows, (row) => row.id).map(userOf);
  });

  const member = { params: memberParams, body: nothing, response: { 204: noContent } };
  for (const [method, isMember] of [
    ["PUT", true],
    ["DELETE", false],
  ] as const) {
    app.route({
      method,
      url: "/api/v1/groups/:id/users/:user",
      config: write,
      schema: member,
      handler: async (request, reply) => {
        orRefuse(await setMembership(store, request.caller, request.params.id, request.params.user, isMember));
        return reply.code(204).send();
      },
    });
  }
};

/** Routes of groups and their members. */
import { createGroupRequest, groupDetailView, groupMemberView, groupRule, groupView } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { listMembers } from "../../flows/management/effective-members.ts";
import { listNested, nestGroup, setRule, unnestGroup } from "../../flows/management/group-nesting.ts";
import { listGroups } from "../../flows/management/group-search.ts";
import { createGroup, deleteGroup, findGroup, replaceGroup, setMembership } from "../../flows/management/groups.ts";
import type { AppDeps } from "../app.ts";
import { orRefuse } from "./answers.ts";
import { linkPage, oneMore, pageOf, plainPage, searchQuery } from "./page.ts";
import { flag, idParams, noContent, nothing } from "./users.ts";
import { groupOf, userOf } from "./views.ts";

/** `unlessAssigned`: a group that is assigned to an app is not deleted. */
const deleteQuery = z.strictObject({ unlessAssigned: flag });
const memberParams = z.object({ id: z.string().max(64), user: z.string().min(1).max(256) });

export const groupRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const { store } = deps;
  const read = { permission: "groups.read" } as const;
  const write = { permission: "groups.write" } as const;

  app.post("/api/v1/groups", { config: write, schema: { body: createGroupRequest, response: { 200: groupView } } }, async (request) =>
    groupOf(orRefuse(await createGroup(store, request.caller, request.body))),
  );

  app.get(
    "/api/v1/groups",
    { config: read, schema: { querystring: z.strictObject(searchQuery()), response: { 200: z.array(groupView) } } },
    async (request, reply) => {
      const { limit, after, ...wanted } = request.query;
      const { rows, next } = orRefuse(await listGroups(store, { limit, after }, wanted));
      linkPage(deps.orgUrl, request, reply, next);
      return rows.map(groupOf);
    },
  );

  app.get("/api/v1/groups/:id", { config: read, schema: { params: idParams, response: { 200: groupDetailView } } }, async (request) => {
    const { id } = request.params;
    const group = orRefuse(await store.read((tx) => findGroup(tx, id)));
    const nested = orRefuse(await listNested(store, id));
    return { ...groupOf(group), groups: nested.map((one) => ({ id: one.id, name: one.name })) };
  });

  app.put(
    "/api/v1/groups/:id",
    { config: write, schema: { params: idParams, body: createGroupRequest, response: { 200: groupView } } },
    async (request) => groupOf(orRefuse(await replaceGroup(store, request.caller, request.params.id, request.body))),
  );

  app.delete(
    "/api/v1/groups/:id",
    { config: write, schema: { params: idParams, querystring: deleteQuery, response: { 204: noContent } } },
    async (request, reply) => {
      orRefuse(await deleteGroup(store, request.caller, request.params.id, request.query.unlessAssigned));
      return reply.code(204).send();
    },
  );

  const members = { params: idParams, querystring: plainPage, response: { 200: z.array(groupMemberView) } };
  app.get("/api/v1/groups/:id/users", { config: read, schema: members }, async (request, reply) => {
    const rows = orRefuse(await listMembers(store, request.params.id, oneMore(request.query)));
    const page = pageOf(deps.orgUrl, request, reply, rows, ({ user }) => user.id);
    return page.map(({ user, through }) => ({ ...userOf(user), through }));
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
  nestingRoutes(deps, app);
};

const childParams = z.object({ id: z.string().max(64), child: z.string().min(1).max(64) });

function nestingRoutes({ store }: AppDeps, app: Parameters<FastifyPluginAsyncZod>[0]): void {
  const write = { permission: "groups.write" } as const;
  const one = { 200: groupView };
  const nested = { params: idParams, response: { 200: z.array(groupView) } };
  app.get("/api/v1/groups/:id/groups", { config: { permission: "groups.read" }, schema: nested }, async (request) =>
    orRefuse(await listNested(store, request.params.id)).map(groupOf),
  );
  for (const [method, change] of [
    ["PUT", nestGroup],
    ["DELETE", unnestGroup],
  ] as const) {
    app.route({
      method,
      url: "/api/v1/groups/:id/groups/:child",
      config: write,
      schema: { params: childParams, body: nothing, response: { 204: noContent } },
      handler: async (request, reply) => {
        orRefuse(await change(store, request.caller, request.params.id, request.params.child));
        return reply.code(204).send();
      },
    });
  }
  app.put("/api/v1/groups/:id/rule", { config: write, schema: { params: idParams, body: groupRule, response: one } }, async (request) =>
    groupOf(orRefuse(await setRule(store, request.caller, request.params.id, request.body))),
  );
  app.delete("/api/v1/groups/:id/rule", { config: write, schema: { params: idParams, response: one } }, async (request) =>
    groupOf(orRefuse(await setRule(store, request.caller, request.params.id, null))),
  );
}

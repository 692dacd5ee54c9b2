/** Routes of apps: the protected things, and who is assigned to them. */
import { appView, assignmentView, assignUserRequest, createAppRequest, updateAppRequest } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { listApps } from "../../flows/management/app-search.ts";
import { createApp, deleteApp, findApp, switchApp, updateApp } from "../../flows/management/apps.ts";
import { assign, findAssignment, listAssignments, type Scope, unassign } from "../../flows/management/assignments.ts";
import type { AssignmentRow } from "../../flows/store-directory.ts";
import type { AppDeps } from "../app.ts";
import { orRefuse } from "./answers.ts";
import { linkPage, oneMore, pageOf, plainPage, searchQuery } from "./page.ts";
import { activeAtOnce, idParams, mail, noContent, nothing } from "./users.ts";
import { appOf, iso } from "./views.ts";

const { search: _, ...listQuery } = searchQuery();

export const appRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const { store } = deps;
  const read = { permission: "apps.read" } as const;
  const write = { permission: "apps.write" } as const;
  const one = { 200: appView };

  app.post(
    "/api/v1/apps",
    { config: write, schema: { body: createAppRequest, querystring: activeAtOnce, response: one } },
    async (request) => appOf(orRefuse(await createApp(store, request.caller, request.body, request.query.activate))),
  );

  app.get(
    "/api/v1/apps",
    { config: read, schema: { querystring: z.strictObject(listQuery), response: { 200: z.array(appView) } } },
    async (request, reply) => {
      const { limit, after, ...wanted } = request.query;
      const { rows, next } = orRefuse(await listApps(store, { limit, after }, wanted));
      linkPage(deps.orgUrl, request, reply, next);
      return rows.map(appOf);
    },
  );

  app.get("/api/v1/apps/:id", { config: read, schema: { params: idParams, response: one } }, async (request) =>
    appOf(orRefuse(await store.read((tx) => findApp(tx, request.params.id)))),
  );

  app.put("/api/v1/apps/:id", { config: write, schema: { params: idParams, body: updateAppRequest, response: one } }, async (request) => {
    const { label, settings } = request.body;
    return appOf(orRefuse(await updateApp(store, request.caller, request.params.id, { label, ...settings })));
  });

  app.delete("/api/v1/apps/:id", { config: write, schema: { params: idParams, response: { 204: noContent } } }, async (request, reply) => {
    orRefuse(await deleteApp(store, request.caller, request.params.id));
    return reply.code(204).send();
  });

  for (const [step, status] of [
    ["activate", "ACTIVE"],
    ["deactivate", "INACTIVE"],
  ] as const) {
    app.post(
      `/api/v1/apps/:id/lifecycle/${step}`,
      { config: write, schema: { params: idParams, body: nothing, response: { 200: z.object({}) } } },
      async (request) => {
        orRefuse(await switchApp(store, request.caller, request.params.id, status));
        return {};
      },
    );
  }
};

const assigneeParams = z.object({ id: z.string().max(64), assignee: z.string().min(1).max(256) });

/** `POST …/users {id}` is how the public API assigns a user, `PUT …/groups/ID` a group; both ways work for both. */
export const assignmentRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const { store } = deps;
  const read = { permission: "apps.read" } as const;
  const write = { permission: "apps.write" } as const;
  for (const [path, scope] of [
    ["users", "USER"],
    ["groups", "GROUP"],
  ] as [string, Scope][]) {
    const url = `/api/v1/apps/:id/${path}`;
    const one = { 200: assignmentView };

    app.get(
      url,
      { config: read, schema: { params: idParams, querystring: plainPage, response: { 200: z.array(assignmentView) } } },
      async (request, reply) => {
        const rows = orRefuse(await listAssignments(store, request.params.id, scope, oneMore(request.query)));
        return pageOf(deps.orgUrl, request, reply, rows, (row) => row.id).map(assignmentOf);
      },
    );

    app.post(url, { config: write, schema: { params: idParams, body: assignUserRequest, response: one } }, async (request) =>
      assignmentOf(orRefuse(await assign(store, request.caller, request.params.id, scope, request.body.id))),
    );

    app.get(`${url}/:assignee`, { config: read, schema: { params: assigneeParams, response: one } }, async (request) =>
      assignmentOf(orRefuse(await findAssignment(store, request.params.id, scope, request.params.assignee))),
    );

    app.put(`${url}/:assignee`, { config: write, schema: { params: assigneeParams, body: nothing, response: one } }, async (request) =>
      assignmentOf(orRefuse(await assign(store, request.caller, request.params.id, scope, request.params.assignee))),
    );

    app.delete(
      `${url}/:assignee`,
      { config: write, schema: { params: assigneeParams, querystring: mail, response: { 204: noContent } } },
      async (request, reply) => {
        orRefuse(await unassign(store, request.caller, request.params.id, scope, request.params.assignee));
        return reply.code(204).send();
      },
    );
  }
};

function assignmentOf({ id, scope, name, created }: AssignmentRow): z.infer<typeof assignmentView> {
  const shape = { id, scope, created: iso(created), lastUpdated: iso(created), login: name, status: "ACTIVE" as const };
  return scope === "USER" ? { ...shape, credentials: { userName: name } } : shape;
}

/** Routes of users: create, find, change, and the steps of their life. */
import { createUserRequest, groupView, replaceUserRequest, updateUserRequest, userView } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { expirePassword } from "../../flows/management/expire-password.ts";
import { deactivateOrDelete, listGroupsOfUser, replaceUser } from "../../flows/management/user-ends.ts";
import { listUsers } from "../../flows/management/user-search.ts";
import { LIFECYCLE, type LifecycleStep, moveUser } from "../../flows/management/user-states.ts";
import { createUser, findUser, updateUser } from "../../flows/management/users.ts";
import type { AppDeps } from "../app.ts";
import { orRefuse } from "./answers.ts";
import { linkPage, searchQuery } from "./page.ts";
import { groupOf, userOf } from "./views.ts";

export const idParams = z.object({ id: z.string().min(1).max(256) });
/** `?activate=true`, as clients of the public API write it. */
export const flag = z
  .enum(["true", "false"])
  .default("false")
  .transform((text) => text === "true");
/** Clients send `{}` with a step of a life cycle, or nothing. */
export const nothing = z.strictObject({}).nullish();
export const noContent = z.undefined();

/** As the public API: whoever is made is active, unless told otherwise. */
export const activeAtOnce = z.strictObject({
  activate: z
    .enum(["true", "false"])
    .default("true")
    .transform((text) => text === "true"),
});
/** No mail is ever sent; clients say so, or do not mind. */
export const mail = z.strictObject({ sendEmail: flag });
const listQuery = z.strictObject(searchQuery());

export const userRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const { store } = deps;
  const read = { permission: "users.read" } as const;
  const write = { permission: "users.write" } as const;
  const one = { 200: userView };

  app.post(
    "/api/v1/users",
    {
      config: write,
      schema: { body: createUserRequest, querystring: activeAtOnce, response: one },
    },
    async (request) => userOf(orRefuse(await createUser(deps, request.caller, request.body, request.query.activate))),
  );

  app.get(
    "/api/v1/users",
    { config: read, schema: { querystring: listQuery, response: { 200: z.array(userView) } } },
    async (request, reply) => {
      const { limit, after, ...wanted } = request.query;
      const { rows, next } = orRefuse(await listUsers(store, { limit, after }, wanted));
      linkPage(deps.orgUrl, request, reply, next);
      return rows.map(userOf);
    },
  );

  app.get("/api/v1/users/:id", { config: read, schema: { params: idParams, response: one } }, async (request) =>
    userOf(orRefuse(await store.read((tx) => findUser(tx, request.params.id)))),
  );

  app.post("/api/v1/users/:id", { config: write, schema: { params: idParams, body: updateUserRequest, response: one } }, async (request) =>
    userOf(orRefuse(await updateUser(deps, request.caller, request.params.id, request.body))),
  );

  app.put("/api/v1/users/:id", { config: write, schema: { params: idParams, body: replaceUserRequest, response: one } }, async (request) =>
    userOf(orRefuse(await replaceUser(deps, request.caller, request.params.id, request.body))),
  );

  app.delete(
    "/api/v1/users/:id",
    { config: write, schema: { params: idParams, querystring: mail, response: { 204: noContent } } },
    async (request, reply) => {
      orRefuse(await deactivateOrDelete(store, request.caller, request.params.id));
      return reply.code(204).send();
    },
  );

  const groups = { 200: z.array(groupView) };
  app.get("/api/v1/users/:id/groups", { config: read, schema: { params: idParams, response: groups } }, async (request) =>
    orRefuse(await listGroupsOfUser(store, request.params.id)).map(groupOf),
  );

  app.post(
    "/api/v1/users/:id/lifecycle/expire_password",
    { config: write, schema: { params: idParams, body: nothing, response: one } },
    async (request) => userOf(orRefuse(await expirePassword(store, request.caller, request.params.id))),
  );

  for (const step of Object.keys(LIFECYCLE) as LifecycleStep[]) {
    const config = { permission: step === "unlock" ? "users.unlock" : "users.write" } as const;
    app.post(
      `/api/v1/users/:id/lifecycle/${step}`,
      {
        config,
        schema: { params: idParams, body: nothing, querystring: mail, response: { 200: z.object({}) } },
      },
      async (request) => {
        orRefuse(await moveUser(store, request.caller, request.params.id, step));
        return {};
      },
    );
  }
};

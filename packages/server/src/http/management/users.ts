/** Routes of users: create, find, change, and the steps of their life. */
import { createUserRequest, updateUserRequest, userView } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { LIFECYCLE, type LifecycleStep, moveUser } from "../../flows/management/user-states.ts";
import { createUser, deleteUser, findUser, listUsers, updateUser } from "../../flows/management/users.ts";
import type { AppDeps } from "../app.ts";
import { Refused } from "../refuse.ts";
import { orRefuse } from "./answers.ts";
import { oneMore, pageOf, pageQuery } from "./page.ts";
import { userOf } from "./views.ts";

export const idParams = z.object({ id: z.string().min(1).max(256) });
/** `?activate=true`, as clients of the public API write it. */
export const flag = z
  .enum(["true", "false"])
  .default("false")
  .transform((text) => text === "true");
/** Clients send `{}` with a step of a life cycle, or nothing. */
export const nothing = z.strictObject({}).nullish();
export const noContent = z.undefined();

const listQuery = z.strictObject({ ...pageQuery(), q: z.string().max(256).optional(), search: z.string().max(512).optional() });

export const userRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const { store } = deps;
  const read = { permission: "users.read" } as const;
  const write = { permission: "users.write" } as const;
  const one = { 200: userView };

  app.post(
    "/api/v1/users",
    {
      config: write,
      schema: { body: createUserRequest, querystring: z.strictObject({ activate: flag }), response: one },
    },
    async (request) => userOf(orRefuse(await createUser(deps, request.caller, request.body, request.query.activate))),
  );

  app.get(
    "/api/v1/users",
    { config: read, schema: { querystring: listQuery, response: { 200: z.array(userView) } } },
    async (request, reply) => {
      const { q, search, ...page } = request.query;
      const rows = await listUsers(store, oneMore(page), { q, login: search === undefined ? undefined : readSearch(search) });
      return pageOf(deps.orgUrl, request, reply, rows, (row) => row.id).map(userOf);
    },
  );

  app.get("/api/v1/users/:id", { config: read, schema: { params: idParams, response: one } }, async (request) =>
    userOf(orRefuse(await store.read((tx) => findUser(tx, request.params.id)))),
  );

  app.post("/api/v1/users/:id", { config: write, schema: { params: idParams, body: updateUserRequest, response: one } }, async (request) =>
    userOf(orRefuse(await updateUser(deps, request.caller, request.params.id, request.body))),
  );

  app.delete("/api/v1/users/:id", { config: write, schema: { params: idParams, response: { 204: noContent } } }, async (request, reply) => {
    orRefuse(await deleteUser(store, request.caller, request.params.id));
    return reply.code(204).send();
  });

  for (const step of Object.keys(LIFECYCLE) as LifecycleStep[]) {
    const config = { permission: step === "unlock" ? "users.unlock" : "users.write" } as const;
    app.post(
      `/api/v1/users/:id/lifecycle/${step}`,
      {
        config,
        schema: { params: idParams, body: nothing, querystring: z.strictObject({ sendEmail: flag }), response: { 200: z.object({}) } },
      },
      async (request) => {
        orRefuse(await moveUser(store, request.caller, request.params.id, step));
        return {};
      },
    );
  }
};

/** The one search that is understood: `profile.login eq "alice"`. */
function readSearch(search: string): string {
  const login = /^\s*profile\.login\s+eq\s+"((?:[^"\\]|\\.)*)"\s*$/i.exec(search)?.[1];
  if (login !== undefined) return login.replace(/\\(.)/g, "$1");
  throw new Refused({ code: "E0000001", causes: ['search: only profile.login eq "…" is understood'] });
}

/** Routes of a person's own pages, `/api/v1/me`: the session says whose, and no id in a path reaches further. */
import {
  activateMyFactorRequest,
  addMyFactorRequest,
  endedSessions,
  meView,
  myFactorBegun,
  myFactorView,
  myLogonView,
  myRecoveryCodes,
  mySessionView,
  notMeRequest,
  renameMyFactorRequest,
} from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { activateMyFactor, addMyFactor } from "../../flows/me/add-factor.ts";
import { myFactors, type NotFresh, removeMyFactor, renameMyFactor } from "../../flows/me/my-factors.ts";
import { disownLogon, myLogons } from "../../flows/me/my-logons.ts";
import { renewMyCodes } from "../../flows/me/my-recovery-codes.ts";
import { endMySession, endMySessions, mySessions } from "../../flows/me/my-sessions.ts";
import { freshUntil } from "../../flows/sessions/session.ts";
import type { AppDeps } from "../app.ts";
import { orRefuse } from "../management/answers.ts";
import { noContent } from "../management/users.ts";
import { isoOrNull } from "../management/views.ts";
import { Refused } from "../refuse.ts";
import { clearSessionCookie } from "./cookie.ts";
import { myFactorOf, myLogonOf, mySessionOf } from "./my-views.ts";
import { needSession } from "./own-pages.ts";

const idParams = z.object({ id: z.string().max(64) });

export const meRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const { store } = deps;
  needSession(app, deps);
  app.addHook("onSend", async (_request, reply) => void reply.header("cache-control", "no-store"));

  app.get("/api/v1/me", { schema: { response: { 200: meView } } }, async ({ signed }) => {
    const { id, profile } = signed.user;
    const { login, firstName, lastName } = profile;
    const { canAdd } = await myFactors(store, signed);
    const names = { ...(firstName ? { firstName } : {}), ...(lastName ? { lastName } : {}) };
    return { user: { id, login, ...names }, freshUntil: isoOrNull(freshUntil(signed) ?? null), canAdd };
  });

  const url = "/api/v1/me/factors";
  app.get(url, { schema: { response: { 200: z.array(myFactorView) } } }, async ({ signed }) =>
    (await myFactors(store, signed)).factors.map(myFactorOf),
  );
  app.post(url, { schema: { body: addMyFactorRequest, response: { 200: myFactorBegun } } }, async ({ signed, body }) => {
    const { factor, activation } = orRefuse(orProve(await addMyFactor(deps, signed, body)));
    return { factor: myFactorOf(factor), activation };
  });
  app.post(
    `${url}/:id/activate`,
    { schema: { params: idParams, body: activateMyFactorRequest, response: { 200: myFactorView } } },
    async ({ signed, params, body }) => myFactorOf(orRefuse(orProve(await activateMyFactor(deps, signed, params.id, body)))),
  );
  app.post(
    `${url}/:id`,
    { schema: { params: idParams, body: renameMyFactorRequest, response: { 200: myFactorView } } },
    async ({ signed, params, body }) => myFactorOf(orRefuse(orProve(await renameMyFactor(store, signed, params.id, body.name)))),
  );
  app.delete(`${url}/:id`, { schema: { params: idParams, response: { 204: noContent } } }, async ({ signed, params }, reply) => {
    orRefuse(orProve(await removeMyFactor(store, signed, params.id)));
    return reply.code(204).send();
  });
  app.post("/api/v1/me/recovery-codes", { schema: { response: { 200: myRecoveryCodes } } }, async ({ signed }) =>
    orRefuse(orProve(await renewMyCodes(deps, signed))),
  );

  app.get("/api/v1/me/logons", { schema: { response: { 200: z.array(myLogonView) } } }, async ({ signed }) =>
    (await myLogons(store, signed)).map(myLogonOf),
  );
  app.post(
    "/api/v1/me/logons/not-me",
    { schema: { body: notMeRequest, response: { 204: noContent } } },
    async ({ signed, body }, reply) => {
      orRefuse(await disownLogon(store, signed, body));
      return reply.code(204).send();
    },
  );

  const sessions = "/api/v1/me/sessions";
  app.get(sessions, { schema: { response: { 200: z.array(mySessionView) } } }, async ({ signed }) =>
    (await mySessions(store, signed)).map((session) => mySessionOf(session, signed.session.id)),
  );
  app.delete(sessions, { schema: { response: { 200: endedSessions } } }, async ({ signed }, reply) => {
    const ended = await endMySessions(store, signed);
    clearSessionCookie(reply);
    return { ended };
  });
  app.delete(`${sessions}/:id`, { schema: { params: idParams, response: { 204: noContent } } }, async ({ signed, params }, reply) => {
    orRefuse(await endMySession(store, signed, params.id));
    return reply.code(204).send();
  });
};

/** S18: the page then asks for a factor once more, and begins again. */
export function orProve<T extends { kind: string }>(outcome: T | NotFresh): T {
  if (outcome.kind === "not-fresh") throw new Refused({ code: "S0000008" });
  return outcome as T;
}

/** Routes of a step-up: begun by the org's own pages for an app, driven by any public client, ended by a redirect in the browser that began. */
import { stepUpEnd, stepUpRequest, transactionView } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { hashSecret } from "../../flows/authn/session-token.ts";
import { STEP_UP_REDIRECT } from "../../flows/authn/transaction-view.ts";
import { random256 } from "../../flows/ids.ts";
import { findSession } from "../../flows/sessions/session.ts";
import { beginStepUp, endStepUp } from "../../flows/sessions/step-up.ts";
import type { AppDeps } from "../app.ts";
import { browserCookie, keepBrowser } from "../browser.ts";
import { clientAddressOf } from "../client-address.ts";
import { answerTransaction } from "../host-answers.ts";
import { Refused } from "../refuse.ts";
import { cookieOf, setSessionCookie } from "./cookie.ts";
import { guardChanges } from "./own-pages.ts";

/** Whose app this is not, and which app there is not, are one answer (S16); the log knows which. */
const NOT_FOR_THEM: ReadonlySet<string> = new Set(["app.not-assigned", "client.revoked"]);

export const stepUpRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  guardChanges(app, deps);
  app.addHook("onSend", async (_request, reply) => void reply.header("cache-control", "no-store"));

  app.post(
    "/api/v1/sessions/me/step-up",
    { schema: { body: stepUpRequest, response: { 200: transactionView } } },
    async (request, reply) => {
      const token = cookieOf(request);
      const signed = token === undefined ? undefined : await findSession(deps.store, token);
      if (!signed) throw new Refused({ code: "E0000011" });
      const appId = request.body.app;
      const browser = browserCookie(request) ?? random256();
      const wish = { signed, appId, browserHash: hashSecret(browser), address: clientAddressOf(request) };
      const outcome = await beginStepUp(deps.store, wish);
      if (outcome.kind === "step-up-refused") {
        if (!NOT_FOR_THEM.has(outcome.cause)) throw new Refused({ code: "E0000006" });
        throw new Refused({ code: "E0000001", causes: [`Sign in not allowed for app '${appId}'.`] });
      }
      keepBrowser(reply, browser);
      return answerTransaction(deps, outcome, false);
    },
  );

  app.get(STEP_UP_REDIRECT, { schema: { querystring: stepUpEnd } }, async (request, reply) => {
    const end = { stateToken: request.query.stateToken, session: cookieOf(request), began: browserCookie(request) };
    const done = await endStepUp(deps, end);
    if (done) setSessionCookie(reply, done.token);
    return reply.redirect(done ? "/me" : "/signin", 302);
  });
};

/** Routes of sign-in and sign-out: a session token becomes the cookie, by a call of our pages or by the redirect of the public API. */
import { openSessionRequest, sessionView } from "@sallyport/contracts";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { endSession, findSession } from "../../flows/sessions/session.ts";
import { signInBrowser } from "../../flows/sessions/sign-in.ts";
import type { AppDeps } from "../app.ts";
import { browserCookie } from "../browser.ts";
import { clientAddressOf } from "../client-address.ts";
import { noContent } from "../management/users.ts";
import { iso } from "../management/views.ts";
import { Refused } from "../refuse.ts";
import { clearSessionCookie, cookieOf, setSessionCookie } from "./cookie.ts";
import { guardChanges } from "./own-pages.ts";

/** Where a sign-in may lead to: these paths of the org, exactly (S36). */
export const TARGETS: readonly string[] = ["/", "/me"];
const redirectQuery = z.strictObject({
  token: z.string().max(256),
  redirectUrl: z.string().max(2048),
  checkAccountSetupComplete: z.string().max(8).optional(),
});

export const sessionRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  guardChanges(app, deps);
  app.addHook("onSend", async (_request, reply) => void reply.header("cache-control", "no-store"));

  app.post("/api/v1/sessions", { schema: { body: openSessionRequest, response: { 204: noContent } } }, async (request, reply) => {
    if (!(await open(deps, request, reply, request.body.sessionToken))) throw new Refused({ code: "E0000011" });
    return reply.code(204).send();
  });

  app.get("/api/v1/sessions/me", { schema: { response: { 200: sessionView } } }, async (request) => {
    const token = cookieOf(request);
    const signed = token === undefined ? undefined : await findSession(deps.store, token);
    if (!signed) throw new Refused({ code: "E0000007", summary: "Not found: Resource not found: me (Session)" });
    const { session, user } = signed;
    return {
      id: session.id,
      userId: user.id,
      login: user.profile.login,
      createdAt: iso(session.created),
      expiresAt: iso(session.expires),
      status: "ACTIVE" as const,
      lastFactorVerification: iso(session.factorAt),
      amr: session.amr,
      mfaActive: true,
    };
  });

  app.delete("/api/v1/sessions/me", { schema: { response: { 204: noContent } } }, async (request, reply) => {
    const token = cookieOf(request);
    const ended = token !== undefined && (await endSession(deps.store, token));
    clearSessionCookie(reply);
    if (!ended) throw new Refused({ code: "E0000007", summary: "Not found: Resource not found: me (Session)" });
    return reply.code(204).send();
  });

  app.get("/login/sessionCookieRedirect", { schema: { querystring: redirectQuery } }, async (request, reply) => {
    const target = targetOf(request.query.redirectUrl, deps.orgUrl);
    // Before the token is looked at: a link that leads away must not even sign in.
    if (target === undefined) throw new Refused({ code: "E0000006", causes: ["redirectUrl: not a page of this org"] });
    const opened = await open(deps, request, reply, request.query.token);
    return reply.redirect(opened ? target : "/signin", 302);
  });
};

async function open(deps: AppDeps, request: FastifyRequest, reply: FastifyReply, sessionToken: string): Promise<boolean> {
  const signedIn = await signInBrowser(deps, {
    sessionToken,
    began: browserCookie(request),
    before: cookieOf(request),
    browser: { userAgent: request.headers["user-agent"] ?? "", address: clientAddressOf(request) },
  });
  if (!signedIn) return false;
  setSessionCookie(reply, signedIn.token);
  return true;
}

/** The path, from the list itself, so that nothing of what was given goes into the answer. */
export function targetOf(redirectUrl: string, orgUrl: string): string | undefined {
  return TARGETS.find((path) => redirectUrl === path || redirectUrl === `${orgUrl}${path}` || (path === "/" && redirectUrl === orgUrl));
}

/** Who calls from the org's own pages: the session of the cookie, and proof that the call comes from these pages (S19). */
import { PORTAL_HEADER } from "@sallyport/contracts";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { findSession, type Signed } from "../../flows/sessions/session.ts";
import type { AppDeps } from "../app.ts";
import { Refused } from "../refuse.ts";
import { cookieOf } from "./cookie.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Set on every route below `/api/v1/me` before anything else runs. */
    signed: Signed;
  }
}

/** Every route of this scope needs a session; what changes something, also the pages' own header. */
export function needSession(app: FastifyInstance, deps: AppDeps): void {
  app.decorateRequest("signed");
  app.addHook("onRequest", async (request) => {
    const token = cookieOf(request);
    const signed = token === undefined ? undefined : await findSession(deps.store, token);
    if (!signed) throw new Refused({ code: "E0000011" });
    request.signed = signed;
  });
  guardChanges(app, deps);
}

/** Another site's form or script brings the cookie along, but not the header, and the browser names where it comes from. */
export function guardChanges(app: FastifyInstance, deps: AppDeps): void {
  app.addHook("onRequest", async (request) => {
    if (request.method === "GET" || isFromOwnPages(request, deps.orgUrl)) return;
    throw new Refused({ code: "E0000006", causes: ["only the org's own pages may call this"] });
  });
}

export function isFromOwnPages({ headers }: Pick<FastifyRequest, "headers">, orgUrl: string): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") return false;
  if (headers.origin !== undefined && headers.origin !== new URL(orgUrl).origin) return false;
  return headers[PORTAL_HEADER.name] === PORTAL_HEADER.value;
}

/** Every set of routes of the server, in the order in which they are registered. */
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { AppDeps } from "./app.ts";
import { authnRoutes } from "./authn.ts";
import { authnStepRoutes } from "./authn-steps.ts";
import { hostLinkRoutes } from "./host-link.ts";
import { linkRoutes } from "./link.ts";
import { managementRoutes } from "./management/management.ts";
import { openapiRoutes } from "./openapi.ts";
import { pageRoutes } from "./pages/pages.ts";
import { passkeySignInRoutes } from "./passkey-sign-in.ts";
import { phoneRoutes } from "./phone.ts";
import { meRoutes } from "./portal/me.ts";
import { sessionRoutes } from "./portal/sessions.ts";
import { stepUpRoutes } from "./portal/step-up.ts";
import { probeRoutes } from "./probes.ts";
import { scimRoutes } from "./scim/scim.ts";
import { setUpRoutes } from "./set-up/set-up.ts";

export type RouteSet = (deps: AppDeps) => FastifyPluginAsyncZod;

export const ROUTES: readonly RouteSet[] = [
  probeRoutes,
  hostLinkRoutes,
  authnRoutes,
  authnStepRoutes,
  linkRoutes,
  phoneRoutes,
  passkeySignInRoutes,
  managementRoutes,
  scimRoutes,
  setUpRoutes,
  openapiRoutes,
  sessionRoutes,
  stepUpRoutes,
  meRoutes,
  pageRoutes,
];

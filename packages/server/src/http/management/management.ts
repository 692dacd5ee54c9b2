/** The management API: every route of it behind the caller's proof and the permission of their role. */
import * as z from "zod";
import type { RouteSet } from "../routes.ts";
import { appRoutes, assignmentRoutes } from "./apps.ts";
import { authenticate } from "./authenticate.ts";
import { backupRoutes } from "./backup.ts";
import { breakGlassRoutes } from "./break-glass.ts";
import { bypassRoutes } from "./bypass-codes.ts";
import { clientRoutes } from "./clients.ts";
import { domainRoutes } from "./domains.ts";
import { dryRunRoutes } from "./dry-run.ts";
import { duplicateRoutes } from "./duplicates.ts";
import { factorRoutes } from "./factors.ts";
import { groupRoutes } from "./groups.ts";
import { hostCodeRoutes, hostRoutes } from "./hosts.ts";
import { keyRoutes } from "./keys.ts";
import { logRoutes } from "./log.ts";
import { orgRoutes } from "./org.ts";
import { policyRoutes } from "./policies.ts";
import { pushRoutes } from "./push.ts";
import { sourceRoutes } from "./sources.ts";
import { ticketRoutes } from "./tickets.ts";
import { tokenRoutes } from "./tokens.ts";
import { userRoutes } from "./users.ts";
import { wayOutRoutes } from "./ways-out.ts";
import { zoneRoutes } from "./zones.ts";

const SETS: readonly RouteSet[] = [
  userRoutes,
  sourceRoutes,
  factorRoutes,
  bypassRoutes,
  ticketRoutes,
  pushRoutes,
  groupRoutes,
  appRoutes,
  assignmentRoutes,
  policyRoutes,
  dryRunRoutes,
  zoneRoutes,
  domainRoutes,
  duplicateRoutes,
  hostRoutes,
  hostCodeRoutes,
  clientRoutes,
  tokenRoutes,
  logRoutes,
  orgRoutes,
  wayOutRoutes,
  backupRoutes,
  keyRoutes,
  breakGlassRoutes,
];

export const managementRoutes: RouteSet = (deps) => async (app) => {
  authenticate(app, deps);
  // A mistyped parameter must not be an unfiltered list: a route that declares none takes none.
  app.addHook("onRoute", (route) => {
    route.schema = { querystring: z.strictObject({}), ...route.schema };
  });
  for (const routes of SETS) app.register(routes(deps));
};

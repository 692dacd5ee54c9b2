/** Who calls the management API, and whether their role reaches the route: judged before a body is read. */
import { mayDo, type Permission } from "@sallyport/logon";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Caller } from "../../flows/management/outcome.ts";
import { recogniseToken, sayTokenRefused, type TokenRefusal } from "../../flows/management/tokens.ts";
import type { AppDeps } from "../app.ts";
import { clientAddressOf } from "../client-address.ts";
import { Refused } from "../refuse.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What a caller's role must allow; every route of the management API names one. */
    permission?: Permission;
  }
  interface FastifyRequest {
    /** Set on every route of the management API before anything else runs. */
    caller: Caller;
  }
}

/** Whoever opens the admin socket owns the machine's data folder: its mode is the proof (S38). */
const LOCAL: Caller = { role: "owner", actor: { type: "local", id: "admin-socket" } };
const SCHEME = /^(?:SSWS|Bearer) ([A-Za-z0-9_.~+/-]{1,256}=*)$/i;

export function authenticate(app: FastifyInstance, deps: AppDeps): void {
  const judge = app.admin ? () => LOCAL : tokenJudge(deps);
  app.decorateRequest("caller");
  app.addHook("onRoute", (route) => {
    const permission = route.config?.permission;
    if (permission === undefined) throw new Error(`${String(route.method)} ${route.url} names no permission`);
    const check = async (request: FastifyRequest): Promise<void> => {
      request.caller = await judge(request, permission);
    };
    // After the rate limit, which is on the route already: a guesser is slowed before the store is asked.
    route.onRequest = [...[route.onRequest ?? []].flat(), check];
  });
}

function tokenJudge(deps: AppDeps): (request: FastifyRequest, permission: Permission) => Promise<Caller> {
  const said = new Map<string, number>();
  return async (request, permission) => {
    const token = bearerOf(request);
    const recognised = token === undefined ? { kind: "refused" as const } : await recogniseToken(deps.store, token);
    if (recognised.kind === "refused") {
      // One answer for none, unknown, expired and revoked (S16).
      const { row, reason } = recognised as { row?: TokenRefusal["row"]; reason?: TokenRefusal["reason"] };
      if (row && reason) await sayOnce(deps, said, row, reason, request);
      else deps.refusedCallers.count(clientAddressOf(request), "api");
      throw new Refused({ code: "E0000011" });
    }
    const { source } = recognised.row;
    if (source !== null) {
      await sayOnce(deps, said, recognised.row, "scope", request);
      throw new Refused({ code: "E0000006", causes: [`the token is for people of the source ${source} by SCIM, and for nothing else`] });
    }
    if (!mayDo(recognised.caller.role, permission)) {
      await sayOnce(deps, said, recognised.row, "role", request);
      throw new Refused({ code: "E0000006", causes: [`the role ${recognised.caller.role} may not ${permission}`] });
    }
    return recognised.caller;
  };
}

/** The token of the header, as clients of the public API and of SCIM write it. */
export function bearerOf(request: FastifyRequest): string | undefined {
  return SCHEME.exec(request.headers.authorization ?? "")?.[1];
}

/** One line for a token, a reason, a route and a minute: whoever holds an old token cannot fill the disk (S21). */
export async function sayOnce(
  deps: AppDeps,
  said: Map<string, number>,
  row: TokenRefusal["row"],
  reason: TokenRefusal["reason"],
  request: FastifyRequest,
): Promise<void> {
  const { method } = request;
  const path = request.routeOptions.url ?? "";
  const key = [row.id, reason, method, path].join(" ");
  const now = Date.now();
  if (now - (said.get(key) ?? 0) < 60_000) return;
  if (said.size > 10_000) said.clear();
  said.set(key, now);
  await sayTokenRefused(deps.store, { row, reason, method, path, address: clientAddressOf(request) });
}

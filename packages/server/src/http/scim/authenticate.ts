/** Who calls SCIM: a token of a SCIM source, and nobody else. */
import type { FastifyRequest } from "fastify";
import { recogniseToken } from "../../flows/management/tokens.ts";
import type { AppDeps } from "../app.ts";
import { clientAddressOf } from "../client-address.ts";
import { bearerOf, sayOnce } from "../management/authenticate.ts";
import { ScimFault } from "./fault.ts";
import type { ScimCall } from "./kind-handler.ts";

/**
 * The source is the token's own, whatever the request says: nothing of a URL or a body leads to another source's people (S18, S29).
 * One answer for no token, an unknown, an expired and a revoked one (S16).
 */
export function scimJudge(deps: AppDeps): (request: FastifyRequest) => Promise<ScimCall> {
  const said = new Map<string, number>();
  const base = new URL("scim/v2", deps.orgUrl.endsWith("/") ? deps.orgUrl : `${deps.orgUrl}/`).href;
  return async (request) => {
    const token = bearerOf(request);
    const recognised = token === undefined ? { kind: "refused" as const } : await recogniseToken(deps.store, token);
    if (recognised.kind === "refused") {
      if ("row" in recognised && recognised.row && recognised.reason) await sayOnce(deps, said, recognised.row, recognised.reason, request);
      else deps.refusedCallers.count(clientAddressOf(request), "scim");
      throw new ScimFault(401, undefined, "a token of a SCIM source is needed");
    }
    const { row, caller } = recognised;
    if (row.source === null) {
      await sayOnce(deps, said, row, "scope", request);
      throw new ScimFault(403, undefined, "this token is not bound to a SCIM source");
    }
    const name = row.source;
    const source = await deps.store.read((tx) => tx.sources.byName(name));
    if (source?.kind !== "scim") throw new ScimFault(403, undefined, `there is no SCIM source ${name} any more`);
    if (source.paused) throw new ScimFault(403, undefined, `the source ${name} is paused`);
    return { deps, caller, source: name, base };
  };
}

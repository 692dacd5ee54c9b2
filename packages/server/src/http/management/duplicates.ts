/** Routes of duplicates: two users with one name, and the decision who they are. */
import { type DuplicateView, duplicateCheckView, duplicateDecision, duplicateStatus, duplicateView } from "@sallyport/contracts";
import { foldName, namesOf } from "@sallyport/logon";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { checkDuplicates } from "../../flows/management/check-duplicates.ts";
import { type Decision, decideDuplicate, undoDecision } from "../../flows/management/decide-duplicate.ts";
import { type DuplicateShown, findDuplicate, listDuplicates } from "../../flows/management/duplicates.ts";
import type { UserRow } from "../../flows/store-directory.ts";
import type { DuplicateRow } from "../../flows/store-sources.ts";
import type { AppDeps } from "../app.ts";
import { orRefuse } from "./answers.ts";
import { oneMore, pageOf, plainPage } from "./page.ts";
import { idParams, nothing } from "./users.ts";
import { iso } from "./views.ts";

const filter = plainPage.extend({ status: duplicateStatus.optional() });

export const duplicateRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const { store } = deps;
  const read = { permission: "users.read" } as const;
  const write = { permission: "users.write" } as const;
  const url = "/api/v1/duplicates";
  const one = { 200: duplicateView };
  const shown = async (row: DuplicateRow) => viewOf(orRefuse(await findDuplicate(store, row.id)));

  app.get(url, { config: read, schema: { querystring: filter, response: { 200: z.array(duplicateView) } } }, async (request, reply) => {
    const rows = await listDuplicates(store, { ...oneMore(request.query), status: request.query.status });
    return pageOf(deps.orgUrl, request, reply, rows, ({ row }) => row.id).map(viewOf);
  });

  app.post(`${url}/check`, { config: write, schema: { body: nothing, response: { 200: duplicateCheckView } } }, async (request) =>
    orRefuse(await checkDuplicates(store, request.caller.actor, deps.stopping ?? new AbortController().signal)),
  );

  app.get(`${url}/:id`, { config: read, schema: { params: idParams, response: one } }, async (request) =>
    viewOf(orRefuse(await findDuplicate(store, request.params.id))),
  );

  app.post(`${url}/:id/decide`, { config: write, schema: { params: idParams, body: duplicateDecision, response: one } }, async (request) =>
    shown(orRefuse(await decideDuplicate(store, request.caller, request.params.id, request.body))),
  );

  app.post(`${url}/:id/undo`, { config: write, schema: { params: idParams, body: nothing, response: one } }, async (request) =>
    shown(orRefuse(await undoDecision(store, request.caller, request.params.id))),
  );
};

function viewOf({ row, users, shared }: DuplicateShown): DuplicateView {
  const { id, kind, folded, status, found, decision, decided, decidedBy } = row;
  const made = decided === null ? null : (decision as Decision);
  return {
    id,
    kind,
    name: folded,
    status,
    found: iso(found),
    users: users.map((user) => ({
      id: user.id,
      login: user.profile.login,
      source: user.source,
      status: user.status,
      created: iso(user.created),
      linkedTo: user.linkedTo,
      written: writtenBy(user, kind, folded),
    })),
    shared: shared.map((name) => `${name.kind} ${name.folded}`),
    decision: made && decided !== null && decidedBy !== null ? { kind: made.kind, user: made.user, at: iso(decided), by: decidedBy } : null,
  };
}

/** A name that is the same only when it is folded, or only looks the same, is told as it is written. */
function writtenBy({ profile }: UserRow, kind: string, folded: string): string | null {
  const own = namesOf(profile).some((name) => name.kind === kind && name.folded === folded);
  const texts = [profile.login, profile.samAccountName, profile.userPrincipalName, profile.email];
  const written = texts.find((text) => text !== undefined && foldName(text) === folded) ?? profile.login;
  return own && written === folded ? null : written;
}

/** Routes of the sources that people come from: set up, tried out, brought up to date. */
import {
  createSourceRequest,
  importRequest,
  importView,
  runView,
  sourceName,
  sourceTest,
  sourceView,
  syncPreview,
  syncRequest,
  updateSourceRequest,
} from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { importPeople } from "../../flows/management/import-people.ts";
import { removeSource, testSource } from "../../flows/management/source-upkeep.ts";
import { createSource, findSource, listSources, updateSource, viewSource } from "../../flows/management/sources.ts";
import type { AppDeps } from "../app.ts";
import { Refused } from "../refuse.ts";
import { orRefuse } from "./answers.ts";
import { oneMore, pageOf, pageQuery } from "./page.ts";
import { runOf, sourceOf } from "./source-views.ts";
import { flag, nothing } from "./users.ts";

/** Ten thousand people with all their names; the limit of every other body would end at a few hundred. */
const BODY_BYTES = 8 << 20;
const read = { permission: "org.read" } as const;
const write = { permission: "org.write" } as const;
const params = z.object({ source: sourceName });

export const sourceRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const { store } = deps;
  const one = { 200: sourceView };
  app.post("/api/v1/sources", { config: write, schema: { body: createSourceRequest, response: one } }, async (request) =>
    sourceOf(orRefuse(await createSource(deps, request.caller, request.body))),
  );
  const list = { querystring: z.strictObject(pageQuery()), response: { 200: z.array(sourceView) } };
  app.get("/api/v1/sources", { config: read, schema: list }, async (request, reply) => {
    const all = await listSources(store, oneMore(request.query));
    return pageOf(deps.orgUrl, request, reply, all, ({ row }) => row.name).map(sourceOf);
  });
  app.get("/api/v1/sources/:source", { config: read, schema: { params, response: one } }, async (request) =>
    sourceOf(orRefuse(await viewSource(store, request.params.source))),
  );
  app.put("/api/v1/sources/:source", { config: write, schema: { params, body: updateSourceRequest, response: one } }, async (request) =>
    sourceOf(orRefuse(await updateSource(deps, request.caller, request.params.source, request.body))),
  );
  const removal = { params, querystring: z.strictObject({ deactivate: flag }), response: { 200: z.object({ deactivated: z.int() }) } };
  app.delete("/api/v1/sources/:source", { config: write, schema: removal }, async (request) =>
    orRefuse(await removeSource(deps, request.caller, request.params.source, request.query.deactivate)),
  );
  const trial = { params, body: nothing, response: { 200: sourceTest } };
  app.post("/api/v1/sources/:source/test", { config: write, schema: trial }, async (request) =>
    orRefuse(await testSource(deps, request.params.source, deps.stopping ?? new AbortController().signal)),
  );
  app.register(syncRoutes(deps));
  app.register(importRoutes(deps));
};

const syncRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const { store, syncs } = deps;
  const schema = {
    params,
    querystring: z.strictObject({ dryRun: flag }),
    body: syncRequest.nullish(),
    response: { 200: syncPreview, 202: runView },
  };
  // A sync is begun and looked at again; a dry run is its own answer.
  app.post("/api/v1/sources/:source/sync", { config: { permission: "users.write" }, schema }, async (request, reply) => {
    const { source } = request.params;
    const { full, brake } = request.body ?? { full: false };
    if (request.query.dryRun) return orRefuse(await syncs.preview(source, { full, brake }));
    const { run } = orRefuse(await syncs.begin(request.caller, source, { cause: "manual", full, brake }));
    reply.code(202);
    return runOf(await runById(source, run));
  });
  const runs = { params, querystring: z.strictObject(pageQuery(100, 20)), response: { 200: z.array(runView) } };
  app.get("/api/v1/sources/:source/runs", { config: read, schema: runs }, async (request, reply) => {
    const { source } = request.params;
    orRefuse(await store.read((tx) => findSource(tx, source)));
    const rows = await store.read((tx) => tx.sources.runs(source, oneMore(request.query)));
    return pageOf(deps.orgUrl, request, reply, rows, ({ id }) => id).map(runOf);
  });
  const run = { params: params.extend({ id: z.string().max(64) }), response: { 200: runView } };
  app.get("/api/v1/sources/:source/runs/:id", { config: read, schema: run }, async (request) =>
    runOf(await runById(request.params.source, request.params.id)),
  );
  const runById = async (source: string, id: string) => {
    const row = await store.read((tx) => tx.sources.runById(id));
    if (row?.source !== source) throw new Refused({ code: "E0000007", summary: "Not found: Resource not found (run)" });
    return row;
  };
};

const importRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const schema = {
    params,
    querystring: z.strictObject({ dryRun: flag }),
    body: importRequest,
    response: { 200: importView },
  };
  app.post("/api/v1/sources/:source/import", { config: { permission: "users.write" }, bodyLimit: BODY_BYTES, schema }, async (request) => {
    const { body, query } = request;
    return orRefuse(await importPeople(deps, request.caller, request.params.source, body, query.dryRun));
  });
};

/** Routes of the system log and of what is known of one logon. */
import { Readable } from "node:stream";
import { logEvent, logFilter, logHead, logonView, readReference, retentionView } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { exportLog } from "../../flows/management/log-export.ts";
import { searchLog } from "../../flows/management/log-search.ts";
import { placeOf, readChain, readTail, signedHead } from "../../flows/management/log-view.ts";
import { viewLogons } from "../../flows/management/logons-view.ts";
import { readRetention, setRetention } from "../../flows/management/retention.ts";
import type { AppDeps } from "../app.ts";
import { Refused } from "../refuse.ts";
import { orRefuse } from "./answers.ts";
import { oktaLogEvent, oktaLogEventOf } from "./okta-log-event.ts";
import { linkPage, oneMore, pageOf, pageQuery } from "./page.ts";

/** Clients of the public API send what `String(new Date())` gives, which ISO 8601 is not. */
const lenientDate = z
  .string()
  .max(128)
  .transform((text, context) => {
    // A plus sign that was not encoded arrives as a space.
    const ms = Date.parse(text.replace(/ \([^)]*\)$/, "").replace(/GMT (\d{4})$/, "GMT+$1"));
    if (Number.isNaN(ms)) context.addIssue({ code: "custom", message: "is not a date such as 2026-11-24T12:00:00Z" });
    return ms;
  });

const logsQuery = z.strictObject({
  ...pageQuery(1000, 100),
  // A place in each chain: of every node, and of every one that there ever was.
  after: z.string().min(1).max(4096).optional(),
  since: lenientDate.optional(),
  until: lenientDate.optional(),
  filter: z.string().max(4096).optional(),
  q: z.string().max(512).optional(),
  sortOrder: z.enum(["ASCENDING", "DESCENDING"]).default("ASCENDING"),
});

export const logRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const { store } = deps;
  const read = { permission: "log.read" } as const;

  app.get(
    "/api/v1/logs",
    { config: read, schema: { querystring: logsQuery, response: { 200: z.array(oktaLogEvent) } } },
    async (request, reply) => {
      const { sortOrder, ...query } = request.query;
      const { rows, next } = orRefuse(await searchLog(store, { ...query, descending: sortOrder === "DESCENDING" }));
      linkPage(deps.orgUrl, request, reply, next);
      return rows.map(({ event }) => oktaLogEventOf(event));
    },
  );

  const chain = { querystring: z.strictObject(pageQuery(1000, 1000)), response: { 200: z.array(logEvent) } };
  app.get("/api/v1/log/chain", { config: read, schema: chain }, async (request, reply) => {
    const { limit, after } = oneMore(request.query);
    return pageOf(deps.orgUrl, request, reply, orRefuse(await readChain(store, after, limit)), placeOf);
  });

  const tailQuery = z.strictObject({ limit: pageQuery(1000, 20).limit, names: z.enum(["true", "false"]).default("false") });
  const tail = { querystring: tailQuery, response: { 200: z.array(logEvent) } };
  app.get("/api/v1/log/tail", { config: read, schema: tail }, async (request) =>
    readTail(store, request.query.limit, request.query.names === "true"),
  );

  app.get("/api/v1/log/export", { config: read, schema: { querystring: logFilter } }, (request, reply) => {
    reply.type("application/x-ndjson");
    return reply.send(Readable.from(exportLog(deps, request.caller, request.query), { objectMode: false }));
  });

  const retention = { response: { 200: retentionView } };
  app.get("/api/v1/log/retention", { config: read, schema: retention }, async () => ({ days: await readRetention(store) }));
  const write = { permission: "org.write" } as const;
  app.put("/api/v1/log/retention", { config: write, schema: { body: retentionView, ...retention } }, async (request) => ({
    days: orRefuse(await setRetention(store, request.caller, request.body.days)),
  }));

  const head = { response: { 200: logHead.extend({ signed: z.string() }) } };
  app.get("/api/v1/log/head", { config: read, schema: head }, async () => signedHead(store, deps.keys));

  app.get(
    "/api/v1/logons/:reference",
    {
      config: { permission: "logons.read" },
      schema: { params: z.object({ reference: z.string().max(64) }), response: { 200: z.array(logonView) } },
    },
    async (request) => {
      const reference = readReference(request.params.reference);
      if (reference === undefined) throw new Refused({ code: "E0000001", causes: ["reference: one looks like K7QF-3M2P"] });
      const logons = await viewLogons(store, reference);
      if (logons.length === 0) throw new Refused({ code: "E0000007" });
      return logons;
    },
  );
};

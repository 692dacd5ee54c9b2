/** Routes of the ways out of the org: the mail server, the webhook for text messages and calls. */
import {
  deliveryTest,
  mailSettings,
  mailView,
  putMailQuery,
  putMailRequest,
  putSmsRequest,
  smsSettings,
  smsView,
  testMailRequest,
  testSmsRequest,
} from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { removeWayOut, setMail, setSms, testMail, testSms, viewWayOut, type WayOut } from "../../flows/management/ways-out.ts";
import type { OpenMail } from "../../flows/post.ts";
import type { AppDeps } from "../app.ts";
import { orRefuse } from "./answers.ts";
import { noContent } from "./users.ts";
import { iso } from "./views.ts";

const read = { permission: "org.read" } as const;
const write = { permission: "org.write" } as const;
/** A server that hangs must not hold the caller for longer. */
const TEST_MS = 30_000;

export const wayOutRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  app.register(mailRoutes(deps));
  app.register(smsRoutes(deps));
};

const timed = ({ stopping }: AppDeps) => AbortSignal.any([...(stopping ? [stopping] : []), AbortSignal.timeout(TEST_MS)]);

const mailRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const url = "/api/v1/org/mail";
  const one = { 200: mailView };
  app.get(url, { config: read, schema: { response: one } }, async () => mailOf(orRefuse(await viewWayOut(deps.store, "mail"))));
  app.put(url, { config: write, schema: { querystring: putMailQuery, body: putMailRequest, response: one } }, async (request) => {
    const greet = (by: OpenMail) => deps.post.greet(by, timed(deps));
    return mailOf(orRefuse(await setMail(deps, request.caller, request.body, request.query.try === "true" ? greet : undefined)));
  });
  app.delete(url, { config: write, schema: { response: { 204: noContent } } }, async (request, reply) => {
    orRefuse(await removeWayOut(deps.store, request.caller, "mail"));
    return reply.code(204).send();
  });
  app.post(`${url}/test`, { config: write, schema: { body: testMailRequest, response: { 200: deliveryTest } } }, async (request) =>
    orRefuse(await testMail(deps, request.body.to, timed(deps))),
  );
};

const smsRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const url = "/api/v1/org/sms";
  const one = { 200: smsView };
  app.get(url, { config: read, schema: { response: one } }, async () => smsOf(orRefuse(await viewWayOut(deps.store, "sms"))));
  app.put(url, { config: write, schema: { body: putSmsRequest, response: one } }, async (request, reply) => {
    const { made, ...way } = orRefuse(await setSms(deps, request.caller, request.body));
    reply.header("cache-control", "no-store");
    return { ...smsOf(way), ...(made === undefined ? {} : { secret: made }) };
  });
  app.delete(url, { config: write, schema: { response: { 204: noContent } } }, async (request, reply) => {
    orRefuse(await removeWayOut(deps.store, request.caller, "sms"));
    return reply.code(204).send();
  });
  app.post(`${url}/test`, { config: write, schema: { body: testSmsRequest, response: { 200: deliveryTest } } }, async (request) =>
    orRefuse(await testSms(deps, request.body.to, timed(deps))),
  );
};

function mailOf(way: WayOut) {
  return { ...mailSettings.parse(way.row.document), secret: way.row.sealedSecret !== "", ...standOf(way) };
}

const smsOf = (way: WayOut) => ({ ...smsSettings.parse(way.row.document), ...standOf(way) });

function standOf({ row, waiting, failure }: WayOut) {
  const failing = failure ? { ...failure, since: iso(failure.since) } : null;
  return { waiting, failing, updated: iso(row.updated), updatedBy: row.updatedBy };
}

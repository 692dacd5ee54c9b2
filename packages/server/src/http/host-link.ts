/** The routes of the host link: enrolment, registration, time, logon, self-check, reports. */
import {
  enrolAnswer,
  enrolRequest,
  JWS_TYPES,
  logonRequest,
  registerAnswer,
  registerRequest,
  reportsAnswer,
  reportsRequest,
  selfCheckAnswer,
  selfCheckRequest,
  timeAnswer,
  timeRequest,
  transactionView as transactionSchema,
} from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { enrolHost } from "../flows/host-link/enrol.ts";
import { registerHost } from "../flows/host-link/register.ts";
import { takeReports } from "../flows/host-link/reports.ts";
import { selfCheck } from "../flows/host-link/self-check.ts";
import { startLogon } from "../flows/host-link/start-logon.ts";
import { isRefusal, withHost } from "../flows/host-link/with-host.ts";
import type { AppDeps } from "./app.ts";
import { answerTransaction, hostCall, refuseHost, refuseLogon } from "./host-answers.ts";
import { Refused } from "./refuse.ts";

export const hostLinkRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  app.post("/api/v1/hosts/enrol", { schema: { body: enrolRequest, response: { 200: enrolAnswer } } }, async (request) => {
    const outcome = await enrolHost(deps, request.body);
    if (outcome.kind === "enrolled") return outcome.answer;
    deps.refusedCallers.count(request.ip, "enrol");
    const why = { used: "This code has been used.", expired: "This code has expired or was withdrawn." };
    throw new Refused({ code: "S0000006", ...(outcome.reason ? { summary: why[outcome.reason] } : {}) });
  });

  app.post("/api/v1/hosts/register", { schema: { body: registerRequest, response: { 200: registerAnswer } } }, async (request) => {
    const outcome = await registerHost(deps, request.body);
    if (outcome.kind === "registered") return outcome.answer;
    if (outcome.cause !== undefined) throw new Refused({ code: "S0000007", cause: outcome.cause, evidence: outcome.evidence });
    deps.refusedCallers.count(request.ip, "register");
    throw new Refused({ code: "S0000002" });
  });

  app.post("/api/v1/time", { schema: { body: timeRequest, response: { 200: timeAnswer } } }, async (request) => {
    const now = await deps.store.read(async (tx) => tx.now);
    const time = await deps.keys.sign(JWS_TYPES.time, { typ: "time", nonce: request.body.nonce, now });
    return { time, keys: deps.keys.linksAfter(request.body.decisionKey) };
  });

  app.post("/api/v1/authn/logon", { schema: { body: logonRequest, response: { 200: transactionSchema } } }, async (request) => {
    const outcome = await startLogon(deps, hostCall(request), request.body);
    if (isRefusal(outcome)) throw refuseHost(deps, request, outcome, request.body.reference);
    if (outcome.kind === "logon-refused") throw refuseLogon(outcome);
    return answerTransaction(deps, outcome, true);
  });

  app.post("/api/v1/hosts/self/check", { schema: { body: selfCheckRequest, response: { 200: selfCheckAnswer } } }, async (request) => {
    const outcome = await selfCheck(deps, hostCall(request, request.body.checkId), request.body);
    if (isRefusal(outcome)) throw refuseHost(deps, request, outcome);
    return outcome;
  });

  app.post("/api/v1/hosts/self/reports", { schema: { body: reportsRequest, response: { 200: reportsAnswer } } }, async (request) => {
    const outcome = await withHost(deps, hostCall(request), (tx, host) => takeReports(tx, host, request.body.reports));
    if (isRefusal(outcome)) throw refuseHost(deps, request, outcome);
    return { accepted: outcome };
  });
};

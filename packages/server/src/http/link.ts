/** Approval by link: the machine asks for one, and its page proves, shows and answers. */
import {
  linkAnswer,
  linkAnswered,
  linkAnswerRequest,
  linkBeginRequest,
  linkBegun,
  linkProven,
  linkProveRequest,
  linkRequest,
} from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { Superseded } from "../flows/authn/open-transaction.ts";
import { isRefusal, withHost } from "../flows/host-link/with-host.ts";
import { answerApproval, beginApproval, proveApproval } from "../flows/link/approve.ts";
import { makeLink } from "../flows/link/make-link.ts";
import type { AppDeps } from "./app.ts";
import { hostCall, refuseHost, refuseStep } from "./host-answers.ts";
import { Refused } from "./refuse.ts";

export const linkRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  app.post("/api/v1/authn/link", { schema: { body: linkRequest, response: { 200: linkAnswer } } }, async (request, reply) => {
    reply.header("cache-control", "no-store");
    const { stateToken } = request.body;
    const outcome = await orOutOfOrder(
      withHost(deps, hostCall(request), (tx, host) => makeLink(tx, host, stateToken, deps.orgUrl)),
      true,
    );
    if (isRefusal(outcome)) throw refuseHost(deps, request, outcome);
    if (outcome.kind === "no-transaction") throw new Refused({ code: "E0000011", cause: outcome.cause ?? "logon.expired" });
    if (outcome.kind === "wrong") throw refuseStep(outcome, true);
    return { url: outcome.url, expiresAt: new Date(outcome.expires).toISOString(), factor: outcome.factor };
  });

  app.post("/api/v1/approve/begin", { schema: { body: linkBeginRequest, response: { 200: linkBegun } } }, async (request, reply) => {
    reply.header("cache-control", "no-store");
    const begun = await beginApproval(deps, request.body.token);
    if (begun.kind === "over") throw new Refused({ code: "E0000011" });
    return { publicKey: begun.publicKey, expiresAt: new Date(begun.expires).toISOString() };
  });

  app.post("/api/v1/approve/prove", { schema: { body: linkProveRequest, response: { 200: linkProven } } }, async (request, reply) => {
    reply.header("cache-control", "no-store");
    const { token, ...assertion } = request.body;
    const proven = await proveApproval(deps, token, assertion);
    if (proven.kind === "over") throw new Refused({ code: "E0000011" });
    if (proven.kind === "wrong") throw new Refused({ code: "E0000068" });
    return proven.shown;
  });

  app.post("/api/v1/approve/answer", { schema: { body: linkAnswerRequest, response: { 200: linkAnswered } } }, async (request, reply) => {
    reply.header("cache-control", "no-store");
    const { token, approval, answer } = request.body;
    const answered = await orOutOfOrder(answerApproval(deps, token, approval, answer), false);
    if (answered.kind === "over") throw new Refused({ code: "E0000011" });
    if (answered.code === undefined || answered.expires === undefined) return {};
    return { code: answered.code, expiresAt: new Date(answered.expires).toISOString() };
  });
};

async function orOutOfOrder<T>(step: Promise<T>, toHost: boolean): Promise<T> {
  try {
    return await step;
  } catch (error) {
    if (error instanceof Superseded) throw refuseStep({ told: "logon.out-of-order", reference: null, ended: false, evidence: {} }, toHost);
    throw error;
  }
}

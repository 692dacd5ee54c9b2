/** Approval by link: the machine asks for one, and its page proves, shows and answers. */
import {
  type ClientAddress,
  linkAnswer,
  linkAnswered,
  linkAnswerRequest,
  linkBeginRequest,
  linkBegun,
  linkProven,
  linkProveRequest,
  linkRequest,
} from "@sallyport/contracts";
import type { FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { Superseded } from "../flows/authn/open-transaction.ts";
import type { WrongCode } from "../flows/authn/tries.ts";
import { isRefusal, withHost } from "../flows/host-link/with-host.ts";
import { answerApproval, beginApproval, proveApproval } from "../flows/link/approve.ts";
import { makeLink } from "../flows/link/make-link.ts";
import type { AppDeps } from "./app.ts";
import { clientAddressOf } from "./client-address.ts";
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
    const proven = await proveApproval(deps, token, assertion, browserOf(request));
    if (proven.kind === "over") throw new Refused({ code: "E0000011" });
    if (proven.kind === "wrong") throw wrongProof(proven);
    return proven.shown;
  });

  app.post("/api/v1/approve/answer", { schema: { body: linkAnswerRequest, response: { 200: linkAnswered } } }, async (request, reply) => {
    reply.header("cache-control", "no-store");
    const { token, approval, answer } = request.body;
    const answered = await orOutOfOrder(answerApproval(deps, token, approval, answer, browserOf(request)), false);
    if (answered.kind === "over") throw new Refused({ code: "E0000011" });
    if (answered.kind === "wrong") throw wrongProof(answered);
    if (answered.code === undefined || answered.expires === undefined) return {};
    return { code: answered.code, expiresAt: new Date(answered.expires).toISOString() };
  });
};

function browserOf(request: FastifyRequest): ClientAddress {
  return { value: clientAddressOf(request), origin: "socket" };
}

/** A person who proved who they are hears that it is the place that does not fit, not the passkey. */
function wrongProof({ cause }: WrongCode): Refused {
  return new Refused({ code: cause === "factor.not-allowed" ? "E0000006" : "E0000068" });
}

async function orOutOfOrder<T>(step: Promise<T>, toHost: boolean): Promise<T> {
  try {
    return await step;
  } catch (error) {
    if (error instanceof Superseded) throw refuseStep({ told: "logon.out-of-order", reference: null, ended: false, evidence: {} }, toHost);
    throw error;
  }
}

/** The transaction API: primary authentication, introspect, verify, cancel; for hosts (with their assertion) and for pages. */
import {
  cancelRequest,
  introspectRequest,
  primaryRequest,
  transactionView as transactionSchema,
  verifyRequest,
} from "@sallyport/contracts";
import { toldToHost } from "@sallyport/logon";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { cancelTransaction } from "../flows/authn/cancel.ts";
import { findTransaction, isNotYours, type NotYours } from "../flows/authn/open-transaction.ts";
import { passwordStep } from "../flows/authn/password-step.ts";
import { primaryAuthentication } from "../flows/authn/primary.ts";
import { hashSecret } from "../flows/authn/session-token.ts";
import { showTransaction } from "../flows/authn/show.ts";
import { isShown } from "../flows/authn/transaction-view.ts";
import { verifyFactor } from "../flows/authn/verify-factor.ts";
import type { Opened } from "../flows/host-link/start-logon.ts";
import { isRefusal } from "../flows/host-link/with-host.ts";
import type { AppDeps } from "./app.ts";
import { verifyQuery } from "./authn-steps.ts";
import { browserOf, keepBrowser } from "./browser.ts";
import { clientAddressOf } from "./client-address.ts";
import { driven, isHost, orOutOfOrder, outOfOrder } from "./driven.ts";
import { answerTransaction, answerVerified, hostCall, noTransaction, refuseHost, refuseStep } from "./host-answers.ts";
import { Refused } from "./refuse.ts";
import { stepInput } from "./step-input.ts";

export const authnRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  // A mistyped parameter is named; what a step knows is said at the step.
  app.addHook("onRoute", (route) => {
    route.schema = { querystring: z.strictObject({}), ...route.schema };
  });
  const answer = { response: { 200: transactionSchema } };

  app.post("/api/v1/authn", { schema: { body: primaryRequest, ...answer } }, async (request, reply) => {
    const { body } = request;
    if ("username" in body) return primary(deps, request, reply, body);
    if (!("password" in body)) return introspect(deps, request, body.stateToken);
    const outcome = await orOutOfOrder(request, passwordStep(deps, hostCall(request), body));
    if (isRefusal(outcome)) throw refuseHost(deps, request, outcome);
    if (outcome.kind === "no-transaction") throw noTransaction(outcome, true);
    if (outcome.kind === "wrong") throw refuseStep(outcome, true);
    return answerTransaction(deps, outcome, true);
  });

  app.post("/api/v1/authn/introspect", { schema: { body: introspectRequest, ...answer } }, async (request) =>
    introspect(deps, request, request.body.stateToken),
  );

  const verifyParams = z.object({ factorId: z.string().max(64) });
  app.post(
    "/api/v1/authn/factors/:factorId/verify",
    { schema: { params: verifyParams, querystring: verifyQuery, body: verifyRequest, ...answer } },
    async (request) => {
      const { stateToken } = request.body;
      const input = stepInput(request.body, request.params.factorId);
      const outcome = await orOutOfOrder(
        request,
        verifyFactor(deps, (fn) => driven(deps, request, fn), input),
      );
      return answerVerified(deps, stateToken, outcome, isHost(request));
    },
  );

  app.post("/api/v1/authn/cancel", { schema: { body: cancelRequest, response: { 200: z.object({}) } } }, async (request) => {
    const { stateToken, cause } = request.body;
    const outcome = await driven(deps, request, (tx, host) => cancelTransaction(tx, host, stateToken, cause));
    if (outcome.kind === "no-transaction") throw noTransaction(outcome, isHost(request));
    if (outcome.kind === "out-of-order") throw outOfOrder(request);
    return {};
  });
};

async function primary(
  deps: AppDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { username, password, options }: Extract<z.infer<typeof primaryRequest>, { username: string }>,
) {
  const browser = browserOf(request);
  const outcome = await primaryAuthentication(deps, {
    username,
    password,
    offerMore: options?.multiOptionalFactorEnroll === true,
    browserHash: browser && hashSecret(browser),
    address: clientAddressOf(request),
  });
  if (outcome.kind === "opened" && browser) keepBrowser(reply, browser);
  switch (outcome.kind) {
    case "opened":
      return answerTransaction(deps, outcome, false);
    case "locked":
      return { status: "LOCKED_OUT" as const, _links: {} };
    case "overloaded":
      throw new Refused({ code: "S0000004" });
    case "failed":
      throw new Refused({ code: "E0000004" });
  }
}

async function introspect(deps: AppDeps, request: FastifyRequest, stateToken: string) {
  const toHost = isHost(request);
  const found = await driven(deps, request, async (tx, host): Promise<Opened | NotYours> => {
    const transaction = await findTransaction(tx, stateToken, host);
    return isNotYours(transaction) ? transaction : showTransaction(tx, transaction, stateToken);
  });
  if (found.kind === "no-transaction") throw noTransaction(found, toHost);
  const { transaction } = found;
  if (isShown(transaction)) return answerTransaction(deps, found, toHost);
  if (!toHost) throw new Refused({ code: "E0000011" });
  // A page drove it to its end: the host hears why, as if it had driven itself.
  const told = toldToHost(transaction.lastCause ?? "logon.expired");
  throw refuseStep({ told, reference: transaction.reference, ended: true, evidence: {} }, true);
}

/** The transaction API: primary authentication, introspect, verify, cancel; for hosts (with their assertion) and for pages. */
import {
  cancelRequest,
  introspectRequest,
  primaryRequest,
  transactionView as transactionSchema,
  verifyRequest,
} from "@sallyport/contracts";
import type { FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { cancelTransaction } from "../flows/authn/cancel.ts";
import { findTransaction, isNotYours, type NotYours, Superseded } from "../flows/authn/open-transaction.ts";
import { passwordStep } from "../flows/authn/password-step.ts";
import { primaryAuthentication } from "../flows/authn/primary.ts";
import { isShown } from "../flows/authn/transaction-view.ts";
import { verifyFactor } from "../flows/authn/verify-factor.ts";
import type { Opened } from "../flows/host-link/start-logon.ts";
import { isRefusal, withHost } from "../flows/host-link/with-host.ts";
import { factorsOf } from "../flows/person.ts";
import type { Tx } from "../flows/store.ts";
import type { HostRow } from "../flows/store-logons.ts";
import type { AppDeps } from "./app.ts";
import { answerTransaction, hostCall, refuseHost, refuseStep } from "./host-answers.ts";
import { Refused } from "./refuse.ts";

export const authnRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const answer = { response: { 200: transactionSchema } };

  app.post("/api/v1/authn", { schema: { body: primaryRequest, ...answer } }, async (request) => {
    const { body } = request;
    if ("username" in body) return primary(deps, body.username, body.password);
    if (!("password" in body)) return introspect(deps, request, body.stateToken);
    const outcome = await orOutOfOrder(request, passwordStep(deps, hostCall(request), body));
    if (isRefusal(outcome)) throw refuseHost(deps, request, outcome);
    if (outcome.kind === "no-transaction") throw noTransaction(outcome, true);
    if (outcome.kind === "wrong") throw refuseStep(outcome, true);
    return answerTransaction(deps, outcome);
  });

  app.post("/api/v1/authn/introspect", { schema: { body: introspectRequest, ...answer } }, async (request) =>
    introspect(deps, request, request.body.stateToken),
  );

  const verifyParams = z.object({ factorId: z.string().max(64) });
  app.post(
    "/api/v1/authn/factors/:factorId/verify",
    { schema: { params: verifyParams, body: verifyRequest, ...answer } },
    async (request) => {
      const { stateToken, passCode, answer: typed, inputId } = request.body;
      const input = { stateToken, passCode: passCode ?? typed ?? "", inputId, factorId: request.params.factorId };
      const outcome = await orOutOfOrder(
        request,
        verifyFactor(deps, (fn) => driven(deps, request, fn), input),
      );
      const toHost = request.headers.authorization !== undefined;
      if (outcome.kind === "no-transaction") throw noTransaction(outcome, toHost);
      if (outcome.kind === "wrong") throw refuseStep(outcome, toHost);
      const user = { id: outcome.user.id, login: outcome.user.profile.login };
      return answerTransaction(deps, {
        kind: "opened",
        transaction: outcome.transaction,
        stateToken: input.stateToken,
        user,
        enrolments: [],
        asked: outcome.kind === "asked" ? outcome.asked : undefined,
        now: outcome.now,
      });
    },
  );

  app.post("/api/v1/authn/cancel", { schema: { body: cancelRequest, response: { 200: z.object({}) } } }, async (request) => {
    const { stateToken, cause } = request.body;
    const outcome = await driven(deps, request, (tx, host) => cancelTransaction(tx, host, stateToken, cause));
    if (outcome.kind === "no-transaction") throw noTransaction(outcome, request.headers.authorization !== undefined);
    if (outcome.kind === "out-of-order") throw outOfOrder(request);
    return {};
  });
};

/** Runs a step for a host with its assertion, or for a page without any; the flow checks whose transaction it is. */
async function driven<T>(deps: AppDeps, request: FastifyRequest, fn: (tx: Tx, host: HostRow | undefined) => Promise<T>): Promise<T> {
  if (request.headers.authorization === undefined)
    return orOutOfOrder(
      request,
      deps.store.inTransaction((tx) => fn(tx, undefined)),
    );
  const outcome = await orOutOfOrder(request, withHost(deps, hostCall(request), fn));
  if (isRefusal(outcome)) throw refuseHost(deps, request, outcome);
  return outcome as T;
}

async function orOutOfOrder<T>(request: FastifyRequest, step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    if (error instanceof Superseded) throw outOfOrder(request);
    throw error;
  }
}

function outOfOrder(request: FastifyRequest): Refused {
  const toHost = request.headers.authorization !== undefined;
  return refuseStep({ told: "logon.out-of-order", reference: null, ended: false, evidence: {} }, toHost);
}

async function primary(deps: AppDeps, username: string, password: string) {
  const outcome = await primaryAuthentication(deps, username, password);
  switch (outcome.kind) {
    case "opened":
      return answerTransaction(deps, outcome);
    case "locked":
      return { status: "LOCKED_OUT" as const, _links: {} };
    case "overloaded":
      throw new Refused({ code: "S0000004" });
    case "failed":
      throw new Refused({ code: "E0000004" });
  }
}

async function introspect(deps: AppDeps, request: FastifyRequest, stateToken: string) {
  const found = await driven(deps, request, async (tx, host): Promise<Opened | NotYours> => {
    const transaction = await findTransaction(tx, stateToken, host);
    if (isNotYours(transaction)) return transaction;
    const user = transaction.userId === null ? undefined : await tx.users.byId(transaction.userId);
    const enrolments = user ? (await factorsOf(tx, user)).filter(({ id }) => transaction.factors.includes(id)) : [];
    return { kind: "opened", transaction, stateToken, user: user && { id: user.id, login: user.profile.login }, enrolments, now: tx.now };
  });
  if (found.kind === "no-transaction") throw noTransaction(found, request.headers.authorization !== undefined);
  if (!isShown(found.transaction)) throw new Refused({ code: "E0000011" });
  return answerTransaction(deps, found);
}

function noTransaction(outcome: NotYours, toHost: boolean): Refused {
  return new Refused({ code: "E0000011", ...(toHost ? { cause: outcome.cause ?? "logon.expired" } : {}) });
}

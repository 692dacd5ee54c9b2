/** The transaction API's steps around the proofs: back, resend, skip, and enrolling a factor. */
import {
  activateStepRequest,
  changePasswordRequest,
  enrolledKind,
  enrolStepRequest,
  FACTOR_NAMES,
  stepRequest,
  type TransactionView,
  ticketRequest,
  transactionView as transactionSchema,
} from "@sallyport/contracts";
import type { FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { activateStep } from "../flows/authn/activate-step.ts";
import { askAgain } from "../flows/authn/ask-factor.ts";
import { changePassword } from "../flows/authn/change-password.ts";
import { beginEnrol, type EnrolOutcome, resendEnrol } from "../flows/authn/enrol-step.ts";
import { goBack, skipEnrolling } from "../flows/authn/go-back.ts";
import { ticketStep } from "../flows/authn/ticket-step.ts";
import type { Drive } from "../flows/authn/verify-factor.ts";
import type { AppDeps } from "./app.ts";
import { driven, isHost, orOutOfOrder } from "./driven.ts";
import { answerTransaction, answerVerified, noTransaction, refuseStep } from "./host-answers.ts";
import { Refused } from "./refuse.ts";

const factorParams = z.object({ factorId: z.string().max(64) });
const said = z.enum(["true", "false"]).optional();
/** What the public clients add: accepted, and without meaning here. Anything else is a slip, and named. */
export const verifyQuery = z.strictObject({ autoPush: said, rememberDevice: said });

export const authnStepRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  app.addHook("onRoute", (route) => {
    route.schema = { querystring: z.strictObject({}), ...route.schema };
  });
  const step = { schema: { body: stepRequest, response: { 200: transactionSchema } } };
  const ofFactor = { schema: { ...step.schema, params: factorParams } };
  const drive =
    (request: FastifyRequest): Drive =>
    (fn) =>
      driven(deps, request, fn);

  app.post("/api/v1/authn/previous", step, async (request) =>
    answer(deps, request, await driven(deps, request, (tx, host) => goBack(tx, host, request.body.stateToken))),
  );

  app.post("/api/v1/authn/skip", step, async (request) =>
    answer(deps, request, await driven(deps, request, (tx, host) => skipEnrolling(tx, host, request.body.stateToken))),
  );

  app.post(
    "/api/v1/authn/factors/:factorId/verify/resend",
    { schema: { ...ofFactor.schema, querystring: verifyQuery } },
    async (request) => {
      const input = { stateToken: request.body.stateToken, passCode: "", factorId: request.params.factorId };
      const outcome = await driven(deps, request, (tx, host) => askAgain(tx, deps, host, input));
      return answerVerified(deps, input.stateToken, outcome, isHost(request));
    },
  );

  app.post("/api/v1/authn/credentials/change_password", { schema: { ...step.schema, body: changePasswordRequest } }, async (request) => {
    const outcome = await orOutOfOrder(request, changePassword(deps, drive(request), request.body));
    if (outcome.kind === "unfit")
      throw new Refused({ code: "E0000014", causes: [{ en: `newPassword: ${outcome.why.en}`, de: `newPassword: ${outcome.why.de}` }] });
    if (outcome.kind === "wrong" && outcome.cause === "user.password" && !isHost(request))
      throw new Refused({ code: "E0000014", causes: ["oldPassword: The credentials provided were incorrect."] });
    return answer(deps, request, outcome);
  });

  app.post("/api/v1/authn/ticket", { schema: { ...step.schema, body: ticketRequest } }, async (request) =>
    answer(deps, request, await orOutOfOrder(request, ticketStep(deps, drive(request), request.body))),
  );

  app.post("/api/v1/authn/factors", { schema: { ...step.schema, body: enrolStepRequest } }, async (request, reply) => {
    const { stateToken, factorType, provider, profile } = request.body;
    const kind = enrolledKind.options.find((one) => FACTOR_NAMES[one].factorType === factorType && FACTOR_NAMES[one].provider === provider);
    if (!kind) throw new Refused({ code: "E0000001", causes: ["provider: this type of factor is of another provider"] });
    reply.header("cache-control", "no-store");
    return answer(deps, request, await driven(deps, request, (tx, host) => beginEnrol(tx, deps, host, { stateToken, kind, profile })));
  });

  const lifecycle = "/api/v1/authn/factors/:factorId/lifecycle";
  app.post(`${lifecycle}/activate`, { schema: { ...ofFactor.schema, body: activateStepRequest } }, async (request) => {
    const { stateToken, ...proof } = request.body;
    const input = { stateToken, factorId: request.params.factorId, proof };
    return answer(deps, request, await orOutOfOrder(request, activateStep(deps, drive(request), input)));
  });

  app.post(`${lifecycle}/activate/poll`, ofFactor, async (request) => {
    const { stateToken } = request.body;
    const input = { stateToken, factorId: request.params.factorId, proof: undefined };
    return answer(deps, request, await orOutOfOrder(request, activateStep(deps, drive(request), input)));
  });

  app.post(`${lifecycle}/resend`, ofFactor, async (request, reply) => {
    const { stateToken } = request.body;
    reply.header("cache-control", "no-store");
    return answer(
      deps,
      request,
      await driven(deps, request, (tx, host) => resendEnrol(tx, deps, host, { stateToken, factorId: request.params.factorId })),
    );
  });
};

function answer(deps: AppDeps, request: FastifyRequest, outcome: EnrolOutcome): Promise<TransactionView> {
  const toHost = isHost(request);
  if (outcome.kind === "no-transaction") throw noTransaction(outcome, toHost);
  if (outcome.kind === "wrong") throw refuseStep(outcome, toHost);
  if (outcome.kind === "invalid") throw new Refused({ code: "E0000001", causes: outcome.causes });
  return answerTransaction(deps, outcome, toHost);
}

/** The phone approver's API: what an org is called, activation, open requests, the answer, wake-up and verifier; each call signed by the phone. */
import { phoneAccountView, phoneAnswerView, phoneCall, phoneOrgView, phoneRequestsView, phoneVerifierView } from "@sallyport/contracts";
import type { FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { activatePhone, type NoSuchCode } from "../flows/phone/activate.ts";
import { answerPush } from "../flows/phone/answer.ts";
import { isPhoneRefusal, type PhoneRefusal } from "../flows/phone/phone-caller.ts";
import { openRequests } from "../flows/phone/requests.ts";
import { type HostNotAllowed, subscribePhone } from "../flows/phone/subscribe.ts";
import { vapidKeys } from "../flows/phone/vapid.ts";
import { setVerifier } from "../flows/phone/verifier.ts";
import type { AppDeps } from "./app.ts";
import { Refused } from "./refuse.ts";

export const phoneRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const url = "/api/v1/phone";
  app.addHook("onSend", async (_request, reply) => {
    reply.header("cache-control", "no-store");
  });

  app.get(url, { schema: { response: { 200: phoneOrgView } } }, async () => {
    const { publicKey } = await vapidKeys(deps);
    const now = await deps.store.read(async (tx) => tx.now);
    return { org: new URL(deps.orgUrl).host, now: new Date(now).toISOString(), vapidKey: publicKey };
  });

  app.post(`${url}/activate`, { schema: { body: phoneCall, response: { 200: phoneAccountView } } }, async (request) => {
    const outcome = await activatePhone(deps, request.body.signed);
    if (isNoCode(outcome)) {
      deps.refusedCallers.count(request.ip, "phone");
      throw new Refused({ code: "S0000011" });
    }
    return orRefusePhone(deps, request, outcome);
  });

  app.post(`${url}/requests`, { schema: { body: phoneCall, response: { 200: phoneRequestsView } } }, async (request) =>
    orRefusePhone(deps, request, await openRequests(deps, request.body.signed)),
  );

  app.post(`${url}/answer`, { schema: { body: phoneCall, response: { 200: phoneAnswerView } } }, async (request) =>
    orRefusePhone(deps, request, await answerPush(deps, request.body.signed)),
  );

  app.post(`${url}/subscribe`, { schema: { body: phoneCall, response: { 200: phoneAccountView } } }, async (request) => {
    const outcome = await subscribePhone(deps, request.body.signed);
    if (isNotAllowed(outcome))
      throw new Refused({ code: "E0000001", causes: [`subscription.endpoint: the push service ${outcome.host} is not allowed here`] });
    return orRefusePhone(deps, request, outcome);
  });

  app.post(`${url}/verifier`, { schema: { body: phoneCall, response: { 200: phoneVerifierView } } }, async (request) =>
    orRefusePhone(deps, request, await setVerifier(deps, request.body.signed)),
  );
};

const isNoCode = (outcome: object): outcome is NoSuchCode => "kind" in outcome && outcome.kind === "no-such-code";
const isNotAllowed = (outcome: object): outcome is HostNotAllowed => "kind" in outcome && outcome.kind === "host-not-allowed";

/** A phone that proved nothing learns nothing and is counted; one that did hears the org's time, or what of its call does not fit. */
function orRefusePhone<T extends object>(deps: AppDeps, request: FastifyRequest, outcome: T | PhoneRefusal): T {
  if (!isPhoneRefusal(outcome)) return outcome;
  switch (outcome.kind) {
    case "phone-refused":
      deps.refusedCallers.count(request.ip, "phone");
      throw new Refused({ code: "S0000010" });
    case "phone-clock":
      throw new Refused({ code: "S0000010", cause: "clock.host", evidence: { orgTime: new Date(outcome.now).toISOString() } });
    case "phone-replayed":
      throw new Refused({ code: "S0000010", cause: "client.replayed" });
    case "phone-invalid":
      throw new Refused({ code: "S0000012", evidence: { which: outcome.why } });
  }
}

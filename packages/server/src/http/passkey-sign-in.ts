/** Sign-in by a passkey alone, for browsers on the org's own pages; what follows is the session token that every sign-in ends with. */
import { passkeySignIn, passkeySignInProof, transactionView } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { hashSecret } from "../flows/authn/session-token.ts";
import { beginSignIn, verifySignIn } from "../flows/passkeys/sign-in.ts";
import type { AppDeps } from "./app.ts";
import { browserOf, keepBrowser } from "./browser.ts";
import { clientAddressOf } from "./client-address.ts";
import { answerVerified } from "./host-answers.ts";
import { Refused } from "./refuse.ts";

export const passkeySignInRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  app.post("/api/v1/authn/passkey", { schema: { body: z.strictObject({}), response: { 200: passkeySignIn } } }, async (_request, reply) => {
    reply.header("cache-control", "no-store");
    const begun = await beginSignIn(deps);
    if (!begun) throw new Refused({ code: "E0000001", causes: ["url: an org whose URL is an IP address has no passkeys"] });
    return { publicKey: begun.publicKey, expiresAt: new Date(begun.expires).toISOString() };
  });

  app.post(
    "/api/v1/authn/passkey/verify",
    { schema: { body: passkeySignInProof, response: { 200: transactionView } } },
    async (request, reply) => {
      reply.header("cache-control", "no-store");
      const browser = browserOf(request);
      const from = { browserHash: browser && hashSecret(browser), address: clientAddressOf(request) };
      const done = await verifySignIn(deps, request.body, from);
      if (done.kind === "failed") throw new Refused({ code: "E0000004" });
      if (browser) keepBrowser(reply, browser);
      return answerVerified(deps, done.stateToken, done.outcome, false);
    },
  );
};

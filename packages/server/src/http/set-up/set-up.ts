/** Routes of the one-time set-up link: plain pages, rendered here, for the one person who holds the link. */
import { ERRORS } from "@sallyport/contracts";
import type { FastifyReply } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { confirmAdministrator, linkIsOpen, prepareAdministrator } from "../../flows/management/set-up.ts";
import type { AppDeps } from "../app.ts";
import { clientAddressOf } from "../client-address.ts";
import { sendPlainPage } from "../pages/plain-page.ts";
import { Refused } from "../refuse.ts";
import { accountStep, doneStep, factorStep, goneStep, troubleStep } from "./pages.ts";

const params = z.object({ token: z.string().max(128) });
const form = z.discriminatedUnion("step", [
  z.object({ step: z.literal("account"), login: z.string().trim().max(256), password: z.string().max(4096), repeat: z.string().max(4096) }),
  z.object({ step: z.literal("confirm"), sealed: z.string().max(8192), code: z.string().max(64) }),
]);
type Form = z.infer<typeof form>;

const BUSY = "The server has too much to do right now. Wait a moment and send it again.";

export const setUpRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(body as string)));
  });
  // A person reads what goes wrong here, so it is a page and not an error object.
  app.setErrorHandler((error, request, reply) => {
    const status = error instanceof Refused ? ERRORS[error.code].status : ((error as { statusCode?: number }).statusCode ?? 500);
    if (status >= 500) request.log.error({ errorId: request.id, err: error }, "the set-up page failed");
    const sentence =
      status === 429
        ? "Too many tries. Wait a minute."
        : status >= 500
          ? `The server failed (error ${request.id}).`
          : "The form was not complete.";
    return sendPlainPage(reply.code(status), "That did not work", troubleStep(sentence));
  });

  app.get("/set-up/:token", { schema: { params, hide: true } }, async (request, reply) => {
    if (!(await linkIsOpen(deps.store, request.params.token))) return gone(deps, request.ip, reply);
    return sendPlainPage(reply, "Set up", accountStep(""));
  });

  app.post("/set-up/:token", { schema: { params, body: form, hide: true } }, async (request, reply) => {
    const { token } = request.params;
    if (!(await linkIsOpen(deps.store, token))) return gone(deps, request.ip, reply);
    if (request.body.step === "account") return account(deps, token, request.body, reply);
    return confirm(deps, token, request.body, clientAddressOf(request), reply);
  });
};

async function account(deps: AppDeps, token: string, body: Extract<Form, { step: "account" }>, reply: FastifyReply): Promise<FastifyReply> {
  const { login, password, repeat } = body;
  const again = (errors: Parameters<typeof accountStep>[1]) => sendPlainPage(reply.code(422), "Set up", accountStep(login, errors));
  if (login === "") return again({ login: "Enter a login." });
  if (password !== repeat) return again({ repeat: "The two passwords are not the same." });
  const prepared = await prepareAdministrator(deps, token, login, password);
  if (prepared.kind === "overloaded") return again({ all: BUSY });
  if (prepared.kind === "refused") return again({ [prepared.field]: prepared.why });
  return sendPlainPage(reply, "Second factor", factorStep(prepared));
}

async function confirm(
  deps: AppDeps,
  token: string,
  body: Extract<Form, { step: "confirm" }>,
  address: string,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const confirmed = await confirmAdministrator(deps, token, body.sealed, body.code, address);
  switch (confirmed.kind) {
    case "done":
      return sendPlainPage(reply, "Ready", doneStep(confirmed.login));
    case "wrong-code":
      return sendPlainPage(reply.code(422), "Second factor", factorStep({ ...confirmed, sealed: body.sealed, error: confirmed.why }));
    case "login-taken":
      return sendPlainPage(reply.code(422), "Set up", accountStep("", { login: "A user with this login exists already. Choose another." }));
    case "gone":
      return sendPlainPage(reply.code(410), "Link used", goneStep());
  }
}

function gone(deps: AppDeps, ip: string, reply: FastifyReply): FastifyReply {
  deps.refusedCallers.count(ip, "set-up");
  return sendPlainPage(reply.code(410), "Link used", goneStep());
}

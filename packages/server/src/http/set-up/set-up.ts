/** Routes of the one-time set-up link: plain pages, rendered here, for the one person who holds the link. */
import { ERRORS } from "@sallyport/contracts";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { confirmAdministrator, linkIsOpen, prepareAdministrator } from "../../flows/management/set-up.ts";
import type { AppDeps } from "../app.ts";
import { clientAddressOf } from "../client-address.ts";
import { type Language, languageOf } from "../language.ts";
import type { Html } from "../pages/html.ts";
import { sendPlainPage } from "../pages/plain-page.ts";
import { Refused } from "../refuse.ts";
import { type AccountErrors, accountStep, doneStep, factorStep, goneStep, troubleStep } from "./pages.ts";
import { TEXTS, type Texts } from "./texts.ts";

const params = z.object({ token: z.string().max(128) });
const form = z.discriminatedUnion("step", [
  z.object({ step: z.literal("account"), login: z.string().trim().max(256), password: z.string().max(4096), repeat: z.string().max(4096) }),
  z.object({ step: z.literal("confirm"), sealed: z.string().max(8192), code: z.string().max(64) }),
]);
type Form = z.infer<typeof form>;

/** Sends a page in the language of whoever asked. */
interface Answer {
  t: Texts;
  send(title: keyof Texts["titles"], body: Html, status?: number): FastifyReply;
  language: Language;
}

function answerTo(request: FastifyRequest, reply: FastifyReply): Answer {
  const language = languageOf(request);
  const t = TEXTS[language];
  reply.header("vary", "accept-language");
  return { t, language, send: (title, body, status = 200) => sendPlainPage(reply.code(status), t.titles[title], body, language) };
}

export const setUpRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(body as string)));
  });
  // A person reads what goes wrong here, so it is a page and not an error object.
  app.setErrorHandler((error, request, reply) => {
    const status = error instanceof Refused ? ERRORS[error.code].status : ((error as { statusCode?: number }).statusCode ?? 500);
    if (status >= 500) request.log.error({ errorId: request.id, err: error }, "the set-up page failed");
    const { t, send } = answerTo(request, reply);
    const sentence = status === 429 ? t.tooMany : status >= 500 ? t.failed(request.id) : t.incomplete;
    return send("trouble", troubleStep(t, sentence), status);
  });

  app.get("/set-up/:token", { schema: { params, hide: true } }, async (request, reply) => {
    const answer = answerTo(request, reply);
    if (!(await linkIsOpen(deps.store, request.params.token))) return gone(deps, request.ip, answer);
    return answer.send("account", accountStep(answer.t, ""));
  });

  app.post("/set-up/:token", { schema: { params, body: form, hide: true } }, async (request, reply) => {
    const { token } = request.params;
    const answer = answerTo(request, reply);
    if (!(await linkIsOpen(deps.store, token))) return gone(deps, request.ip, answer);
    if (request.body.step === "account") return account(deps, token, request.body, answer);
    return confirm(deps, token, request.body, clientAddressOf(request), answer);
  });
};

async function account(deps: AppDeps, token: string, body: Extract<Form, { step: "account" }>, answer: Answer): Promise<FastifyReply> {
  const { login, password, repeat } = body;
  const { t, send, language } = answer;
  const again = (errors: AccountErrors) => send("account", accountStep(t, login, errors), 422);
  if (login === "") return again({ login: t.noLogin });
  if (password !== repeat) return again({ repeat: t.notTheSame });
  const prepared = await prepareAdministrator(deps, token, login, password);
  if (prepared.kind === "overloaded") return again({ all: t.busy });
  if (prepared.kind === "refused") return again({ [prepared.field]: prepared.why[language] });
  return send("factor", factorStep(t, prepared));
}

async function confirm(
  deps: AppDeps,
  token: string,
  body: Extract<Form, { step: "confirm" }>,
  address: string,
  { t, send, language }: Answer,
): Promise<FastifyReply> {
  const confirmed = await confirmAdministrator(deps, token, body.sealed, body.code, address);
  switch (confirmed.kind) {
    case "done":
      return send("done", doneStep(t, confirmed.login));
    case "wrong-code":
      return send("factor", factorStep(t, { ...confirmed, sealed: body.sealed, error: confirmed.why[language] }), 422);
    case "login-taken":
      return send("account", accountStep(t, "", { login: t.taken }), 422);
    case "gone":
      return send("gone", goneStep(t), 410);
  }
}

function gone(deps: AppDeps, ip: string, { t, send }: Answer): FastifyReply {
  deps.refusedCallers.count(ip, "set-up");
  return send("gone", goneStep(t), 410);
}

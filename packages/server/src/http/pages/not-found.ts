/** What a person reads who opened an address that does not exist; programs get the error object. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { html } from "./html.ts";
import { sendPlainPage } from "./plain-page.ts";

/** Of these paths every answer is JSON, whoever asks. */
const APIS = /^\/(?:api|scim)\//;

/** True for a browser that follows a link or a typed address: nothing else asks for HTML. */
export function isOpenedInBrowser({ method, url, headers }: Pick<FastifyRequest, "method" | "url" | "headers">): boolean {
  return method === "GET" && !APIS.test(url) && (headers.accept ?? "").includes("text/html");
}

export function sendNotFound(reply: FastifyReply, language: "en" | "de"): FastifyReply {
  reply.code(404).header("vary", "accept, accept-language");
  if (language === "de")
    return sendPlainPage(
      reply,
      "Nicht gefunden",
      html`<h1>Diese Seite gibt es nicht</h1><p>Prüfen Sie die Adresse, oder gehen Sie zur <a href="/">Anmeldung</a>.</p>`,
      "de",
    );
  return sendPlainPage(
    reply,
    "Not found",
    html`<h1>There is no such page</h1><p>Check the address, or go to <a href="/">the sign-in</a>.</p>`,
  );
}

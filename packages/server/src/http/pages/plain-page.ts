/** A page that the server writes whole: no script, one style under a nonce of this very answer (S31). */
import { randomBytes } from "node:crypto";
import type { FastifyReply } from "fastify";
import { pagePolicy } from "../security-headers.ts";
import { Html, html } from "./html.ts";
import { ICON } from "./icon.ts";
import { STYLE } from "./style.ts";

/** A gate within a gate. */
const MARK = new Html(
  '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 22V11a9 9 0 0 1 18 0v11"/><path d="M8 22v-9a4 4 0 0 1 8 0v9"/></svg>',
);

export function sendPlainPage(reply: FastifyReply, title: string, body: Html, language: "en" | "de" = "en"): FastifyReply {
  const nonce = randomBytes(16).toString("base64");
  reply.header("content-security-policy", pagePolicy(nonce)).header("cache-control", "no-store");
  return reply.type("text/html; charset=utf-8").send(page(title, nonce, body, language));
}

function page(title: string, nonce: string, body: Html, language: string): string {
  const style = new Html(`<style nonce="${nonce}">${STYLE}</style>`);
  return html`<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">${new Html(ICON)}<title>${title} · Sallyport</title>${style}</head>
<body><main><p class="brand">${MARK}Sallyport</p><div class="card">${body}</div></main></body>
</html>`.text;
}

/** Serves the pages that run in a browser: the frame of each, with a nonce of its own, and the files that it loads. */
import { randomBytes } from "node:crypto";
import type { PageName } from "@sallyport/web";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import type { AppDeps } from "../app.ts";
import { Refused } from "../refuse.ts";
import { scriptedPagePolicy, workerPolicy } from "../security-headers.ts";
import type { BuiltPages } from "./built-pages.ts";
import { frame, NOT_BUILT } from "./frame.ts";
import { sendPlainPage } from "./plain-page.ts";

/** Which page answers at which address; what it shows there is its own affair. */
const ADDRESSES: readonly { url: string; page: PageName }[] = [
  { url: "/", page: "portal" },
  { url: "/signin", page: "portal" },
  { url: "/me", page: "portal" },
  { url: "/approve/:token", page: "portal" },
  { url: "/phone", page: "phone" },
];
const hide = { schema: { hide: true } };
/** A name that is made of the contents never means anything else. */
const FOR_EVER = "public, max-age=31536000, immutable";

export const pageRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  for (const { url, page } of ADDRESSES) app.get(url, hide, async (_request, reply) => sendFrame(reply, deps.pages, page));

  const named = { schema: { hide: true, params: z.object({ name: z.string().max(128) }) } };
  app.get("/assets/:name", named, async (request, reply) =>
    sendFile(deps.pages, `assets/${request.params.name}`, request, reply, FOR_EVER),
  );
  app.get("/phone/:name", named, async (request, reply) =>
    sendFile(deps.pages, `phone/${request.params.name}`, request, reply, "no-cache"),
  );
  app.get("/service-worker.js", hide, async (request, reply) => {
    reply.header("content-security-policy", workerPolicy());
    return sendFile(deps.pages, "service-worker.js", request, reply, "no-cache");
  });
};

function sendFrame(reply: FastifyReply, pages: BuiltPages | undefined, page: PageName): FastifyReply {
  const built = pages?.manifest.pages[page];
  if (!built) return sendPlainPage(reply.code(503), "Not built", NOT_BUILT);
  const nonce = randomBytes(16).toString("base64");
  reply.header("content-security-policy", scriptedPagePolicy(nonce)).header("cache-control", "no-store").type("text/html; charset=utf-8");
  const manifest = pages?.files.has(`${page}/${page}.webmanifest`) ? `/${page}/${page}.webmanifest` : undefined;
  return reply.send(frame({ nonce, ...built, manifest }));
}

function sendFile(
  pages: BuiltPages | undefined,
  name: string,
  request: FastifyRequest,
  reply: FastifyReply,
  caching: string,
): FastifyReply {
  const file = pages?.files.get(name);
  if (!file) throw new Refused({ code: "E0000007" });
  const zipped = file.gzip !== undefined && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
  if (zipped) reply.header("content-encoding", "gzip");
  return reply
    .header("vary", "accept-encoding")
    .header("cache-control", caching)
    .type(file.type)
    .send(zipped ? file.gzip : file.bytes);
}

/** Reads JSON bodies within their limits, and keeps the raw bytes: a host's signature covers them as they came. */
import { LIMITS } from "@sallyport/contracts";
import type { FastifyInstance } from "fastify";
import { Refused } from "./refuse.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The body as it came; undefined if there was none. */
    rawBody: Buffer | undefined;
  }
}

/** Content types that are not named have no parser here and are refused (E0000003). */
export function readJsonBodies(app: FastifyInstance, types: string[] = ["application/json"]): void {
  if (!app.hasRequestDecorator("rawBody")) app.decorateRequest("rawBody", undefined);
  app.removeAllContentTypeParsers();
  // "error": a key `__proto__` or `constructor.prototype` is an attack, never data.
  const parse = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser<Buffer>(types, { parseAs: "buffer" }, (request, body, done) => {
    request.rawBody = body;
    // Clients of the public API send POST … /lifecycle/suspend with this content type and nothing in it.
    if (body.length === 0) return done(null, undefined);
    const text = decode(body);
    if (text === undefined) return done(notJson("the body is not UTF-8"));
    const deep = tooDeepAt(body);
    if (deep !== undefined) return done(notJson(`the body is nested deeper than ${LIMITS.depth} levels, at byte ${deep}`));
    void parse(request, text, (error, value) => (error ? done(notJson(explain(text))) : done(null, value)));
  });
}

function notJson(cause: string): Refused {
  return new Refused({ code: "E0000003", causes: [cause] });
}

/** Only the place is told: the parser's own message repeats the text, which may hold a password. */
function explain(text: string): string {
  try {
    JSON.parse(text);
    return "the body has a key that is never data, such as __proto__";
  } catch (error) {
    const position = /position (\d+)/.exec((error as Error).message)?.[1];
    return position === undefined ? "the body is not JSON" : `the body is not JSON, at position ${position}`;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });
function decode(body: Buffer): string | undefined {
  try {
    return decoder.decode(body);
  } catch {
    return undefined;
  }
}

/** First byte at which the nesting exceeds the limit (S30); looked for before the parser, which would build it all. */
function tooDeepAt(body: Buffer): number | undefined {
  let depth = 0;
  let inText = false;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (inText) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) inText = false;
    } else if (byte === 0x22) inText = true;
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > LIMITS.depth) return i;
    } else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return undefined;
}

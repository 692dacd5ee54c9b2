/** In which of our languages an answer is written. */
import type { FastifyRequest } from "fastify";

export type Language = "en" | "de";

/** The caller's first language, if it is one of ours. */
export function languageOf(request: Pick<FastifyRequest, "headers">): Language {
  return /^\s*de\b/i.test(request.headers["accept-language"] ?? "") ? "de" : "en";
}

/** Pages of a list: `limit` and `after` in, a `Link` header with absolute URLs on the org's URL out. */
import type { FastifyReply, FastifyRequest } from "fastify";
import * as z from "zod";

/** @param most the largest page; @param usual the size without a `limit`. Both count rows. */
export function pageQuery(most = 200, usual = 50) {
  return { limit: z.coerce.number().int().min(1).max(most).default(usual), after: z.string().min(1).max(256).optional() };
}

/** Query of a list that has no filter. */
export const plainPage = z.strictObject(pageQuery());

/** Asks for one row more than the page holds: only then is it known whether there is a next page. */
export function oneMore<T extends { limit: number }>(query: T): T {
  return { ...query, limit: query.limit + 1 };
}

/** Cuts the row too many off and says in the `Link` header where the list goes on. Clients follow the URLs as they are given. */
export function pageOf<T>(orgUrl: string, request: FastifyRequest, reply: FastifyReply, rows: T[], cursorOf: (row: T) => string): T[] {
  const { limit } = request.query as { limit: number };
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  linkPage(orgUrl, request, reply, rows.length > limit && last !== undefined ? cursorOf(last) : undefined);
  return page;
}

/** @param next where the list goes on; undefined at its end. */
export function linkPage(orgUrl: string, request: FastifyRequest, reply: FastifyReply, next: string | undefined): void {
  const self = new URL(request.url, orgUrl);
  const links = [`<${self.href}>; rel="self"`];
  if (next !== undefined) {
    self.searchParams.set("after", next);
    links.push(`<${self.href}>; rel="next"`);
  }
  reply.header("link", links.join(", "));
}

const expression = z.string().max(4096).optional();
/** Query of a list that can be searched: a place in it is longer than an id, and an expression is read by the flow. */
export function searchQuery() {
  return {
    ...pageQuery(),
    after: z.string().min(1).max(4096).optional(),
    q: z.string().min(1).max(256).optional(),
    search: expression,
    filter: expression,
  };
}

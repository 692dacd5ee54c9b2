/** Routes of a user's enrolment windows: open one, list, confirm, close. */
import { createTicketRequest, ticketView } from "@sallyport/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import * as z from "zod";
import { confirmTicket, createTicket, listTickets, revokeTicket } from "../../flows/management/tickets.ts";
import type { AppDeps } from "../app.ts";
import { orRefuse } from "./answers.ts";
import { ticketOf } from "./factor-views.ts";
import { idParams, noContent, nothing } from "./users.ts";

export const ticketRoutes: (deps: AppDeps) => FastifyPluginAsyncZod = (deps) => async (app) => {
  const write = { permission: "factors.enrol" } as const;
  const url = "/api/v1/users/:id/tickets";

  app.post(
    url,
    { config: write, schema: { params: idParams, body: createTicketRequest, response: { 200: ticketView } } },
    async (request, reply) => {
      const made = orRefuse(await createTicket(deps, request.caller, request.params.id, request.body));
      reply.header("cache-control", "no-store");
      return ticketOf(made);
    },
  );

  app.get(
    url,
    { config: { permission: "factors.read" }, schema: { params: idParams, response: { 200: z.array(ticketView) } } },
    async (request) => orRefuse(await listTickets(deps.store, request.params.id)).map(ticketOf),
  );

  const one = z.object({ id: z.string().min(1).max(256), ticket: z.string().max(64) });
  app.post(
    `${url}/:ticket/confirm`,
    { config: write, schema: { params: one, body: nothing, response: { 200: ticketView } } },
    async (request) => ticketOf(orRefuse(await confirmTicket(deps.store, request.caller, request.params.id, request.params.ticket))),
  );

  app.delete(`${url}/:ticket`, { config: write, schema: { params: one, response: { 204: noContent } } }, async (request, reply) => {
    orRefuse(await revokeTicket(deps.store, request.caller, request.params.id, request.params.ticket));
    return reply.code(204).send();
  });
};

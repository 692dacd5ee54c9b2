/** An event of the system log in the shape in which clients of the public API read it. */
import { EVENTS, type LogEvent } from "@sallyport/contracts";
import * as z from "zod";
import { addressIn, SEVERITY } from "../../flows/management/log-search.ts";

const entity = z.object({ id: z.string(), type: z.string(), alternateId: z.string(), displayName: z.string() });

export const oktaLogEvent = z.object({
  uuid: z.string(),
  published: z.iso.datetime(),
  version: z.literal("0"),
  eventType: z.string(),
  displayMessage: z.string(),
  severity: z.enum(["INFO", "WARN", "ERROR"]),
  actor: entity,
  target: z.array(entity),
  outcome: z.object({ result: z.enum(["SUCCESS", "FAILURE"]), reason: z.string().optional() }),
  transaction: z.object({ id: z.string(), type: z.literal("JOB") }).optional(),
  client: z.object({ ipAddress: z.string() }).optional(),
  debugContext: z.object({ debugData: z.record(z.string(), z.unknown()) }),
});

const ACTORS = { user: "User", host: "Host", token: "PublicClientApp", system: "SystemPrincipal", local: "LocalOwner" } as const;

/** The reference of a logon stands where the other product has the id of the transaction. */
export function oktaLogEventOf(event: LogEvent): z.infer<typeof oktaLogEvent> {
  const row = EVENTS[event.type];
  const address = addressIn(event.data);
  return {
    uuid: event.id,
    published: event.published,
    version: "0",
    eventType: event.type,
    displayMessage: row.title,
    severity: SEVERITY[row.severity],
    actor: entityOf(ACTORS[event.actor.type], event.actor),
    target: event.target ? [entityOf(event.target.type, event.target)] : [],
    outcome: { result: event.outcome === "success" ? "SUCCESS" : "FAILURE", ...(event.cause ? { reason: event.cause } : {}) },
    ...(event.reference ? { transaction: { id: event.reference, type: "JOB" } } : {}),
    ...(address === undefined ? {} : { client: { ipAddress: address } }),
    debugContext: { debugData: { ...event.data, node: event.node, seq: event.seq, ...(event.host ? { host: event.host } : {}) } },
  };
}

function entityOf(type: string, { id, name }: { id: string; name?: string | undefined }): z.infer<typeof entity> {
  return { id, type, alternateId: name ?? id, displayName: name ?? id };
}

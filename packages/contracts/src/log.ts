/** A line of the system log and the chain that joins one line to the next. */
import { createHash } from "node:crypto";
import * as z from "zod";
import { causeId } from "./cause-id.ts";
import { EVENTS, type EventType } from "./events.ts";

export const eventType = z.custom<EventType>((value) => typeof value === "string" && Object.hasOwn(EVENTS, value), {
  error: "not an event type of the table",
});

/** One event. `published`: ISO 8601 UTC of the database's clock; `previous`, `hash`: hex SHA-256; one chain per `node`, `seq` without gaps from 1. */
export const logEvent = z.strictObject({
  node: z.string(),
  seq: z.int().min(1),
  id: z.string(),
  published: z.iso.datetime(),
  type: eventType,
  actor: z.strictObject({ type: z.enum(["user", "host", "token", "system", "local"]), id: z.string(), name: z.string().optional() }),
  target: z.strictObject({ type: z.string(), id: z.string(), name: z.string().optional() }).optional(),
  outcome: z.enum(["success", "failure"]),
  cause: causeId.optional(),
  reference: z.string().optional(),
  host: z.string().optional(),
  data: z.record(z.string(), z.unknown()),
  previous: z.string().length(64),
  hash: z.string().length(64),
});
export type LogEvent = z.infer<typeof logEvent>;

/** `previous` of the first event of a chain. */
export const CHAIN_START = "0".repeat(64);

/** Hash of an event: SHA-256 over its canonical JSON (keys sorted, no white space) without `hash` itself; `previous` is part of it. */
export function hashEvent(event: Omit<LogEvent, "hash">): string {
  return createHash("sha256").update(canonicalJson(event)).digest("hex");
}

/** JSON with sorted keys, so that two readers hash the same bytes. Undefined values are left out, as JSON does. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  let text = "";
  // By UTF-16 code units: what `sort` does by itself.
  for (const key of Object.keys(value).sort()) {
    const item = (value as Record<string, unknown>)[key];
    if (item !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${canonicalJson(item)}`;
  }
  return `{${text}}`;
}

/** Where a chain stands: the number and hash of its last event. */
export interface ChainPlace {
  seq: number;
  hash: string;
}

/** What is wrong with an event that should follow `before` (the start of the chain if absent): one sentence, or undefined. */
export function chainFault(event: LogEvent, before: ChainPlace = { seq: 0, hash: CHAIN_START }): string | undefined {
  const place = `${event.node}/${event.seq}`;
  if (event.seq !== before.seq + 1) return `${place}: follows ${before.seq}: events are missing or out of order`;
  if (event.previous !== before.hash) return `${place}: does not follow from the event before it`;
  const { hash, ...rest } = event;
  return hashEvent(rest) === hash ? undefined : `${place}: was changed after it was written (${event.type}, ${event.published})`;
}

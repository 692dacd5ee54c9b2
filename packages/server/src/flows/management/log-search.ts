/** The system log as clients of the public API read it: by time, by an expression (`filter`), by words (`q`), in both orders. */
import { EVENTS, isEventType, type LogEvent } from "@sallyport/contracts";
import { type Expression, type Field, matches } from "../../search/expression.ts";
import type { Store } from "../store.ts";
import { type Placed, placeOf, readOn } from "./log-view.ts";
import { done, type Outcome, type Refusal } from "./outcome.ts";
import { NO_PLACE } from "./place.ts";
import { readCondition } from "./read-condition.ts";
import { type Scanned, scan } from "./scan.ts";

export interface LogQuery {
  limit: number;
  after?: string | undefined;
  /** Epoch ms; `until` is not part of it. */
  since?: number | undefined;
  until?: number | undefined;
  filter?: string | undefined;
  q?: string | undefined;
  descending: boolean;
}

const FIELDS: readonly Field<LogEvent>[] = [
  { name: "uuid", kind: "text", of: (event) => event.id },
  { name: "published", kind: "time", of: (event) => Date.parse(event.published) },
  { name: "eventType", kind: "text", of: (event) => event.type },
  { name: "displayMessage", kind: "text", of: (event) => EVENTS[event.type].title },
  { name: "severity", kind: "text", of: (event) => SEVERITY[EVENTS[event.type].severity] },
  { name: "outcome.result", kind: "text", of: (event) => event.outcome },
  { name: "outcome.reason", kind: "text", of: (event) => event.cause },
  { name: "actor.id", kind: "text", of: (event) => event.actor.id },
  { name: "actor.alternateId", kind: "text", of: (event) => event.actor.name ?? event.actor.id },
  { name: "actor.displayName", kind: "text", of: (event) => event.actor.name ?? event.actor.id },
  { name: "target.id", kind: "text", of: (event) => event.target?.id },
  { name: "target.type", kind: "text", of: (event) => event.target?.type },
  { name: "target.alternateId", kind: "text", of: (event) => event.target?.name ?? event.target?.id },
  { name: "target.displayName", kind: "text", of: (event) => event.target?.name ?? event.target?.id },
  { name: "client.ipAddress", kind: "text", of: (event) => addressIn(event.data) },
  { name: "transaction.id", kind: "text", of: (event) => event.reference },
];
export const SEVERITY = { info: "INFO", warning: "WARN", error: "ERROR" } as const;

const MOST = 200_000;
const TOO_LONG = { after: MOST, why: `filter: nothing fits in ${MOST} events; ask for a shorter time by since and until, or for a type` };

export async function searchLog(store: Store, query: LogQuery): Promise<Outcome<Scanned<Placed>>> {
  const { limit, after, since, until, filter, q, descending } = query;
  const read = readCondition({ filter }, FIELDS, []);
  if (read.kind !== "done") return read;
  const condition = read.value;
  const fault = (condition && unknownType(condition)) ?? tooManyWords(q);
  if (fault) return fault;
  const words = wordsOf(q);
  const only = { since, until, type: condition && typeOf(condition) };
  const wanted = ({ event }: Placed) => (condition === undefined || matches(condition, event)) && holdsAll(event, words);
  const step = (place: string | undefined, count: number) =>
    descending ? readBack(store, only, place, count) : readOn(store, { ...only, after: place, limit: count });
  return scan({ read: step, placeOf: (placed) => placed.after, wanted, giveUp: TOO_LONG }, { limit, after });
}

/** Newest first. A place that was removed meanwhile is the end: what is older went with it. */
async function readBack(
  store: Store,
  only: { since?: number | undefined; until?: number | undefined; type?: string | undefined },
  place: string | undefined,
  limit: number,
): Promise<Outcome<Placed[]>> {
  const [, node, seq] = place === undefined ? [] : (/^([^,]+):([0-9]{1,15})$/.exec(place) ?? []);
  if (place !== undefined && node === undefined) return NO_PLACE;
  return store.read(async (tx) => {
    const last = node === undefined ? undefined : await tx.log.at(node, Number(seq));
    if (node !== undefined && !last) return done([]);
    const events = await tx.log.list({ ...only, after: last?.id, limit, descending: true });
    return done(events.map((event): Placed => ({ event, after: placeOf(event) })));
  });
}

/** The one type that every event that fits is of: the store reads by it. */
function typeOf(expression: Expression<LogEvent>): string | undefined {
  if (expression.kind === "and") return expression.of.map(typeOf).find((one) => one !== undefined);
  if (expression.kind !== "compare" || expression.operator !== "eq" || expression.field.name !== "eventType") return undefined;
  return String(expression.value).toLowerCase();
}

/** A type that is mistyped would be an empty log, which says that nothing happened. */
function unknownType(expression: Expression<LogEvent>): Refusal | undefined {
  if (expression.kind === "not") return unknownType(expression.of);
  if (expression.kind === "and" || expression.kind === "or") return expression.of.map(unknownType).find((one) => one !== undefined);
  if (expression.kind !== "compare" || expression.field.name !== "eventType") return undefined;
  const type = String(expression.value);
  if (!["eq", "ne"].includes(expression.operator) || isEventType(type.toLowerCase())) return undefined;
  return { kind: "invalid", causes: [`filter: there is no event type ${type}`] };
}

const WORDS = 10;
const WORD = 40;

function tooManyWords(q: string | undefined): Refusal | undefined {
  const words = wordsOf(q);
  if (words.length <= WORDS && words.every((word) => word.length <= WORD)) return undefined;
  return { kind: "invalid", causes: [`q: at most ${WORDS} words of ${WORD} characters`] };
}

function wordsOf(q: string | undefined): string[] {
  return (q ?? "")
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
}

/** Looked for in every value of the event, not in the names of its fields. */
function holdsAll(event: LogEvent, words: string[]): boolean {
  if (words.length === 0) return true;
  const text = [EVENTS[event.type].title, ...textsIn(event)].join("\n").toLowerCase();
  return words.every((word) => text.includes(word));
}

function textsIn(value: unknown): string[] {
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(textsIn);
  return value === undefined || value === null ? [] : [String(value)];
}

/** Only an address that the org saw itself, or a host's TCP peer: a claimed one would be read as a fact (S35). */
export function addressIn(data: Record<string, unknown>): string | undefined {
  const address = data["address"];
  if (typeof address === "string") return address;
  const { value, origin } = (address ?? {}) as { value?: unknown; origin?: unknown };
  return origin === "socket" && typeof value === "string" ? value : undefined;
}

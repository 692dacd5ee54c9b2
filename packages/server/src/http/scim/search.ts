/** Queries: filter, sorting and pages over one kind of resource or all of them (RFC 7644 §3.4.2). */
import { Messages } from "scimmy";
import { ScimFault } from "./fault.ts";
import { type Filter, parseFilter } from "./filter.ts";
import type { KindHandler, ScimCall } from "./kind-handler.ts";
import { type Test, testOf, valuesOf } from "./match.ts";
import { project, readShape, type Shape } from "./project.ts";
import { find, isObject, type Kind, type Resource } from "./schemas.ts";

export const MOST_RESULTS = 200;
const USUAL_RESULTS = 100;
/** Sorting needs all of them at once. */
const MOST_SORTED = 10_000;

export interface Query {
  filter: Filter | undefined;
  sortBy: string | undefined;
  descending: boolean;
  startIndex: number;
  count: number;
  shape: Shape;
}

/** Of a URL, where numbers are texts, or of a SearchRequest. */
export function readQuery(given: Resource): Query {
  const { filter, sortBy, sortOrder } = given;
  if (filter !== undefined && typeof filter !== "string") throw new ScimFault(400, "invalidFilter", "filter: a text is expected");
  if (sortBy !== undefined && typeof sortBy !== "string")
    throw new ScimFault(400, "invalidValue", "sortBy: the name of an attribute is expected");
  const order = sortOrder === undefined ? "ascending" : String(sortOrder).toLowerCase();
  if (order !== "ascending" && order !== "descending")
    throw new ScimFault(400, "invalidValue", "sortOrder: ascending or descending is expected");
  return {
    filter: filter === undefined ? undefined : parseFilter(filter),
    sortBy,
    descending: order === "descending",
    startIndex: Math.max(1, numberIn(given["startIndex"], "startIndex", 1)),
    count: Math.min(MOST_RESULTS, Math.max(0, numberIn(given["count"], "count", USUAL_RESULTS))),
    shape: readShape(given),
  };
}

function numberIn(value: unknown, what: string, usual: number): number {
  if (value === undefined || value === null || value === "") return usual;
  const number = typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  if (!Number.isSafeInteger(number)) throw new ScimFault(400, "invalidValue", `${what}: a whole number is expected`);
  return number as number;
}

export async function search(call: ScimCall, handlers: readonly KindHandler[], query: Query): Promise<Resource> {
  const found = query.sortBy === undefined ? await firstPage(call, handlers, query) : await sortedPage(call, handlers, query);
  const resources: Resource[] = [];
  for (const { handler, resource } of found.page) {
    resources.push(project(handler.kind, await handler.finish(call, resource, query.shape), query.shape));
  }
  return {
    schemas: [Messages.ListResponse.id],
    totalResults: found.total,
    startIndex: query.startIndex,
    itemsPerPage: resources.length,
    Resources: resources,
  };
}

interface Hit {
  handler: KindHandler;
  resource: Resource;
}

async function* hits(call: ScimCall, handlers: readonly KindHandler[], { filter }: Query): AsyncIterable<Hit> {
  for (const handler of handlers) {
    const test = filter === undefined ? () => true : testFor(handler.kind, filter, handlers.length > 1);
    if (test) for await (const resource of handler.candidates(call, filter)) if (test(resource)) yield { handler, resource };
  }
}

/** Over several kinds, an attribute that one of them does not have is no mistake: it has no value there (RFC 7644 §3.4.2.1). */
function testFor(kind: Kind, filter: Filter, several: boolean): Test | undefined {
  try {
    return testOf(kind, filter);
  } catch (error) {
    if (several && error instanceof ScimFault) return undefined;
    throw error;
  }
}

/** All of each kind, one kind after the other: a client that reads everything page by page reads everybody once. */
async function plainPage(call: ScimCall, handlers: readonly KindHandler[], query: Query): Promise<{ total: number; page: Hit[] }> {
  const page: Hit[] = [];
  let total = 0;
  for (const handler of handlers) {
    const skip = Math.max(0, query.startIndex - 1 - total);
    const found = await handler.page(call, { skip, limit: query.count - page.length });
    page.push(...found.resources.map((resource) => ({ handler, resource })));
    total += found.total;
  }
  return { total, page };
}

async function firstPage(call: ScimCall, handlers: readonly KindHandler[], query: Query): Promise<{ total: number; page: Hit[] }> {
  if (query.filter === undefined) return plainPage(call, handlers, query);
  const page: Hit[] = [];
  let total = 0;
  for await (const hit of hits(call, handlers, query)) if (++total >= query.startIndex && page.length < query.count) page.push(hit);
  return { total, page };
}

async function sortedPage(call: ScimCall, handlers: readonly KindHandler[], query: Query): Promise<{ total: number; page: Hit[] }> {
  const all: (Hit & { key: string | undefined })[] = [];
  const sortBy = query.sortBy ?? "";
  if (!handlers.some(({ kind }) => find(kind, sortBy))) throw new ScimFault(400, "invalidValue", `sortBy: nothing has ${sortBy}`);
  for await (const hit of hits(call, handlers, query)) {
    if (all.length === MOST_SORTED)
      throw new ScimFault(400, "tooMany", `more than ${MOST_SORTED} results cannot be sorted: narrow the filter`);
    all.push({ ...hit, key: sortKey(hit.handler.kind, hit.resource, sortBy) });
  }
  // Whoever has no value comes last, and first in descending order (RFC 7644 §3.4.2.3).
  all.sort((a, b) => (a.key === b.key ? 0 : a.key === undefined ? 1 : b.key === undefined ? -1 : a.key < b.key ? -1 : 1));
  if (query.descending) all.reverse();
  return { total: all.length, page: all.slice(query.startIndex - 1, query.startIndex - 1 + query.count) };
}

/** Of several values the primary one, or the first. */
function sortKey(kind: Kind, resource: Resource, path: string): string | undefined {
  const found = find(kind, path);
  if (found?.is !== "attribute") return undefined;
  const whole = valuesOf(resource, { ...found, sub: undefined });
  const value = whole.find((one) => isObject(one) && one["primary"] === true) ?? whole[0];
  const leaf = isObject(value) ? value[found.sub?.name ?? "value"] : value;
  if (leaf === undefined) return undefined;
  return (found.sub ?? found.attribute).config.caseExact ? String(leaf) : String(leaf).normalize("NFKC").toLowerCase();
}

/** What the routes, searches and bulk requests need of a kind of resource. */
import type { Caller } from "../../flows/management/outcome.ts";
import type { AppDeps } from "../app.ts";
import type { Filter } from "./filter.ts";
import type { Shape } from "./project.ts";
import type { Kind, Resource } from "./schemas.ts";

/** Of one request: nothing of it outlives the answer, so that two sources, or two orgs in one process, cannot mix. */
export interface ScimCall {
  deps: AppDeps;
  /** The token. */
  caller: Caller;
  source: string;
  /** URL of `/scim/v2`. */
  base: string;
}

export interface KindHandler {
  kind: Kind;
  create(call: ScimCall, body: Resource): Promise<Resource>;
  /** @param shape what will be left of it: what nobody asks for need not be read. */
  read(call: ScimCall, id: string, shape: Shape): Promise<Resource>;
  replace(call: ScimCall, id: string, body: Resource): Promise<Resource>;
  /** Undefined where the answer would be large and nobody asked for it. */
  patch(call: ScimCall, id: string, body: Resource, shape: Shape): Promise<Resource | undefined>;
  remove(call: ScimCall, id: string): Promise<void>;
  /**
   * Every resource that the filter can be true of: few where an index answers, else all of the source, a page at a time. Without what is
   * costly, unless the filter asks for it.
   */
  candidates(call: ScimCall, filter: Filter | undefined): AsyncIterable<Resource>;
  /** Of all that there are, those behind the first `skip` in the order of the candidates, and how many there are: only these are read. */
  page(call: ScimCall, page: { skip: number; limit: number }): Promise<{ total: number; resources: Resource[] }>;
  /** Adds to a candidate what its shape leaves. */
  finish(call: ScimCall, resource: Resource, shape: Shape): Promise<Resource>;
}

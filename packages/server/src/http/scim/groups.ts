/** Groups of the caller's source: read, written and found; a change of members touches only those who are named. */
import { createHash } from "node:crypto";
import {
  changeSourceGroup,
  createSourceGroup,
  type DirectMembers,
  deleteSourceGroup,
  directMembers,
  findSourceGroup,
} from "../../flows/management/scim-groups.ts";
import type { Tx } from "../../flows/store.ts";
import type { GroupRow } from "../../flows/store-directory.ts";
import { orFault } from "./fault.ts";
import type { Filter } from "./filter.ts";
import { groupIn } from "./group-in.ts";
import { patchGroup } from "./group-patch.ts";
import { asksFor, type Key, keyIn } from "./key-in.ts";
import type { KindHandler, ScimCall } from "./kind-handler.ts";
import { readOperations } from "./patch.ts";
import { WHOLE, wants } from "./project.ts";
import { GROUP, GROUPS, isObject, type Resource } from "./schemas.ts";
import { judgeId } from "./users.ts";

const PAGE = 200;

export const groupHandler: KindHandler = {
  kind: GROUPS,

  async create(call, body) {
    const { name, externalId, members } = groupIn(body);
    const row = orFault(await createSourceGroup(call.deps.store, call.caller, call.source, { name, externalId }, members ?? []));
    return groupHandler.finish(call, groupResource(row, call.base), WHOLE);
  },

  async read(call, id, shape) {
    const row = orFault(await call.deps.store.read((tx) => findSourceGroup(tx, call.source, id)));
    return groupHandler.finish(call, groupResource(row, call.base), shape);
  },

  async replace(call, id, body) {
    orFault(await call.deps.store.read((tx) => findSourceGroup(tx, call.source, id)));
    judgeId(body, id);
    const { name, externalId, members = [] } = groupIn(body);
    const change = { name, ...(externalId === undefined ? {} : { externalId }) };
    const all = { whole: true, add: members, remove: [] };
    const row = orFault(await changeSourceGroup(call.deps.store, call.caller, call.source, id, change, all));
    return groupHandler.finish(call, groupResource(row, call.base), WHOLE);
  },

  async patch(call, id, body, shape) {
    const operations = readOperations(body);
    const before = orFault(await call.deps.store.read((tx) => findSourceGroup(tx, call.source, id)));
    const read = async () => membersOf(await directMembers(call.deps.store, id), call.base);
    const { change, members } = await patchGroup(id, groupResource(before, call.base), operations, read);
    const row = orFault(await changeSourceGroup(call.deps.store, call.caller, call.source, id, change, members));
    // All its members in every answer would make adding ten thousand, one by one, a matter of hours (RFC 7644 §3.5.2 allows 204).
    return shape.attributes === undefined ? undefined : groupHandler.finish(call, groupResource(row, call.base), shape);
  },

  async remove(call, id) {
    orFault(await deleteSourceGroup(call.deps.store, call.caller, call.source, id));
  },

  async *candidates(call, filter) {
    const costly = asksFor(GROUPS, filter, "members");
    for await (const row of rows(call, filter)) {
      const resource = groupResource(row, call.base);
      yield costly ? await groupHandler.finish(call, resource, WHOLE) : resource;
    }
  },

  async page(call, page) {
    const { total, rows } = await call.deps.store.read((tx) => tx.groups.pageOfSource(call.source, page));
    return { total, resources: rows.map((row) => groupResource(row, call.base)) };
  },

  async finish(call, resource, shape) {
    if (!wants(GROUPS, shape, "members") || resource["members"] !== undefined) return resource;
    const members = membersOf(await directMembers(call.deps.store, String(resource["id"])), call.base);
    const { meta, ...rest } = resource;
    const whole = { ...rest, ...(members.length > 0 ? { members } : {}) };
    // A version is told of what was read whole only: the members belong to it.
    const version = `W/"${createHash("sha256").update(JSON.stringify(whole)).digest("base64url").slice(0, 16)}"`;
    return { ...whole, meta: { ...(isObject(meta) ? meta : {}), version } };
  },
};

function groupResource({ id, name, externalId, created }: GroupRow, base: string): Resource {
  const meta = { resourceType: "Group", created: new Date(created).toISOString(), location: `${base}/Groups/${encodeURIComponent(id)}` };
  return { schemas: [GROUP], id, ...(externalId === id ? {} : { externalId }), displayName: name, meta };
}

function membersOf({ users, groups }: DirectMembers, base: string): Resource[] {
  return [
    ...users.map((id) => ({ value: id, $ref: `${base}/Users/${id}`, type: "User" })),
    ...groups.map(({ id, name }) => ({ value: id, $ref: `${base}/Groups/${id}`, type: "Group", display: name })),
  ];
}

async function* rows(call: ScimCall, filter: Filter | undefined): AsyncIterable<GroupRow> {
  const { store } = call.deps;
  const key = keyIn(GROUPS, filter, ["id", "displayName", "externalId"]);
  if (key) {
    const row = await store.read((tx) => byKey(tx, call.source, key));
    if (row) yield row;
    return;
  }
  for (
    let after: string | undefined, page: GroupRow[] | undefined;
    page === undefined || page.length === PAGE;
    after = page.at(-1)?.externalId ?? undefined
  ) {
    page = await store.read((tx) => tx.groups.ofSource(call.source, { limit: PAGE, after }));
    yield* page;
  }
}

async function byKey(tx: Tx, source: string, { attribute, value }: Key): Promise<GroupRow | undefined> {
  if (attribute === "externalId") return tx.groups.byExternalId(source, value);
  const group = await (attribute === "displayName" ? tx.groups.byName(value.trim()) : tx.groups.byId(value));
  return group?.source === source ? group : undefined;
}

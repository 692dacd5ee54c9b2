/** Users of the caller's source: read, written and found. */
import {
  changePerson,
  createPerson,
  deletePerson,
  findPerson,
  isGone,
  pageOfPeople,
  personByExternalId,
  personByLogin,
} from "../../flows/management/scim-people.ts";
import type { Tx } from "../../flows/store.ts";
import type { UserRow } from "../../flows/store-directory.ts";
import { orFault, ScimFault } from "./fault.ts";
import type { Filter } from "./filter.ts";
import { asksFor, type Key, keyIn } from "./key-in.ts";
import type { KindHandler, ScimCall } from "./kind-handler.ts";
import { applyPatch, readOperations } from "./patch.ts";
import { WHOLE, wants } from "./project.ts";
import { coerce, type Resource, USERS } from "./schemas.ts";
import { keepUnspoken, ownResource, type Person, personIn, profileDifference, userResource } from "./user-resource.ts";

/** People of one reading: no statement holds the others up. */
const PAGE = 200;

export const userHandler: KindHandler = {
  kind: USERS,

  async create(call, body) {
    const { profile, externalId, active = true } = personIn(coerce(USERS, body));
    const row = orFault(await createPerson(call.deps, call.caller, call.source, { profile, externalId, active }));
    return userHandler.finish(call, userResource(row, call.base), WHOLE);
  },

  async read(call, id, shape) {
    const row = orFault(await call.deps.store.read((tx) => findPerson(tx, call.source, id)));
    return userHandler.finish(call, userResource(row, call.base), shape);
  },

  async replace(call, id, body) {
    const before = orFault(await call.deps.store.read((tx) => findPerson(tx, call.source, id)));
    judgeId(body, id);
    const person = personIn(coerce(USERS, body));
    return write(call, before, { ...person, profile: keepUnspoken(person, before.profile, body) });
  },

  async patch(call, id, body) {
    const operations = readOperations(body);
    const before = orFault(await call.deps.store.read((tx) => findPerson(tx, call.source, id)));
    // The state stands in it only if an operation says something of it: whoever is held back must not be deactivated by a new title.
    const { active: _, ...own } = ownResource(before);
    return write(call, before, personIn(coerce(USERS, applyPatch(USERS, id, own, operations))));
  },

  async remove(call, id) {
    orFault(await deletePerson(call.deps, call.caller, call.source, id));
  },

  async *candidates(call, filter) {
    const costly = asksFor(USERS, filter, "groups");
    for await (const row of rows(call, filter)) {
      const resource = userResource(row, call.base);
      yield costly ? await userHandler.finish(call, resource, WHOLE) : resource;
    }
  },

  async page(call, page) {
    const { total, rows } = await call.deps.store.read((tx) => pageOfPeople(tx, call.source, page));
    return { total, resources: rows.map((row) => userResource(row, call.base)) };
  },

  async finish(call, resource, shape) {
    if (!wants(USERS, shape, "groups") || resource["groups"] !== undefined) return resource;
    const { source, base } = call;
    const groups = await call.deps.store.read(async (tx) => {
      const id = String(resource["id"]);
      const direct = new Set((await tx.groups.directOfUser(id)).map((group) => group.id));
      const all = await tx.groups.ofUser(id);
      // Groups of others are not this source's to know.
      return all
        .filter((group) => group.source === source)
        .map((group) => ({ ...group, type: direct.has(group.id) ? "direct" : "indirect" }));
    });
    if (groups.length === 0) return resource;
    const { meta, ...rest } = resource;
    return {
      ...rest,
      groups: groups.map(({ id, name, type }) => ({ value: id, $ref: `${base}/Groups/${id}`, display: name, type })),
      meta,
    };
  },
};

/** RFC 7644 §3.12 has this very answer as its example. */
export function judgeId(body: Resource, id: string): void {
  const given = Object.entries(body).find(([key]) => key.toLowerCase() === "id")?.[1];
  if (given !== undefined && given !== null && given !== id) throw new ScimFault(400, "mutability", "Attribute 'id' is readOnly");
}

async function write(call: ScimCall, before: UserRow, { profile, externalId, active }: Person): Promise<Resource> {
  const change = {
    profile: profileDifference(before.profile, profile),
    externalId: externalId === before.externalId ? undefined : externalId,
    active,
  };
  const row = orFault(await changePerson(call.deps, call.caller, call.source, before.id, change));
  return userHandler.finish(call, userResource(row, call.base), WHOLE);
}

async function* rows(call: ScimCall, filter: Filter | undefined): AsyncIterable<UserRow> {
  const { store } = call.deps;
  const key = keyIn(USERS, filter, ["id", "userName", "externalId"]);
  if (key) {
    const row = await store.read((tx) => byKey(tx, call.source, key));
    if (row) yield row;
    return;
  }
  for (
    let after: string | undefined, page: UserRow[] | undefined;
    page === undefined || page.length === PAGE;
    after = page.at(-1)?.externalId
  ) {
    page = await store.read((tx) => tx.users.ofSource(call.source, { limit: PAGE, after }));
    yield* page.filter((row) => !isGone(row));
  }
}

async function byKey(tx: Tx, source: string, { attribute, value }: Key): Promise<UserRow | undefined> {
  if (attribute === "userName") return personByLogin(tx, source, value);
  if (attribute === "externalId") return personByExternalId(tx, source, value);
  const found = await findPerson(tx, source, value);
  return found.kind === "done" ? found.value : undefined;
}

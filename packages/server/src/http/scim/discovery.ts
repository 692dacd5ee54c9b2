/** What a client may ask of this server before it does anything: its configuration, kinds of resources and their schemas (RFC 7644 §4). */
import { Messages, Schemas } from "scimmy";
import { ScimFault } from "./fault.ts";
import { KINDS, type Kind, type Resource } from "./schemas.ts";
import { MOST_RESULTS } from "./search.ts";

/** Bytes of any body. */
export const BODY_BYTES = 1 << 20;
export const MOST_OPERATIONS = 1000;

export function serviceProviderConfig(base: string): Resource {
  const yes = { supported: true };
  return {
    schemas: [Schemas.ServiceProviderConfig.definition.id],
    patch: yes,
    bulk: { ...yes, maxOperations: MOST_OPERATIONS, maxPayloadSize: BODY_BYTES },
    filter: { ...yes, maxResults: MOST_RESULTS },
    changePassword: { supported: false },
    sort: yes,
    etag: yes,
    authenticationSchemes: [
      {
        type: "oauthbearertoken",
        name: "Token of a SCIM source",
        description: "Authorization: Bearer TOKEN, as `sallyport token add NAME --scim SOURCE` makes it",
        specUri: "https://www.rfc-editor.org/info/rfc6750",
        primary: true,
      },
    ],
    meta: { resourceType: "ServiceProviderConfig", location: `${base}/ServiceProviderConfig` },
  };
}

export function resourceTypes(base: string): Resource[] {
  return KINDS.map((kind) => resourceType(kind, base));
}

function resourceType({ name, endpoint, definition, extensions }: Kind, base: string): Resource {
  return {
    schemas: [Schemas.ResourceType.definition.id],
    id: name,
    name,
    endpoint,
    description: definition.description,
    schema: definition.id,
    ...(extensions.length > 0 ? { schemaExtensions: extensions.map(({ id }) => ({ schema: id, required: false })) } : {}),
    meta: { resourceType: "ResourceType", location: `${base}/ResourceTypes/${name}` },
  };
}

export function schemas(base: string): Resource[] {
  const definitions = KINDS.flatMap(({ definition, extensions }) => [definition, ...extensions]);
  return definitions.map((definition) => JSON.parse(JSON.stringify(definition.describe(`${base}/Schemas`))) as Resource);
}

/** A filter could show more than there is; RFC 7644 §4 has it refused. */
export function listOf(all: Resource[], query: Resource): Resource {
  if (query["filter"] !== undefined) throw new ScimFault(403, undefined, "these cannot be filtered");
  return { schemas: [Messages.ListResponse.id], totalResults: all.length, startIndex: 1, itemsPerPage: all.length, Resources: all };
}

export function oneOf(all: Resource[], id: string): Resource {
  const found = all.find((one) => String(one["id"]).toLowerCase() === id.toLowerCase());
  if (!found) throw new ScimFault(404, undefined, `there is no ${id}`);
  return found;
}

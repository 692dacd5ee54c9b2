/** Which attributes of RFC 7643 are kept here, as scimmy defines them, and how a path finds one. */
/*
 * scimmy keeps handlers, resource types and settings for the whole process. None of them is used: this takes its definitions of
 * attributes and its check of values only, reads them and changes none, so that two orgs in one process share nothing that can differ.
 */
import { Schemas, Types } from "scimmy";
import { ScimFault } from "./fault.ts";

const { Attribute, SchemaDefinition } = Types;
export type Attribute = InstanceType<typeof Types.Attribute>;
type Definition = InstanceType<typeof Types.SchemaDefinition>;

/** A resource as JSON, with the names of attributes as the schema spells them. */
export type Resource = Record<string, unknown>;

export const USER = Schemas.User.definition.id;
export const GROUP = Schemas.Group.definition.id;
export const ENTERPRISE = Schemas.EnterpriseUser.definition.id;
/** Names by which Windows knows a person; the form of the URN is what Entra ID asks of a custom schema. */
export const SALLYPORT = "urn:ietf:params:scim:schemas:extension:sallyport:2.0:User";

export interface Kind {
  name: "User" | "Group";
  endpoint: "/Users" | "/Groups";
  definition: Definition;
  extensions: readonly Definition[];
  /** What RFC 7643 defines: an attribute that is not kept is passed over, and only one that nobody knows is a mistake. */
  known: readonly Definition[];
}

export type Found =
  | { is: "extension"; extension: string }
  | { is: "attribute"; extension: string | undefined; attribute: Attribute; sub: Attribute | undefined }
  /** Of the standard, but not kept here. */
  | { is: "ignored" };

/** Of each complex attribute the parts that are kept; an empty list keeps all. */
const USER_ATTRIBUTES: Record<string, readonly string[]> = {
  userName: [],
  name: ["formatted", "familyName", "givenName"],
  displayName: [],
  title: [],
  userType: [],
  locale: [],
  active: [],
  emails: ["value", "type", "primary"],
  addresses: ["locality", "region", "country", "type", "primary"],
  groups: [],
};
const ENTERPRISE_ATTRIBUTES = { employeeNumber: [], costCenter: [], organization: [], division: [], department: [] };

const windowsNames = new SchemaDefinition("SallyportUser", SALLYPORT, "Names by which Windows knows the user", [
  new Attribute("string", "samAccountName", { description: "Short Windows name, such as alice." }),
  new Attribute("string", "domain", { description: "Domain of the short name, such as CORP." }),
  new Attribute("string", "userPrincipalName", { description: "Such as alice@corp.example." }),
  new Attribute("string", "sid", { description: "Security identifier, such as S-1-5-21-…; it wins over any name." }),
]);

export const USERS: Kind = kindOf("User", "/Users", Schemas.User.definition, USER_ATTRIBUTES, [
  kept(Schemas.EnterpriseUser.definition, ENTERPRISE_ATTRIBUTES),
  windowsNames,
]);
export const GROUPS: Kind = kindOf("Group", "/Groups", Schemas.Group.definition, { displayName: [], members: [] }, []);
export const KINDS: readonly Kind[] = [USERS, GROUPS];

function kindOf(
  name: Kind["name"],
  endpoint: Kind["endpoint"],
  whole: Definition,
  attributes: Record<string, readonly string[]>,
  extensions: Definition[],
): Kind {
  const definition = kept(whole, attributes);
  for (const extension of extensions) definition.extend(extension);
  return { name, endpoint, definition, extensions, known: name === "User" ? [whole, Schemas.EnterpriseUser.definition] : [whole] };
}

/** A definition of our own with these attributes of another's. */
function kept({ name, id, description, attributes }: Definition, wanted: Record<string, readonly string[]>): Definition {
  const own = attributes.filter((one): one is Attribute => one instanceof Attribute && Object.hasOwn(wanted, one.name));
  return new SchemaDefinition(
    name,
    id,
    description,
    own.map((one) => relaxed(one, wanted[one.name] ?? [])),
  );
}

/** Canonical values are suggestions (RFC 7643 §7): scimmy would refuse an e-mail address of the type `personal`. */
function relaxed({ type, name, config, subAttributes }: Attribute, wanted: readonly string[]): Attribute {
  const parts = (subAttributes ?? []).filter((one) => wanted.length === 0 || wanted.includes(one.name));
  return new Attribute(
    type,
    name,
    { ...config, canonicalValues: false },
    parts.map((one) => relaxed(one, [])),
  );
}

/** Undefined for a name that neither this kind nor the standard knows. Case does not matter (RFC 7643 §2.1). */
export function find(kind: Kind, path: string): Found | undefined {
  const { definition, rest } = split(kind, path);
  if (definition === undefined) return undefined;
  const extension = definition === kind.definition ? undefined : definition.id;
  if (rest === "") return extension === undefined ? undefined : { is: "extension", extension };
  const [name = "", part] = rest.split(".");
  const attribute = named(definition.attributes, name);
  if (attribute) {
    if (part === undefined) return { is: "attribute", extension, attribute, sub: undefined };
    const sub = named(attribute.subAttributes ?? [], part);
    if (sub) return { is: "attribute", extension, attribute, sub };
  }
  const known = kind.known.find(({ id }) => id === definition.id);
  const standard = named(known?.attributes ?? [], name);
  const there = standard !== undefined && (part === undefined || named(standard.subAttributes ?? [], part) !== undefined);
  return there ? { is: "ignored" } : undefined;
}

function split(kind: Kind, path: string): { definition: Definition | undefined; rest: string } {
  const lower = path.toLowerCase();
  if (!lower.startsWith("urn:")) return { definition: kind.definition, rest: path };
  const definition = [kind.definition, ...kind.extensions].find(({ id }) => `${lower}:`.startsWith(`${id.toLowerCase()}:`));
  return { definition, rest: definition === undefined ? "" : path.slice(definition.id.length + 1) };
}

function named(attributes: readonly unknown[], name: string): Attribute | undefined {
  const lower = name.toLowerCase();
  return attributes.find((one): one is Attribute => one instanceof Attribute && one.name.toLowerCase() === lower);
}

/**
 * A body as this kind knows it: names as the schema spells them, values of its types, nothing that is not kept. Attributes that are
 * read-only are passed over (RFC 7644 §3.5.1). Throws `ScimFault` with `invalidValue`.
 */
export function coerce(kind: Kind, body: Resource): Resource {
  const { schemas, ...rest } = body;
  if (schemas !== undefined && !(Array.isArray(schemas) && schemas.some((id) => id === kind.definition.id)))
    throw new ScimFault(400, "invalidSyntax", `schemas: ${kind.definition.id} is missing`);
  try {
    const plain: Resource = JSON.parse(JSON.stringify(kind.definition.coerce(prepared(kind, rest), "in")));
    const { meta, schemas: _, ...own } = plain;
    return own;
  } catch (error) {
    if (error instanceof TypeError) throw new ScimFault(400, "invalidValue", error.message);
    throw error;
  }
}

/** `null` and an empty list are no value (RFC 7643 §2.5); Entra ID writes booleans as "True" and "False". */
function prepared(kind: Kind, body: Resource): Resource {
  const out: Resource = {};
  for (const [key, value] of Object.entries(body)) {
    const found = find(kind, key);
    if (found?.is === "extension") {
      if (value !== null && !isObject(value)) throw new ScimFault(400, "invalidValue", `${found.extension}: a complex value is expected`);
      if (value !== null) out[found.extension] = preparedParts(kind, value, `${found.extension}:`);
    } else if (found?.is === "attribute") {
      const { extension, attribute, sub } = found;
      const name = `${extension === undefined ? "" : `${extension}:`}${attribute.name}${sub === undefined ? "" : `.${sub.name}`}`;
      const ready = preparedValue(sub ?? attribute, value);
      if (ready !== undefined) out[name] = ready;
    }
  }
  return out;
}

function preparedParts(kind: Kind, body: Resource, prefix: string): Resource {
  const entries = Object.entries(body).flatMap(([key, value]) => {
    const found = find(kind, `${prefix}${key}`);
    const ready = found?.is === "attribute" && found.sub === undefined ? preparedValue(found.attribute, value) : undefined;
    return found?.is === "attribute" && ready !== undefined ? [[found.attribute.name, ready] as const] : [];
  });
  return Object.fromEntries(entries);
}

export function preparedValue(attribute: Attribute, value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) return value.map((one) => preparedValue(attribute, one)).filter((one) => one !== undefined);
  if (attribute.type === "boolean" && typeof value === "string" && /^(?:true|false)$/i.test(value)) return value.toLowerCase() === "true";
  if (attribute.type !== "complex" || !isObject(value)) return value;
  const parts = Object.entries(value).flatMap(([key, inner]) => {
    const sub = named(attribute.subAttributes ?? [], key);
    const ready = sub && preparedValue(sub, inner);
    return sub && ready !== undefined ? [[sub.name, ready] as const] : [];
  });
  return Object.fromEntries(parts);
}

export function isObject(value: unknown): value is Resource {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

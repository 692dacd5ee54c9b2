/** Leaves of a resource what `attributes` or `excludedAttributes` ask for (RFC 7644 §3.9). */
import { ScimFault } from "./fault.ts";
import { type Found, find, isObject, type Kind, type Resource } from "./schemas.ts";

export interface Shape {
  attributes: string[] | undefined;
  excludedAttributes: string[] | undefined;
}

export const WHOLE: Shape = { attributes: undefined, excludedAttributes: undefined };
const MOST = 100;
/** Returned whatever is asked (RFC 7643 §3.1, §7). */
const ALWAYS = ["schemas", "id"];

/** `a,b` in a URL, a list in a body. */
export function readShape(given: { attributes?: unknown; excludedAttributes?: unknown }): Shape {
  return {
    attributes: namesIn(given.attributes, "attributes"),
    excludedAttributes: namesIn(given.excludedAttributes, "excludedAttributes"),
  };
}

function namesIn(value: unknown, what: string): string[] | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const names = typeof value === "string" ? value.split(",") : value;
  if (!Array.isArray(names) || names.some((name) => typeof name !== "string"))
    throw new ScimFault(400, "invalidValue", `${what}: a list of names is expected`);
  if (names.length > MOST) throw new ScimFault(400, "invalidValue", `${what}: more than ${MOST} names`);
  return names.map((name: string) => name.trim()).filter((name) => name !== "");
}

export function project(kind: Kind, resource: Resource, shape: Shape): Resource {
  if (shape.attributes !== undefined) return only(kind, resource, shape.attributes);
  return shape.excludedAttributes === undefined ? resource : without(kind, resource, shape.excludedAttributes);
}

/** False if the shape leaves nothing of this attribute: then it need not be read. */
export function wants(kind: Kind, { attributes, excludedAttributes }: Shape, name: string): boolean {
  const named = (names: string[]) => found(kind, names).some((one) => one.is === "attribute" && one.attribute.name === name);
  if (attributes !== undefined) return named(attributes);
  return (
    excludedAttributes === undefined ||
    !found(kind, excludedAttributes).some((one) => one.is === "attribute" && one.attribute.name === name && !one.sub)
  );
}

/** A name that nobody knows asks for nothing. */
function found(kind: Kind, names: string[]): Found[] {
  return names.flatMap((name) => find(kind, name) ?? []);
}

function only(kind: Kind, resource: Resource, names: string[]): Resource {
  const out: Resource = {};
  for (const name of ALWAYS) if (resource[name] !== undefined) out[name] = resource[name];
  for (const one of found(kind, names)) {
    if (one.is === "extension" && resource[one.extension] !== undefined) out[one.extension] = resource[one.extension];
    if (one.is !== "attribute") continue;
    const { extension, attribute, sub } = one;
    const from = extension === undefined ? resource : resource[extension];
    if (!isObject(from) || from[attribute.name] === undefined) continue;
    const to = extension === undefined ? out : into(out, extension);
    to[attribute.name] = sub === undefined ? from[attribute.name] : merged(to[attribute.name], from[attribute.name], sub.name);
  }
  return out;
}

function into(out: Resource, name: string): Resource {
  const there = out[name];
  if (isObject(there)) return there;
  const made: Resource = {};
  out[name] = made;
  return made;
}

/** What is there already, and this part of each value. */
function merged(there: unknown, from: unknown, sub: string): unknown {
  if (Array.isArray(from)) {
    const before = Array.isArray(there) ? there : [];
    return from.map((value, at) => merged(before[at], value, sub));
  }
  if (!isObject(from)) return there;
  return { ...(isObject(there) ? there : {}), ...(from[sub] === undefined ? {} : { [sub]: from[sub] }) };
}

function without(kind: Kind, resource: Resource, names: string[]): Resource {
  const out: Resource = { ...resource };
  for (const one of found(kind, names)) {
    if (one.is === "extension") delete out[one.extension];
    if (one.is !== "attribute" || ALWAYS.includes(one.attribute.name)) continue;
    const { extension, attribute, sub } = one;
    const home = extension === undefined ? out : isObject(out[extension]) ? { ...out[extension] } : {};
    if (extension !== undefined) out[extension] = home;
    if (sub === undefined) delete home[attribute.name];
    else home[attribute.name] = stripped(home[attribute.name], sub.name);
  }
  return out;
}

function stripped(value: unknown, sub: string): unknown {
  if (Array.isArray(value)) return value.map((one) => stripped(one, sub));
  if (!isObject(value)) return value;
  const { [sub]: _, ...rest } = value;
  return rest;
}

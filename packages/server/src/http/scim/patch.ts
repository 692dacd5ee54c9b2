/** Carries out the operations of a PATCH on a resource in memory (RFC 7644 §3.5.2), as the RFC, Entra ID and Okta write them. */
import { Messages } from "scimmy";
import { ScimFault } from "./fault.ts";
import { type PatchPath, parsePath } from "./filter.ts";
import { testOfValue } from "./match.ts";
import { type Attribute, type Found, find, isObject, type Kind, preparedValue, type Resource } from "./schemas.ts";

export interface Operation {
  op: "add" | "remove" | "replace";
  path: string | undefined;
  value: unknown;
}

const MOST = 1000;

export function readOperations(body: unknown): Operation[] {
  if (!isObject(body)) throw new ScimFault(400, "invalidSyntax", "a PatchOp message is expected");
  const { schemas, Operations: all } = lowered(body);
  if (!Array.isArray(schemas) || !schemas.includes(Messages.PatchOp.id))
    throw new ScimFault(400, "invalidSyntax", `schemas: ${Messages.PatchOp.id} is missing`);
  if (!Array.isArray(all) || all.length === 0)
    throw new ScimFault(400, "invalidSyntax", "Operations: a list with at least one is expected");
  if (all.length > MOST) throw new ScimFault(400, "tooMany", `more than ${MOST} operations`);
  return all.map((one, at) => readOperation(one, `operation ${at + 1}`));
}

/** Names of attributes are case-insensitive in messages too (RFC 7643 §2.1). */
function lowered(body: Resource): { schemas: unknown; Operations: unknown } {
  const of = (name: string) => Object.entries(body).find(([key]) => key.toLowerCase() === name)?.[1];
  return { schemas: of("schemas"), Operations: of("operations") };
}

function readOperation(one: unknown, where: string): Operation {
  if (!isObject(one)) throw new ScimFault(400, "invalidSyntax", `${where}: an object is expected`);
  const op = typeof one["op"] === "string" ? one["op"].toLowerCase() : undefined;
  const { path, value } = one;
  if (op !== "add" && op !== "remove" && op !== "replace")
    throw new ScimFault(400, "invalidSyntax", `${where}: op must be add, remove or replace`);
  if (path !== undefined && path !== null && typeof path !== "string")
    throw new ScimFault(400, "invalidPath", `${where}: path must be a text`);
  const given = path === null || path === "" ? undefined : path;
  if (op === "remove" && given === undefined) throw new ScimFault(400, "noTarget", `${where}: remove needs a path`);
  if (op === "add" && value === undefined) throw new ScimFault(400, "invalidValue", `${where}: add needs a value`);
  return { op, path: given, value };
}

/** One operation at one place. `remove` of RFC 7644 takes no value; Entra ID names the members to remove in one. */
export interface Step {
  op: Operation["op"];
  path: PatchPath;
  found: Found & { is: "attribute" | "extension" };
  value: unknown;
}

/** What is not kept here, or not in anybody's power to change, makes no step; an operation without a path makes one for each key. */
export function stepsOf(kind: Kind, id: string, { op, path, value }: Operation): Step[] {
  if (path !== undefined) {
    const parsed = parsePath(path);
    const found = find(kind, parsed.path);
    if (!found) throw new ScimFault(400, "invalidPath", `a ${kind.name} has no ${parsed.path}`);
    if (found.is === "attribute" && found.attribute.name === "schemas") return [];
    judgeMutable(found, id, value);
    if (found.is === "ignored") return [];
    const sub = parsed.sub === undefined ? found : find(kind, `${parsed.path}.${parsed.sub}`);
    if (!sub) throw new ScimFault(400, "invalidPath", `${parsed.path} has no ${parsed.sub}`);
    return sub.is === "ignored" ? [] : [{ op, path: parsed, found, value }];
  }
  if (!isObject(value)) throw new ScimFault(400, "invalidValue", "without a path the value must be an object");
  return Object.entries(value).flatMap(([key, one]): Step[] => {
    const parsed = isPath(key) ? parsePath(key) : undefined;
    const found = parsed && find(kind, parsed.path);
    // As in a body of POST or PUT: what is not known or read-only is passed over (RFC 7644 §3.5.1); another id is not.
    if (!parsed || !found || found.is === "ignored") return [];
    if (found.is === "attribute" && found.attribute.config.mutable !== true) {
      if (found.attribute.name === "id") judgeMutable(found, id, one);
      return [];
    }
    return found.is === "attribute" && found.attribute.name === "schemas" ? [] : [{ op, path: parsed, found, value: one }];
  });
}

/** Okta sends the id along; the same one changes nothing. */
function judgeMutable(found: Found, id: string, value: unknown): void {
  if (found.is !== "attribute" || found.attribute.config.mutable === true) return;
  if (found.attribute.name === "id" && value === id) return;
  throw new ScimFault(400, "mutability", `Attribute '${found.attribute.name}' is readOnly`);
}

const isPath = (key: string) => key.length <= 8192 && /^[\w$:.[\]()"@ -]+$/.test(key);

export function applyPatch(kind: Kind, id: string, before: Resource, operations: readonly Operation[]): Resource {
  const resource = structuredClone(before);
  for (const operation of operations) for (const step of stepsOf(kind, id, operation)) applyStep(kind, resource, step);
  return resource;
}

function applyStep(kind: Kind, resource: Resource, { op, path, found, value }: Step): void {
  if (found.is === "extension") {
    if (op === "remove") delete resource[found.extension];
    else merge(homeOf(resource, found.extension), value);
    return;
  }
  const { extension, attribute, sub } = found;
  const home = homeOf(resource, extension);
  const ready = preparedValue(sub ?? attribute, value);
  // A value of null takes away (RFC 7643 §2.5).
  const way = op === "replace" && ready === undefined ? "remove" : op;
  if (way === "remove" && attribute.config.required && !sub && !path.part)
    throw new ScimFault(400, "mutability", `Attribute '${attribute.name}' is required`);
  if (path.part !== undefined) applyWithin(kind, home, attribute, path, way, value);
  else if (sub !== undefined) applyToPart(home, attribute, sub, way, ready);
  else if (way === "remove") removeValues(home, attribute, value);
  else if (attribute.config.multiValued) setValues(home, attribute, way, listOf(ready));
  else if (attribute.type === "complex") merge(partOf(home, attribute.name), ready);
  else home[attribute.name] = ready;
}

function homeOf(resource: Resource, extension: string | undefined): Resource {
  return extension === undefined ? resource : partOf(resource, extension);
}

function partOf(home: Resource, name: string): Resource {
  const there = home[name];
  if (isObject(there)) return there;
  const made: Resource = {};
  home[name] = made;
  return made;
}

function merge(target: Resource, value: unknown): void {
  if (!isObject(value)) throw new ScimFault(400, "invalidValue", "a complex value is expected");
  for (const [key, one] of Object.entries(value)) {
    const name = Object.keys(target).find((known) => known.toLowerCase() === key.toLowerCase()) ?? key;
    if (one === null) delete target[name];
    else target[name] = one;
  }
}

/** `name.familyName`, or a part of every value: `emails.type`. */
function applyToPart(home: Resource, attribute: Attribute, sub: Attribute, op: Operation["op"], value: unknown): void {
  const there = listOf(home[attribute.name]).filter(isObject);
  if (op === "remove") {
    for (const one of there) delete one[sub.name];
    return;
  }
  if (!attribute.config.multiValued) partOf(home, attribute.name)[sub.name] = value;
  else if (there.length === 0) home[attribute.name] = [{ [sub.name]: value }];
  else for (const one of there) one[sub.name] = value;
}

/** `emails[type eq "work"]`, and a part of it. */
function applyWithin(
  kind: Kind,
  home: Resource,
  attribute: Attribute,
  { path, part, sub: name }: PatchPath,
  op: Operation["op"],
  value: unknown,
): void {
  if (part === undefined) return;
  const sub = name === undefined ? undefined : (attribute.subAttributes ?? []).find((one) => one.name.toLowerCase() === name.toLowerCase());
  const test = testOfValue(kind, path, part);
  const all = listOf(home[attribute.name]).filter(isObject);
  const hit = all.filter(test);
  if (op === "remove") {
    if (sub) for (const one of hit) delete one[sub.name];
    else home[attribute.name] = all.filter((one) => !hit.includes(one));
    return;
  }
  if (hit.length === 0) {
    if (op === "replace") throw new ScimFault(400, "noTarget", `no value of ${attribute.name} is meant by this filter`);
    // Entra ID adds emails[type eq "work"].value to somebody who has none: the filter says what the new value is like.
    if (part.op === "eq") hit.push({ [part.path]: part.value });
    else throw new ScimFault(400, "noTarget", `no value of ${attribute.name} is meant by this filter`);
    home[attribute.name] = [...all, ...hit];
  }
  const ready = preparedValue(sub ?? attribute, value);
  for (const one of hit) {
    if (sub) one[sub.name] = ready;
    else merge(one, listOf(ready)[0]);
    if (one["primary"] === true) onlyPrimary(home, attribute, one);
  }
}

function removeValues(home: Resource, attribute: Attribute, value: unknown): void {
  const given = listOf(preparedValue(attribute, value));
  if (!attribute.config.multiValued || given.length === 0) delete home[attribute.name];
  else home[attribute.name] = listOf(home[attribute.name]).filter((one) => !given.some((other) => sameValue(one, other)));
}

function setValues(home: Resource, attribute: Attribute, op: "add" | "replace", values: unknown[]): void {
  const before = op === "add" ? listOf(home[attribute.name]) : [];
  const fresh = values.filter((value) => !before.some((one) => sameValue(one, value, true)));
  home[attribute.name] = [...before, ...fresh];
  const primary = fresh.filter(isObject).findLast((value) => value["primary"] === true);
  if (op === "add" && primary) onlyPrimary(home, attribute, primary);
}

/** A new primary value takes the place of the one before (RFC 7644 §3.5.2). */
function onlyPrimary(home: Resource, attribute: Attribute, primary: Resource): void {
  for (const one of listOf(home[attribute.name]).filter(isObject)) if (one !== primary && one["primary"] === true) one["primary"] = false;
}

/** By its `value` if it has one, else by all its parts. */
function sameValue(one: unknown, other: unknown, whole = false): boolean {
  if (!isObject(one) || !isObject(other)) return one === other;
  if (!whole && other["value"] !== undefined) return one["value"] === other["value"];
  return (
    Object.entries(other).every(([key, value]) => one[key] === value) && (!whole || Object.keys(one).length === Object.keys(other).length)
  );
}

function listOf(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

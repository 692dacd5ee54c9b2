/** Says of a resource whether a filter is true of it (RFC 7644 §3.4.2.2). */
import { ScimFault } from "./fault.ts";
import type { Compared, Comparison, Filter } from "./filter.ts";
import { type Attribute, type Found, find, isObject, type Kind, type Resource } from "./schemas.ts";

export type Test = (resource: Resource) => boolean;

/** Throws `invalidFilter` for an attribute that nobody knows and for a comparison that its type does not have. */
export function testOf(kind: Kind, filter: Filter): Test {
  return compile(filter, (path) => reader(kind, path));
}

/** The same of one value of a complex attribute: `type eq "work"` in `emails[…]`. @param path of the attribute. */
export function testOfValue(kind: Kind, path: string, filter: Filter): Test {
  return compile(filter, (name) => {
    const found = name.includes(":") ? undefined : find(kind, `${path}.${name}`);
    if (found === undefined) throw new ScimFault(400, "invalidFilter", `${path} has no ${name}`);
    const sub = found.is === "attribute" ? found.sub : undefined;
    return { attribute: sub, within: undefined, values: (value) => (sub ? listOf(value[sub.name]) : []) };
  });
}

interface Read {
  /** Undefined for what is not kept: it has no value. */
  attribute: Attribute | undefined;
  /** Tests one value of it; undefined for what has no parts. */
  within: ((filter: Filter) => Test) | undefined;
  values(resource: Resource): unknown[];
}

function compile(filter: Filter, readerOf: (path: string) => Read): Test {
  switch (filter.op) {
    case "and":
    case "or": {
      const tests = filter.parts.map((part) => compile(part, readerOf));
      return filter.op === "and" ? (one) => tests.every((test) => test(one)) : (one) => tests.some((test) => test(one));
    }
    case "not": {
      const test = compile(filter.part, readerOf);
      return (one) => !test(one);
    }
    case "within": {
      const { attribute, within, values } = readerOf(filter.path);
      if (!attribute) return () => false;
      if (attribute.type !== "complex" || !within) throw new ScimFault(400, "invalidFilter", `${filter.path} has no parts`);
      const test = within(filter.part);
      return (one) => values(one).some((value) => isObject(value) && test(value));
    }
    case "pr": {
      const { values } = readerOf(filter.path);
      return (one) => values(one).some((value) => value !== "" && !(isObject(value) && Object.keys(value).length === 0));
    }
    default:
      return comparison(filter, readerOf(filter.path));
  }
}

function comparison({ op, path, value }: { op: Comparison; path: string; value: Compared }, { attribute, values }: Read): Test {
  if (value === null) {
    if (op !== "eq" && op !== "ne") throw new ScimFault(400, "invalidFilter", `${path} ${op} null: only eq and ne can be asked of null`);
    return (one) => (values(one).length === 0) === (op === "eq");
  }
  if (!attribute) return () => op === "ne";
  // `emails co "…"` asks the values of the e-mail addresses.
  const leaf = attribute.type === "complex" ? attribute.subAttributes?.find(({ name }) => name === "value") : attribute;
  if (!leaf) throw new ScimFault(400, "invalidFilter", `${path}: name a part of it, such as ${path}.${attribute.subAttributes?.[0]?.name}`);
  const test = leafTest(leaf, op === "ne" ? "eq" : op, value, path);
  const some = (one: Resource) => values(one).some((held) => test(leaf === attribute ? held : (held as Resource)[leaf.name]));
  return op === "ne" ? (one) => !some(one) : some;
}

function leafTest(leaf: Attribute, op: Comparison, value: string | number | boolean, path: string): (held: unknown) => boolean {
  const refuse = (what: string): never => {
    throw new ScimFault(400, "invalidFilter", `${path} ${op}: ${what}`);
  };
  if (leaf.type === "boolean") {
    const wanted = typeof value === "string" ? value.toLowerCase() : String(value);
    if (op !== "eq") return refuse("a boolean is asked by eq and ne only");
    if (wanted !== "true" && wanted !== "false") return refuse("true or false is expected");
    return (held) => String(held) === wanted;
  }
  if (typeof value !== "string") return refuse("a text is expected");
  if (leaf.type === "dateTime") {
    const wanted = Date.parse(value);
    if (Number.isNaN(wanted)) return refuse("a time such as 2011-05-13T04:42:34Z is expected");
    return (held) => typeof held === "string" && compared(op, Date.parse(held), wanted);
  }
  const folded = leaf.config.caseExact ? (text: string) => text : (text: string) => text.normalize("NFKC").toLowerCase();
  const wanted = folded(value);
  return (held) => typeof held === "string" && compared(op, folded(held), wanted);
}

function compared<T extends string | number>(op: Comparison, held: T, wanted: T): boolean {
  if (op === "gt") return held > wanted;
  if (op === "ge") return held >= wanted;
  if (op === "lt") return held < wanted;
  if (op === "le") return held <= wanted;
  if (op === "eq") return held === wanted;
  if (typeof held !== "string" || typeof wanted !== "string") return false;
  return op === "co" ? held.includes(wanted) : op === "sw" ? held.startsWith(wanted) : held.endsWith(wanted);
}

function reader(kind: Kind, path: string): Read {
  const found = find(kind, path);
  if (found === undefined) throw new ScimFault(400, "invalidFilter", `a ${kind.name} has no ${path}`);
  if (found.is === "attribute") {
    const within = found.sub ? undefined : (part: Filter) => testOfValue(kind, path, part);
    return { attribute: found.sub ?? found.attribute, within, values: (resource) => valuesOf(resource, found) };
  }
  const values = (resource: Resource) => (found.is === "extension" ? listOf(resource[found.extension]) : []);
  return { attribute: undefined, within: undefined, values };
}

/** Every value that stands at this path, of however many. */
export function valuesOf(resource: Resource, { extension, attribute, sub }: Found & { is: "attribute" }): unknown[] {
  const home = extension === undefined ? resource : resource[extension];
  const values = isObject(home) ? listOf(home[attribute.name]) : [];
  return sub === undefined ? values : values.flatMap((value) => (isObject(value) ? listOf(value[sub.name]) : []));
}

function listOf(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** What a schema says of a value that does not fit, in plain words: what belongs there, never the value, which may be a secret. */
import * as z from "zod";

type Issue = z.core.$ZodRawIssue;

const KINDS: Record<string, string> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  bigint: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  null: "null",
  date: "a time",
  nan: "a number",
};

const FORMATS: Record<string, string> = {
  datetime: "a time of ISO 8601 such as 2026-05-06T03:00:00Z",
  date: "a date such as 2026-05-06",
  time: "a time of day such as 03:00",
  duration: "a duration of ISO 8601 such as PT15M",
  email: "a mail address",
  url: "a URL",
  ipv4: "an IPv4 address",
  ipv6: "an IPv6 address",
  cidrv4: "an IPv4 network such as 203.0.113.0/24",
  cidrv6: "an IPv6 network such as 2001:db8::/32",
  base64: "base64",
  base64url: "base64url",
  jwt: "a signed token",
};

/** A pattern without a sentence of its own. What people write should have one. */
export const UNWORDED_FORM = "has not the form that belongs here";

/** From now on every schema of this process says so, where it has no words of its own. To be called once by each program. */
export function wordSchemas(): void {
  z.config({ localeError: wordIssue });
}

/** Follows the path of what it is about: `profile.login: is missing`. */
export function wordIssue(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? `is missing: ${kindOf(issue.expected)}` : `must be ${kindOf(issue.expected)}`;
    case "invalid_value":
      return `must be ${issue.values.length === 1 ? "" : "one of "}${issue.values.map(String).join(", ")}`;
    case "too_small":
      return tooSmall(issue.origin, Number(issue.minimum), issue);
    case "too_big":
      return tooBig(issue.origin, Number(issue.maximum), issue);
    case "invalid_format":
      return wordFormat(issue.format, issue);
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    case "unrecognized_keys":
      return `unknown: ${issue.keys.join(", ")}`;
    case "invalid_key":
      return "has a key that does not belong here";
    case "invalid_element":
      return "has an entry that does not belong here";
    case "invalid_union":
      return Array.isArray(issue["options"]) && issue["options"].length > 0
        ? `must be one of ${issue["options"].map(String).join(", ")}`
        : "is nothing of what may stand here";
    default:
      return "does not belong here";
  }
}

const kindOf = (expected: string): string => KINDS[expected] ?? expected;

const UNITS: Record<string, [one: string, many: string]> = {
  string: ["character", "characters"],
  array: ["entry", "entries"],
  set: ["entry", "entries"],
  map: ["entry", "entries"],
};

function counted(origin: string, count: number): string | undefined {
  const units = UNITS[origin];
  return units && `${count} ${units[count === 1 ? 0 : 1]}`;
}

type Bound = { exact?: boolean; inclusive?: boolean };

function tooSmall(origin: string, least: number, { exact, inclusive }: Bound): string {
  const size = counted(origin, least);
  if (size === undefined) return inclusive === false ? `must be more than ${least}` : `must be at least ${least}`;
  if (exact) return `must have exactly ${size}`;
  return least === 1 && origin === "string" ? "must not be empty" : `must have at least ${size}`;
}

function tooBig(origin: string, most: number, { exact, inclusive }: Bound): string {
  const size = counted(origin, most);
  if (size === undefined) return inclusive === false ? `must be less than ${most}` : `must be at most ${most}`;
  return exact ? `must have exactly ${size}` : `must have at most ${size}`;
}

function wordFormat(format: string, issue: Record<string, unknown>): string {
  if (format === "starts_with") return `must begin with ${issue["prefix"]}`;
  if (format === "ends_with") return `must end with ${issue["suffix"]}`;
  if (format === "includes") return `must contain ${issue["includes"]}`;
  const known = FORMATS[format];
  return known === undefined ? UNWORDED_FORM : `must be ${known}`;
}

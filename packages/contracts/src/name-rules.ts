/** The rules by which an app finds users by a typed name, as stored and sent, and as an administrator writes them. */
import * as z from "zod";

/** Rules that take the typed name as it is. */
export const plainRule = z.enum(["login", "userPrincipalName", "email", "samAccountName", "domain-sam", "email-local-part"]);
export type PlainRule = z.infer<typeof plainRule>;

// The written form parts rules by a comma and a mapping at its first `=`; no account name of AD may hold either.
const part = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[^,\p{Cc}]+$/u, "without a comma or a control character");

/** A typed name that begins with `prefix` is looked for without it: `adm-alice` is looked for as `alice`. */
const prefixRule = z.strictObject({
  rule: z.literal("prefix"),
  prefix: part(64).refine((text) => !/[:\\@]/.test(text), "without :, \\ or @"),
  then: plainRule,
});

/**
 * A typed name of the form `match` is looked for as `look`. `{name}` and `{domain}` stand for one or more characters without `\` and `@`;
 * everything else is literal, in any case. Without a placeholder one fixed name is meant. No regular expressions: none can be slow.
 */
const mappingRule = z
  .strictObject({
    rule: z.literal("mapping"),
    match: part(256).refine((text) => !text.includes("="), "without ="),
    look: part(256),
    then: plainRule,
  })
  .superRefine(({ match, look }, context) => {
    for (const complaint of complaintsOf(match, look))
      context.addIssue({
        code: "custom",
        path: [complaint.in],
        message: complaint.message,
        input: complaint.in === "match" ? match : look,
      });
  });
export type MappingRule = z.infer<typeof mappingRule>;

/** Tried in order; the first that finds anyone who is assigned decides. */
export const nameRule = z.union([plainRule, prefixRule, mappingRule]);
export type NameRule = z.infer<typeof nameRule>;
export const nameRules = z.array(nameRule).min(1).max(16);

const PLACEHOLDER = /\{[^}]*\}/g;

function complaintsOf(match: string, look: string): { in: "match" | "look"; message: string }[] {
  const given: string[] = match.match(PLACEHOLDER) ?? [];
  const used: string[] = look.match(PLACEHOLDER) ?? [];
  const complaints: { in: "match" | "look"; message: string }[] = [];
  const say = (where: "match" | "look", message: string) => complaints.push({ in: where, message });
  for (const [where, all] of [
    ["match", given],
    ["look", used],
  ] as const) {
    const strange = all.find((one) => one !== "{name}" && one !== "{domain}");
    if (strange !== undefined) say(where, `${strange} is no placeholder: {name} and {domain} are`);
  }
  if (new Set(given).size < given.length) say("match", "a placeholder stands here twice");
  if (match.includes("}{")) say("match", "between two placeholders there must be something that parts them");
  const missing = used.find((one) => !given.includes(one));
  if (missing !== undefined) say("look", `${missing} is not in what is matched`);
  // Else the names of any domain would mean the same person, and nobody could tell beforehand who shares one.
  const unused = given.find((one) => !used.includes(one));
  if (unused !== undefined && strangeFree(given)) say("look", `${unused} is matched, and must be looked for too`);
  return complaints;
}

function strangeFree(placeholders: readonly string[]): boolean {
  return placeholders.every((one) => one === "{name}" || one === "{domain}");
}

/** As an administrator writes it: `login`, `prefix:adm-:samAccountName`, `map:CORP\{name}={name}@corp.example:userPrincipalName`. */
export function ruleText(rule: NameRule): string {
  if (typeof rule === "string") return rule;
  return rule.rule === "prefix" ? `prefix:${rule.prefix}:${rule.then}` : `map:${rule.match}=${rule.look}:${rule.then}`;
}

/** Reads a list of rules parted by commas. `complaint` names the place by the number of the rule and its text. */
export function readRules(text: string): { ok: true; rules: NameRule[] } | { ok: false; complaint: string } {
  const rules: NameRule[] = [];
  for (const [at, one] of text.split(",").entries()) {
    const read = nameRule.safeParse(ruleOf(one.trim()));
    if (!read.success) return { ok: false, complaint: `rule ${at + 1}, “${one.trim()}”: ${whyNot(one.trim())}` };
    rules.push(read.data);
  }
  return { ok: true, rules };
}

function ruleOf(text: string): unknown {
  const end = text.lastIndexOf(":");
  const then = text.slice(end + 1);
  if (text.startsWith("prefix:")) return { rule: "prefix", prefix: text.slice("prefix:".length, Math.max(end, "prefix:".length)), then };
  if (!text.startsWith("map:")) return text;
  const body = text.slice("map:".length, Math.max(end, "map:".length));
  const equals = body.indexOf("=");
  return equals < 0
    ? { rule: "mapping", match: body, then }
    : { rule: "mapping", match: body.slice(0, equals), look: body.slice(equals + 1), then };
}

/** The union alone would only say that none of three forms fits. */
function whyNot(text: string): string {
  const needed = text.startsWith("prefix:") ? 3 : text.startsWith("map:") ? 3 : 1;
  const last = `after the last colon stands the rule that looks for it, one of ${plainRule.options.join(", ")}`;
  if (text.split(":").length < needed || text.endsWith(":")) return last;
  const meant = plainRule.options.find((one) => one.toLowerCase() === text.toLowerCase());
  if (meant !== undefined) return `did you mean ${meant}?`;
  const schema = text.startsWith("prefix:") ? prefixRule : text.startsWith("map:") ? mappingRule : undefined;
  const forms = `one of ${plainRule.options.join(", ")}, or prefix:TEXT:RULE, or map:MATCH=LOOK:RULE`;
  if (!schema) return `is no rule: ${forms}`;
  const issue = schema.safeParse(ruleOf(text)).error?.issues[0];
  if (!issue) return `is no rule: ${forms}`;
  const where = issue.path.join(".");
  if (where === "then") return last;
  if (where === "look" && issue.code === "invalid_type") return "between what is matched and what is looked for stands =";
  return `${where}: ${issue.message}`;
}

/** Which names two people must not both have, so that no typed text can ever mean either of them. */
import { type NameRule, plainRule } from "@sallyport/contracts";
import { dnsOfDomain, formsOfDomain, type KnownDomain } from "./domains.ts";
import { keysOf, lookupSteps } from "./lookup.ts";
import { readForm } from "./mapping.ts";
import { distinct, type NameKey } from "./names.ts";

/** All rules that any app has, and all domains: a name that one app finds must not be taken away by another name of another kind. */
export interface NameWorld {
  rules: readonly NameRule[];
  domains: readonly KnownDomain[];
}

/**
 * Every name in whose holder this name finds a namesake: for each text that somebody could type to be found by this name, whatever any
 * rule of any app would look for then. A login `alice` and an e-mail address `alice@…` share the text `alice`.
 */
export function rivalsOf(name: NameKey, world: NameWorld): NameKey[] {
  if (name.kind === "sid") return [name];
  const rules = [...plainRule.options, ...world.rules.filter((rule) => typeof rule !== "string")];
  const texts = typedFor(name, world);
  return distinct([name, ...texts.flatMap((username) => keysOf(lookupSteps({ username }, rules, world.domains)))]);
}

/** The texts, folded, that find whoever has this name: by the plain rule of its kind, and by every rule of the world's own that ends there. */
export function typedFor({ kind, folded }: NameKey, { rules, domains }: NameWorld): string[] {
  const plain = kind === "domain-sam" || kind === "login" ? formsOfName(folded, domains) : [folded];
  const implicit = kind === "domain-sam" ? principalsOf(folded, domains) : [];
  const direct = [...plain, ...implicit];
  return [...new Set([...direct, ...direct.flatMap((text) => rules.flatMap((rule) => typedBy(rule, kind, text)))])];
}

function formsOfName(folded: string, domains: readonly KnownDomain[]): string[] {
  const slash = folded.indexOf("\\");
  if (slash < 0) return [folded];
  return formsOfDomain(folded.slice(0, slash), domains).map((form) => `${form}${folded.slice(slash)}`);
}

function principalsOf(folded: string, domains: readonly KnownDomain[]): string[] {
  const slash = folded.indexOf("\\");
  return slash < 0 ? [] : dnsOfDomain(folded.slice(0, slash), domains).map((dns) => `${folded.slice(slash + 1)}@${dns}`);
}

/** What one types so that this rule looks for `text` as a name of this kind. */
function typedBy(rule: NameRule, kind: string, text: string): string[] {
  if (typeof rule === "string" || rule.then !== kind) return [];
  if (rule.rule === "prefix") {
    const slash = text.indexOf("\\");
    return [`${text.slice(0, slash + 1)}${rule.prefix}${text.slice(slash + 1)}`];
  }
  const filled = readForm(rule.look, text);
  return filled ? [rule.match.replace(/\{(?:name|domain)\}/g, (placeholder) => filled[placeholder] ?? placeholder)] : [];
}

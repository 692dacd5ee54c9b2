/** Says under which names an app's rules look for the one who typed a name, step by step. */
import { type NameRule, type PlainRule, ruleText } from "@sallyport/contracts";
import { formsOfDomain, isDnsOfDomain, type KnownDomain } from "./domains.ts";
import { foldName } from "./fold-name.ts";
import { mapName } from "./mapping.ts";
import { distinct, keyOf, type NameKey } from "./names.ts";

export interface GivenName {
  username: string;
  domain?: string | undefined;
  sid?: string | undefined;
  /** The domain that the machine belongs to: a name without one means somebody there first. */
  context?: string | undefined;
}

/** Names that one rule looks for together: whoever has any of them is found by it. */
export interface LookupStep {
  /** `sid`, or the rule as an administrator writes it. */
  rule: string;
  /** Set where only those of the host's own domain are looked for. */
  where?: "in the host's domain";
  keys: NameKey[];
  /** Who is found must have this name too: the host's domain chooses among those whom the short name finds, it finds nobody else. */
  also?: NameKey;
}

export const IN_HOST_DOMAIN = "in the host's domain";

/** Steps in the order in which they are tried, none looking for what was tried before. A SID, where the machine sends one, wins over any name. */
export function lookupSteps(given: GivenName, rules: readonly NameRule[], domains: readonly KnownDomain[] = []): LookupStep[] {
  const steps: LookupStep[] = [];
  if (given.sid !== undefined) steps.push({ rule: "sid", keys: [{ kind: "sid", folded: given.sid.toLowerCase() }] });
  const name = readName(given);
  if (!name) return steps;
  for (const rule of rules) {
    const text = ruleText(rule);
    for (const step of stepsFor(rule, name, given.context, domains)) addStep(steps, { rule: text, ...step });
  }
  return steps;
}

/** Every name that is looked for in any of the steps: what the store is asked for at once. */
export function keysOf(steps: readonly LookupStep[]): NameKey[] {
  return distinct(steps.flatMap(({ keys, also }) => (also ? [...keys, also] : keys)));
}

function addStep(steps: LookupStep[], step: LookupStep): void {
  const same = ({ also }: LookupStep) => also === undefined || (step.also !== undefined && keyOf(also) === keyOf(step.also));
  const tried = new Set(steps.filter(same).flatMap(({ keys }) => keys.map(keyOf)));
  const keys = distinct(step.keys).filter((key) => !tried.has(keyOf(key)));
  if (keys.length > 0) steps.push({ ...step, keys });
}

interface ReadName {
  whole: string;
  short: string;
  /** From `DOMAIN\name` or beside the name; the machine's own (`.`) is none. */
  domain: string | undefined;
  /** What stands behind the last `@`, in `name@domain`. */
  suffix: string | undefined;
}

function readName({ username, domain }: Pick<GivenName, "username" | "domain">): ReadName | undefined {
  const whole = foldName(username);
  if (whole === undefined) return undefined;
  const slash = whole.indexOf("\\");
  const short = slash < 0 ? whole : whole.slice(slash + 1);
  const typed = slash < 0 ? undefined : whole.slice(0, slash);
  const chosen = typed ?? (domain === undefined ? undefined : foldName(domain));
  const suffix = short.includes("@") ? short.slice(short.lastIndexOf("@") + 1) : undefined;
  return short === "" ? undefined : { whole: short, short, domain: chosen === "." ? undefined : chosen, suffix };
}

type Step = Omit<LookupStep, "rule">;

function stepsFor(rule: NameRule, name: ReadName, context: string | undefined, domains: readonly KnownDomain[]): Step[] {
  if (typeof rule === "string") return plainSteps(rule, name, context, domains);
  const meant = rule.rule === "prefix" ? withoutPrefix(rule.prefix, name) : mapped(rule, name, domains);
  return meant ? plainSteps(rule.then, meant, context, domains) : [];
}

function withoutPrefix(prefix: string, { short, domain }: ReadName): ReadName | undefined {
  const folded = prefix.normalize("NFKC").toLowerCase().normalize("NFKC");
  return short.startsWith(folded) ? readName({ username: short.slice(folded.length), domain }) : undefined;
}

/** A domain that is typed may have been meant by any of its forms: the first that fits counts. */
function mapped(rule: Exclude<NameRule, PlainRule> & { rule: "mapping" }, { short, domain }: ReadName, domains: readonly KnownDomain[]) {
  const texts = domain === undefined ? [short] : formsOfDomain(domain, domains).map((form) => `${form}\\${short}`);
  const looked = texts.map((text) => mapName(rule, text)).find((text) => text !== undefined);
  return looked === undefined ? undefined : readName({ username: looked });
}

function plainSteps(rule: PlainRule, name: ReadName, context: string | undefined, domains: readonly KnownDomain[]): Step[] {
  const keys = keysFor(rule, name, domains);
  const here = context === undefined ? undefined : foldName(context);
  const [also] = keys;
  const short = (rule === "login" || rule === "samAccountName") && name.domain === undefined && name.suffix === undefined;
  if (!short || here === undefined || !also) return [{ keys }];
  return [{ where: IN_HOST_DOMAIN, keys: inDomain("domain-sam", here, name.short, domains), also }, { keys }];
}

function keysFor(rule: PlainRule, { whole, short, domain, suffix }: ReadName, domains: readonly KnownDomain[]): NameKey[] {
  const bare = domain === undefined && suffix === undefined;
  switch (rule) {
    case "login":
      return domain === undefined ? [{ kind: "login", folded: whole }] : inDomain("login", domain, short, domains);
    case "userPrincipalName":
    case "email":
      return suffix === undefined ? [] : [{ kind: rule, folded: whole }];
    case "samAccountName":
    case "email-local-part":
      // CORP\alice names the alice of CORP: the short name alone must not find another domain's.
      return bare ? [{ kind: rule, folded: short }] : [];
    case "domain-sam": {
      if (suffix === undefined) return domain === undefined ? [] : inDomain("domain-sam", domain, short, domains);
      const account = short.slice(0, -suffix.length - 1);
      return account !== "" && isDnsOfDomain(suffix, domains) ? inDomain("domain-sam", suffix, account, domains) : [];
    }
  }
}

function inDomain(kind: string, domain: string, short: string, domains: readonly KnownDomain[]): NameKey[] {
  return formsOfDomain(domain, domains).map((form) => ({ kind, folded: `${form}\\${short}` }));
}

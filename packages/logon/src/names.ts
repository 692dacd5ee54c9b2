/** Folds the names that people type, and says under which keys an app's rules look for a user. */
import { type NameRule, type RuleAttribute, ruleAttribute, type UserProfile } from "@sallyport/contracts";

export interface NameKey {
  /** `sid`, or the rule that made the key. */
  rule: "sid" | NameRule;
  kind: string;
  folded: string;
}

export interface GivenName {
  username: string;
  domain?: string | undefined;
  sid?: string | undefined;
}

// Format controls and bidi marks make two names look alike; controls rewrite logs (RFC 8265 forbids both in user names).
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Lower case, NFKC, no outer white space (as RFC 8265 UsernameCaseMapped); undefined for what no user name may hold. */
export function foldName(text: string): string | undefined {
  const folded = text.normalize("NFKC").trim().toLowerCase().normalize("NFKC");
  return folded === "" || folded.length > 256 || FORBIDDEN.test(folded) ? undefined : folded;
}

/** Keys in the order in which they are tried. A SID, where the machine sends one, wins over any name. */
export function lookupKeys(given: GivenName, rules: readonly NameRule[]): NameKey[] {
  const keys: NameKey[] = [];
  if (given.sid !== undefined) keys.push({ rule: "sid", kind: "sid", folded: given.sid.toLowerCase() });
  const name = readName(given);
  if (!name) return keys;
  for (const rule of rules) {
    const key = keyFor(rule, name);
    if (key && !keys.some((one) => one.kind === key.kind && one.folded === key.folded)) keys.push(key);
  }
  return keys;
}

interface ReadName {
  whole: string;
  short: string;
  /** From `DOMAIN\name` or beside the name; the machine's own (`.`) is none. */
  domain: string | undefined;
  /** True for `name@domain`. */
  principal: boolean;
}

function readName({ username, domain }: GivenName): ReadName | undefined {
  const whole = foldName(username);
  if (whole === undefined) return undefined;
  const slash = whole.indexOf("\\");
  const short = slash < 0 ? whole : whole.slice(slash + 1);
  const typed = slash < 0 ? undefined : whole.slice(0, slash);
  const beside = domain === undefined ? undefined : foldName(domain);
  const chosen = typed ?? beside;
  return short === "" ? undefined : { whole: short, short, domain: chosen === "." ? undefined : chosen, principal: short.includes("@") };
}

function keyFor(rule: NameRule, { whole, short, domain, principal }: ReadName): NameKey | undefined {
  const key = (kind: string, folded: string): NameKey => ({ rule, kind, folded });
  switch (rule) {
    case "login":
      return domain === undefined ? key("login", whole) : key("login", `${domain}\\${short}`);
    case "userPrincipalName":
    case "email":
      return principal ? key(rule, whole) : undefined;
    case "samAccountName":
      // CORP\alice names the alice of CORP: the short name alone must not find another domain's.
      return principal || domain !== undefined ? undefined : key("samAccountName", short);
    case "domain-sam":
      return principal || domain === undefined ? undefined : key("domain-sam", `${domain}\\${short}`);
    case "email-local-part":
      return principal || domain !== undefined ? undefined : key("email-local-part", short);
  }
}

/** Every key under which a user can be found: what the store keeps an index of. */
export function namesOf(profile: UserProfile): { kind: string; folded: string }[] {
  const { login, userPrincipalName, email, samAccountName, domain, sid } = profile;
  const names: [string, string | undefined][] = [
    ["login", login],
    ["userPrincipalName", userPrincipalName],
    ["email", email],
    ["samAccountName", samAccountName],
    ["domain-sam", domain !== undefined && samAccountName !== undefined ? `${domain}\\${samAccountName}` : undefined],
    ["email-local-part", email?.includes("@") ? email.slice(0, email.lastIndexOf("@")) : undefined],
    ["sid", sid],
  ];
  return names.flatMap(([kind, text]) => {
    const folded = text === undefined ? undefined : foldName(text);
    return folded === undefined ? [] : [{ kind, folded }];
  });
}

/** The values by which a group may choose its members, folded as names are; what no name may hold chooses nobody. */
export function attributesOf(profile: UserProfile): { attribute: RuleAttribute; folded: string }[] {
  return ruleAttribute.options.flatMap((attribute) => {
    const text = attribute === "source" ? undefined : profile[attribute];
    const folded = text === undefined ? undefined : foldName(text);
    return folded === undefined ? [] : [{ attribute, folded }];
  });
}

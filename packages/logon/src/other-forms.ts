/** The other forms of a name that finds nobody: what the same person may be called where the app's rules do not look. */
import { type NameRule, plainRule, type UserProfile } from "@sallyport/contracts";
import { formsOfDomain, type KnownDomain } from "./domains.ts";
import { foldName } from "./fold-name.ts";
import { type GivenName, keysOf, lookupSteps } from "./lookup.ts";
import { keyOf, type NameKey } from "./names.ts";

export interface OtherForm extends NameKey {
  rule: string;
}

/**
 * Keys under which the name could be known, beside those that the app's rules make: by the rules that the app leaves out, without its
 * domain, by what stands before the `@`, and as `DOMAIN\name` made of `name@domain.…`. Nearest form first; none twice.
 */
export function otherForms(given: GivenName, rules: readonly NameRule[], domains: readonly KnownDomain[] = []): OtherForm[] {
  const tried = new Set(keysOf(lookupSteps(given, rules, domains)).map(keyOf));
  const steps = formsOf(given).flatMap((form) => lookupSteps(form, plainRule.options, domains));
  const all = steps.flatMap(({ rule, keys }) => keys.map((key): OtherForm => ({ rule, ...key })));
  return all.filter((key, at) => !tried.has(keyOf(key)) && all.findIndex((one) => keyOf(one) === keyOf(key)) === at);
}

function formsOf({ username, domain }: GivenName): GivenName[] {
  const { short, before, after } = partsOf(username);
  const forms: GivenName[] = [{ username, domain }, { username: short }];
  if (before !== undefined && after !== undefined) forms.push({ username: before }, { username: before, domain: after.split(".")[0] });
  return forms;
}

function partsOf(username: string) {
  const short = username.slice(username.indexOf("\\") + 1);
  const at = short.lastIndexOf("@");
  return at < 0 ? { short } : { short, before: short.slice(0, at), after: short.slice(at + 1) };
}

/** True if the name was given with a domain that is not this user's: then another person may be meant, and nothing can be said. */
export function namesAnotherDomain({ username, domain }: GivenName, profile: UserProfile, domains: readonly KnownDomain[] = []): boolean {
  const slash = username.indexOf("\\");
  const typed = slash < 0 ? domain : username.slice(0, slash);
  const { after } = partsOf(username);
  const own = [profile.domain, suffixOf(profile.userPrincipalName), suffixOf(profile.email), suffixOf(profile.login)]
    .flatMap(fold)
    .flatMap((form) => formsOfDomain(form, domains));
  const differs = (text: string | undefined, known: string[]) => {
    const [folded] = fold(text);
    return folded !== undefined && folded !== "." && known.length > 0 && !known.includes(folded);
  };
  const firstLabels = own.flatMap((text) => fold(text.split(".")[0]));
  return (
    differs(typed, [...own, ...firstLabels]) ||
    differs(
      after,
      own.filter((text) => text.includes(".")),
    )
  );
}

function suffixOf(text: string | undefined): string | undefined {
  return text?.includes("@") ? text.slice(text.lastIndexOf("@") + 1) : undefined;
}

function fold(text: string | undefined): string[] {
  const folded = text === undefined ? undefined : foldName(text);
  return folded === undefined ? [] : [folded];
}

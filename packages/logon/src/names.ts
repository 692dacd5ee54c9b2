/** Under which names a user can be found: what the store keeps an index of. */
import { type RuleAttribute, ruleAttribute, type UserProfile } from "@sallyport/contracts";
import { foldName } from "./fold-name.ts";

/** One name in the index. `kind`: the plain rule that looks for it, or `sid`. */
export interface NameKey {
  kind: string;
  folded: string;
}

export function namesOf(profile: UserProfile): NameKey[] {
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

/** One text for a name, to compare and to index by. */
export function keyOf({ kind, folded }: NameKey): string {
  return `${kind}\0${folded}`;
}

/** Each name once, in the order of their first. */
export function distinct(keys: readonly NameKey[]): NameKey[] {
  return [...new Map(keys.toReversed().map((key) => [keyOf(key), key])).values()].toReversed();
}

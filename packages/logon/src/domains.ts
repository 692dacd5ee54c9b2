/** Domains as the org knows them: every form of a domain's name means the same domain. */
import { foldName } from "./fold-name.ts";

export interface KnownDomain {
  /** DNS name, as in `alice@corp.example`. */
  name: string;
  netbios?: string | null | undefined;
  /** Further names that administrators gave it. */
  aliases: readonly string[];
}

/** Every form of the domain that is meant, the given one first. An unknown one has only itself. @param domain folded. */
export function formsOfDomain(domain: string, domains: readonly KnownDomain[]): string[] {
  const known = domains.map(formsOf).filter((forms) => forms.includes(domain));
  return [...new Set([domain, ...known.flat()])];
}

/** True for the DNS name of a domain: what stands before the `@` is then an account of it (AD's implicit UPN). @param suffix folded. */
export function isDnsOfDomain(suffix: string, domains: readonly KnownDomain[]): boolean {
  return domains.some(({ name }) => foldName(name) === suffix);
}

/** DNS names of the domains that this form means. @param domain folded. */
export function dnsOfDomain(domain: string, domains: readonly KnownDomain[]): string[] {
  return domains.filter((one) => formsOf(one).includes(domain)).flatMap(({ name }) => foldName(name) ?? []);
}

function formsOf({ name, netbios, aliases }: KnownDomain): string[] {
  return [name, netbios, ...aliases].flatMap((text) => (text == null ? [] : (foldName(text) ?? [])));
}

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
  const known = foldedOf(domains).filter(({ forms }) => forms.includes(domain));
  return [...new Set([domain, ...known.flatMap(({ forms }) => forms)])];
}

/** True for the DNS name of a domain: what stands before the `@` is then an account of it (AD's implicit UPN). @param suffix folded. */
export function isDnsOfDomain(suffix: string, domains: readonly KnownDomain[]): boolean {
  return foldedOf(domains).some(({ dns }) => dns === suffix);
}

/** DNS names of the domains that this form means. @param domain folded. */
export function dnsOfDomain(domain: string, domains: readonly KnownDomain[]): string[] {
  return foldedOf(domains).flatMap(({ dns, forms }) => (dns !== undefined && forms.includes(domain) ? [dns] : []));
}

interface Folded {
  dns: string | undefined;
  forms: string[];
}

/** A look over all users asks about one list of domains hundreds of thousands of times. */
const known = new WeakMap<readonly KnownDomain[], Folded[]>();

function foldedOf(domains: readonly KnownDomain[]): Folded[] {
  const before = known.get(domains);
  if (before) return before;
  const folded = domains.map(({ name, netbios, aliases }) => ({
    dns: foldName(name),
    forms: [name, netbios, ...aliases].flatMap((text) => (text == null ? [] : (foldName(text) ?? []))),
  }));
  known.set(domains, folded);
  return folded;
}

/** A person's profile from the attributes of an entry: by the kind of directory, and what the source maps otherwise. */
import { type ImportedPerson, importedPerson, type LdapSettings, type UserProfile } from "@sallyport/contracts";
import { type Entry, Unreadable } from "./entry.ts";

export type ProfileMap = Partial<Record<keyof UserProfile, string>>;
type Profile = ImportedPerson["profile"];

/** Which attribute makes which field. `null` of the kind takes nothing; what the source names goes first. */
export function mapOf(usual: ProfileMap, { map }: Pick<LdapSettings, "map">): ProfileMap {
  const named = Object.entries(map).filter(([, attribute]) => attribute !== undefined);
  return { ...usual, ...Object.fromEntries(named) };
}

/**
 * A field whose attribute has no value is taken away (`null`); fields without an attribute are left to others.
 * `given`: what the kind of directory knows without an attribute. Throws `Unreadable` where no person can be made of it.
 */
export function profileOf(entry: Entry, externalId: string, map: ProfileMap, given: Partial<Profile>): Profile {
  const mapped = Object.fromEntries(Object.entries(map).map(([field, attribute]) => [field, entry.text(attribute)?.trim() || null]));
  const unmapped = Object.fromEntries(Object.entries(given).filter(([field]) => (mapped[field] ?? null) === null));
  const profile = { ...mapped, ...unmapped };
  if (!profile["login"]) throw new Unreadable(`there is no login: the entry has no ${map.login ?? "name"}`);
  const read = importedPerson.safeParse({ externalId, profile });
  if (read.success) return read.data.profile;
  const [issue] = read.error.issues;
  const field = String(issue?.path.at(-1) ?? "id");
  const attribute = map[field as keyof UserProfile];
  throw new Unreadable(`${field}${attribute === undefined ? "" : ` (${attribute})`}: ${issue?.message ?? "not as it must be"}`);
}

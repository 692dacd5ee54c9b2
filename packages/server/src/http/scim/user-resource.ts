/** What a user is as a SCIM resource, and what of one becomes of a user: one table for both ways. */
import { createHash } from "node:crypto";
import { type ProfileChange, type UserProfile, userProfile } from "@sallyport/contracts";
import type { UserRow } from "../../flows/store-directory.ts";
import { ScimFault } from "./fault.ts";
import { ENTERPRISE, isObject, type Resource, SALLYPORT, USER } from "./schemas.ts";

type Field = Exclude<keyof UserProfile, "login" | "email">;
/** Field of the profile → where it stands in the resource. */
const FIELDS: Record<Exclude<Field, "city" | "state" | "countryCode">, readonly [home: string | undefined, name: string]> = {
  firstName: ["name", "givenName"],
  lastName: ["name", "familyName"],
  displayName: [undefined, "displayName"],
  title: [undefined, "title"],
  userType: [undefined, "userType"],
  locale: [undefined, "locale"],
  employeeNumber: [ENTERPRISE, "employeeNumber"],
  costCenter: [ENTERPRISE, "costCenter"],
  organization: [ENTERPRISE, "organization"],
  division: [ENTERPRISE, "division"],
  department: [ENTERPRISE, "department"],
  samAccountName: [SALLYPORT, "samAccountName"],
  domain: [SALLYPORT, "domain"],
  userPrincipalName: [SALLYPORT, "userPrincipalName"],
  sid: [SALLYPORT, "sid"],
};
const ADDRESS = { city: "locality", state: "region", countryCode: "country" } as const;

/** True of somebody who may log on as far as the state goes: who is suspended or held back here is not, whatever the source wishes. */
export function isActive({ status }: UserRow): boolean {
  return status === "ACTIVE" || status === "LOCKED_OUT";
}

/** @param base URL of `/scim/v2`. */
export function userResource(row: UserRow, base: string): Resource {
  const { id, profile, externalId } = row;
  const resource = ownResource(row);
  const formatted = [profile.firstName, profile.lastName].filter((part) => part !== undefined).join(" ");
  if (isObject(resource["name"]) && formatted !== "") resource["name"] = { formatted, ...resource["name"] };
  const extensions = [ENTERPRISE, SALLYPORT].filter((name) => resource[name] !== undefined);
  const known = externalId === id ? {} : { externalId };
  const version = `W/"${createHash("sha256")
    .update(JSON.stringify([known, row.status, profile, row.updated]))
    .digest("base64url")
    .slice(0, 16)}"`;
  const times = { created: new Date(row.created).toISOString(), lastModified: new Date(row.updated).toISOString() };
  const meta = { resourceType: "User", ...times, location: `${base}/Users/${encodeURIComponent(id)}`, version };
  return { schemas: [USER, ...extensions], id, ...known, ...resource, meta };
}

/** What a PATCH works on: what a client can write, and nothing that is made of it. */
export function ownResource(row: UserRow): Resource {
  const { profile } = row;
  const resource: Resource = { userName: profile.login, active: isActive(row) };
  for (const [field, [home, name]] of Object.entries(FIELDS)) {
    const value = profile[field as Field];
    if (value !== undefined) put(resource, home, name, value);
  }
  if (profile.email !== undefined) resource["emails"] = [{ value: profile.email, type: "work", primary: true }];
  const address = Object.entries(ADDRESS).flatMap(([field, name]) =>
    profile[field as Field] === undefined ? [] : [[name, profile[field as Field]]],
  );
  if (address.length > 0) resource["addresses"] = [{ type: "work", ...Object.fromEntries(address), primary: true }];
  return row.externalId === row.id ? resource : { externalId: row.externalId, ...resource };
}

function put(resource: Resource, home: string | undefined, name: string, value: unknown): void {
  if (home === undefined) resource[name] = value;
  else resource[home] = { ...(isObject(resource[home]) ? resource[home] : {}), [name]: value };
}

export interface Person {
  /** As it is to be, whole. */
  profile: UserProfile;
  externalId: string | undefined;
  active: boolean | undefined;
}

/** @param resource as `coerce` answers it. Throws `invalidValue` with the attribute that is too long or empty. */
export function personIn(resource: Resource): Person {
  const { userName, externalId, active } = resource;
  const wanted: Record<string, unknown> = { login: userName };
  for (const [field, [home, name]] of Object.entries(FIELDS)) {
    const from = home === undefined ? resource : resource[home];
    if (isObject(from) && from[name] !== "") wanted[field] = from[name];
  }
  const formatted = isObject(resource["name"]) ? resource["name"]["formatted"] : undefined;
  if (formatted !== "") wanted["displayName"] ??= formatted;
  const email = chosen(resource["emails"], "emails")?.["value"];
  if (email !== "") wanted["email"] = email;
  const address = chosen(resource["addresses"], "addresses");
  for (const [field, name] of Object.entries(ADDRESS)) if (address?.[name] !== "") wanted[field] = address?.[name];
  const said = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
  const read = userProfile.safeParse(said);
  if (!read.success)
    throw new ScimFault(400, "invalidValue", read.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
  if (externalId !== undefined && (typeof externalId !== "string" || externalId.trim() === "" || externalId.length > 256))
    throw new ScimFault(400, "invalidValue", "externalId: 1 to 256 characters");
  return { profile: read.data, externalId, active: typeof active === "boolean" ? active : undefined };
}

/** The one that is kept of several: the primary one, else the one for work, else the first. */
function chosen(values: unknown, what: string): Resource | undefined {
  const all = Array.isArray(values) ? values.filter(isObject) : [];
  const primary = all.filter((one) => one["primary"] === true);
  if (primary.length > 1) throw new ScimFault(400, "invalidValue", `${what}: only one value can be the primary one`);
  return primary[0] ?? all.find((one) => String(one["type"]).toLowerCase() === "work") ?? all[0];
}

/** Names by which Windows knows somebody stay as they are where the client does not speak of them at all: few clients know that schema. */
export function keepUnspoken({ profile }: Person, before: UserProfile, body: Resource): UserProfile {
  const spoken = Object.keys(body).some((key) => key.toLowerCase().startsWith(SALLYPORT.toLowerCase()));
  if (spoken) return profile;
  const { samAccountName, domain, userPrincipalName, sid } = before;
  return {
    ...Object.fromEntries(Object.entries({ samAccountName, domain, userPrincipalName, sid }).filter(([, value]) => value !== undefined)),
    ...profile,
  };
}

/** From one profile to another: what is to be set, and `null` for what is to be taken away. */
export function profileDifference(before: UserProfile, after: UserProfile): ProfileChange | undefined {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof UserProfile)[];
  const changed = keys.filter((key) => before[key] !== after[key]).map((key) => [key, after[key] ?? null] as const);
  return changed.length === 0 ? undefined : (Object.fromEntries(changed) as ProfileChange);
}

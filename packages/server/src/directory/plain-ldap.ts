/** Any other LDAP server: OpenLDAP, 389 Directory Server, FreeIPA and their like. */
import type { LdapSettings } from "@sallyport/contracts";
import { EqualityFilter } from "ldapts";
import { generalizedMs, generalizedTime } from "./binary.ts";
import type { Entry } from "./entry.ts";
import type { Ground, Kind, PersonFound, Since } from "./kind.ts";
import { mapOf, type ProfileMap, profileOf } from "./profile.ts";
import type { Session } from "./session.ts";

const USUAL: ProfileMap = { login: "uid", email: "mail", firstName: "givenName", lastName: "sn" };
const PEOPLE = "(|(objectClass=inetOrgPerson)(objectClass=posixAccount))";
const GROUPS = "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))";
const STATE = ["pwdAccountLockedTime", "nsAccountLock", "shadowExpire"];
/** Locked by an administrator until further notice (draft-behera-ldap-password-policy §5.3.3). */
const FOR_GOOD = "000001010000Z";
const DAY_MS = 86_400_000;
/** Whoever was away for longer reads everything again. */
const LONGEST_DAYS = 60;
/** Changes are stamped in whole seconds, and a change may still be under way when a later one is seen. */
const OVERLAP_MS = 2000;

export function plainLdap(settings: LdapSettings): Kind {
  const map = mapOf(USUAL, settings);
  const id = settings.idAttribute ?? "entryUUID";
  const uid = "uid";
  return {
    peopleFilter: settings.peopleFilter ?? PEOPLE,
    groupsFilter: settings.groups === false ? undefined : (settings.groups.filter ?? GROUPS),
    personAttributes: [
      ...new Set([...Object.values(map), id, uid, "gidNumber", ...STATE, ...(settings.inactive ? [settings.inactive.attribute] : [])]),
    ],
    groupAttributes: [id, "cn", "description", "gidNumber", "member", "uniqueMember", "memberUid"],
    presentAttributes: [id, uid, "gidNumber", "modifyTimestamp"],
    ground,
    idOf: (entry) => entry.text(id)?.toLowerCase(),
    idFilter: (value) => new EqualityFilter({ attribute: id, value }),
    person: (entry, externalId, { now }) => personOf(entry, externalId, map, settings.inactive, now),
    groupKeys: (entry) => entry.texts("gidNumber"),
    memberKeys: (entry) => entry.texts(uid),
    groupName: (entry) => entry.text("cn"),
    memberAttributes: [
      { name: "member", dn: true },
      { name: "uniqueMember", dn: true },
      { name: "memberUid", dn: false },
    ],
    changedSince,
    changeTime: (entry) => generalizedMs(entry.text("modifyTimestamp") ?? ""),
  };
}

function changedSince({ at, changed }: Since, now: number): string | undefined {
  if (changed === undefined) return undefined;
  const [first, last] = [Math.floor(at / DAY_MS), Math.floor(now / DAY_MS)];
  if (last - first > LONGEST_DAYS || last < first) return undefined;
  // Who expired meanwhile was not changed by anybody; shadowExpire can only be asked for day by day (RFC 2307 §2.2).
  const days = Array.from({ length: last - first + 1 }, (_, index) => `(shadowExpire=${first + index})`);
  return `(|(modifyTimestamp>=${generalizedTime(changed - OVERLAP_MS)})${days.join("")})`;
}

function personOf(entry: Entry, externalId: string, map: ProfileMap, inactive: LdapSettings["inactive"], now: number): PersonFound {
  const profile = profileOf(entry, externalId, map, {});
  const why = whyInactive(entry, inactive, now);
  const gid = entry.text("gidNumber");
  return { active: why === undefined, profile, ...(why === undefined ? {} : { why }), ...(gid === undefined ? {} : { primaryKey: gid }) };
}

function whyInactive(entry: Entry, inactive: LdapSettings["inactive"], now: number): string | undefined {
  if (entry.text("pwdAccountLockedTime") === FOR_GOOD) return "locked in the directory until further notice";
  if (entry.text("nsAccountLock")?.toLowerCase() === "true") return "disabled in the directory";
  const expires = Number(entry.text("shadowExpire") ?? "-1");
  if (expires > 0 && expires * DAY_MS <= now) return `expired on ${new Date(expires * DAY_MS).toISOString().slice(0, 10)}`;
  const value = inactive && entry.texts(inactive.attribute).find((one) => inactive.values.includes(one));
  return value === undefined ? undefined : `${inactive?.attribute} is ${value}`;
}

/** There is no count and no clock to ask for: times of changes are compared among themselves, and only at the same address. */
async function ground(session: Session): Promise<Ground> {
  return { identity: session.server, now: Date.now() };
}

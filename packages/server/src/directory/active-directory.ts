/** Active Directory, and Samba as its domain controller. */
import type { LdapSettings } from "@sallyport/contracts";
import { EqualityFilter, escapeFilter } from "ldapts";
import type { DirectoryDomain } from "../flows/directory.ts";
import { expiryMs, fileTime, generalizedMs, guidBytes, guidText, sibling, sidText } from "./binary.ts";
import { type Entry, Unreadable } from "./entry.ts";
import type { ServerFault } from "./faults.ts";
import type { Ground, Kind, PersonFound, Since } from "./kind.ts";
import { mapOf, type ProfileMap, profileOf } from "./profile.ts";
import type { Session } from "./session.ts";

const USUAL: ProfileMap = {
  login: "userPrincipalName",
  email: "mail",
  firstName: "givenName",
  lastName: "sn",
  samAccountName: "sAMAccountName",
  userPrincipalName: "userPrincipalName",
};
/** SAM_NORMAL_USER_ACCOUNT: people and services, neither machines nor trusts of domains (MS-SAMR §2.2.1.9). */
const PEOPLE = "(sAMAccountType=805306368)";
const GROUPS = "(objectClass=group)";
/** ADS_UF_ACCOUNTDISABLE (MS-ADTS §2.2.16). */
const DISABLED = 0x2;

export function activeDirectory(settings: LdapSettings): Kind {
  const map = mapOf(USUAL, settings);
  return {
    peopleFilter: settings.peopleFilter ?? PEOPLE,
    groupsFilter: settings.groups === false ? undefined : (settings.groups.filter ?? GROUPS),
    personAttributes: [
      ...new Set([
        ...Object.values(map),
        "objectGUID",
        "objectSid",
        "userAccountControl",
        "accountExpires",
        "sAMAccountName",
        "primaryGroupID",
      ]),
    ],
    groupAttributes: ["objectGUID", "objectSid", "sAMAccountName", "cn", "description", "member"],
    presentAttributes: ["objectGUID", "objectSid"],
    ground,
    idOf: (entry) => guidText(entry.bytes("objectGUID") ?? Buffer.alloc(0)),
    idFilter: (id) => {
      const value = guidBytes(id);
      return value && new EqualityFilter({ attribute: "objectGUID", value });
    },
    person: (entry, externalId, { domain, now }) => personOf(entry, externalId, map, domain, now),
    groupKeys: (entry) => [sidOf(entry)].filter((sid) => sid !== undefined),
    memberKeys: () => [],
    groupName: (entry) => entry.text("sAMAccountName") ?? entry.text("cn"),
    memberAttributes: [{ name: "member", dn: true }],
    changedSince: ({ usn, at }: Since, now) => {
      if (usn === undefined) return undefined;
      // Who expired meanwhile was not changed by anybody.
      const expired = `(&(accountExpires>=${fileTime(at)})(accountExpires<=${fileTime(now)}))`;
      return `(|(uSNChanged>=${BigInt(usn) + 1n})${expired})`;
    },
    changeTime: () => undefined,
  };
}

const sidOf = (entry: Entry) => sidText(entry.bytes("objectSid") ?? Buffer.alloc(0));

function personOf(entry: Entry, externalId: string, map: ProfileMap, domain: DirectoryDomain | undefined, now: number): PersonFound {
  const sid = sidOf(entry);
  const sam = entry.text("sAMAccountName");
  const control = Number(entry.text("userAccountControl"));
  // Without it nobody can tell whether the account is disabled.
  if (!Number.isInteger(control) || entry.all("userAccountControl").values.length === 0)
    throw new Unreadable("userAccountControl is not there, or the source's account may not read it");
  const profile = profileOf(entry, externalId, map, {
    ...(sam === undefined || !domain?.dns[0] ? {} : { login: `${sam}@${domain.dns[0]}` }),
    ...(domain?.netbios === undefined ? {} : { domain: domain.netbios }),
    ...(sid === undefined ? {} : { sid }),
  });
  const expires = expiryMs(entry.text("accountExpires") ?? "0");
  const why =
    control & DISABLED ? "disabled in the directory" : expires !== undefined && expires <= now ? `expired on ${day(expires)}` : undefined;
  const rid = entry.text("primaryGroupID");
  return {
    active: why === undefined,
    profile,
    ...(why === undefined ? {} : { why }),
    ...(rid === undefined || sid === undefined ? {} : { primaryKey: sibling(sid, rid) }),
  };
}

const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);

const ROOT = ["defaultNamingContext", "configurationNamingContext", "dsServiceName", "highestCommittedUSN", "currentTime"];

async function ground(session: Session): Promise<Ground> {
  const root = await session.entry("", ROOT);
  const [naming, configuration, service] = ROOT.map((name) => root.text(name));
  const usn = root.text("highestCommittedUSN");
  const now = generalizedMs(root.text("currentTime") ?? "") ?? Date.now();
  const invocation = service === undefined ? undefined : await invocationOf(session, service);
  const domain = naming === undefined || configuration === undefined ? undefined : await domainOf(session, naming, configuration);
  return {
    identity: `${service ?? session.server} ${invocation ?? "unknown"}`,
    now,
    ...(usn === undefined || invocation === undefined ? {} : { usn: BigInt(usn) }),
    ...(domain === undefined ? {} : { domain }),
  };
}

/** New when a domain controller was restored: its counts then begin anew (MS-ADTS §3.1.1.1.9). */
async function invocationOf(session: Session, service: string): Promise<string | undefined> {
  const entry = await session.entry(service, ["invocationId"]).catch((fault: ServerFault) => {
    // Where it is hidden, everything is read each time.
    if (fault.elsewhere) throw fault;
    return undefined;
  });
  return guidText(entry?.bytes("invocationId") ?? Buffer.alloc(0));
}

async function domainOf(session: Session, naming: string, configuration: string): Promise<DirectoryDomain> {
  const base = `CN=Partitions,${configuration}`;
  const filter = escapeFilter`(&(objectClass=crossRef)(nCName=${naming}))`;
  const [[reference], partitions] = [
    await session.all({ base, scope: "one", filter, attributes: ["nETBIOSName", "dnsRoot"] }, 10),
    await session.entry(base, ["uPNSuffixes"]),
  ];
  const netbios = reference?.text("nETBIOSName");
  const named =
    naming
      .match(/DC=[^,]+/gi)
      ?.map((part) => part.slice(3))
      .join(".") ?? "";
  const dns = [...(reference?.texts("dnsRoot") ?? []), named].filter((name) => name !== "").map((name) => name.toLowerCase());
  const upnSuffixes = partitions.texts("uPNSuffixes").map((name) => name.toLowerCase());
  return { dns: [...new Set(dns)], upnSuffixes, ...(netbios === undefined ? {} : { netbios }) };
}

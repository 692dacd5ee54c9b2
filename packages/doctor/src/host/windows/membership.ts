/** Is an account one of those that a SID stands for: itself, or a group that it is in, through others too. */
import type { WindowsUser } from "./facts.ts";
import { isUnavailable } from "./facts.ts";
import { known, type Look } from "./look.ts";

/** `through`: the SIDs between the account and the asked one, the asked one last. `undecided`: the SID whose members nobody knows. */
export type Membership = { in: true; through: string[] } | { in: false } | { undecided: string };

const GUEST = /-501$/;
/** SIDs of services and of the system itself, which no person has. */
const NOBODYS = /^S-1-5-(?:7|9|18|19|20|80(?:-.*)?|83(?:-.*)?|90(?:-.*)?|96(?:-.*)?)$/;
const EVERYONE = "S-1-1-0";
const AUTHENTICATED = "S-1-5-11";
const LOCAL_ACCOUNT = "S-1-5-113";
const LOCAL_ADMINISTRATOR = "S-1-5-114";
const ADMINISTRATORS = "S-1-5-32-544";
const DOMAIN_CONTROLLER = 4;

/** Source: learn.microsoft.com, “Security identifiers”: well-known SIDs. */
export function membership(look: Look, user: WindowsUser, sid: string, above: readonly string[] = []): Membership {
  if (sid === user.sid) return { in: true, through: [] };
  if (above.includes(sid)) return { in: false };
  if (sid === EVERYONE || (sid === AUTHENTICATED && !GUEST.test(user.sid))) return { in: true, through: [sid] };
  if (NOBODYS.test(sid)) return { in: false };
  if (sid === LOCAL_ACCOUNT) return local(look, user, sid);
  if (sid === LOCAL_ADMINISTRATOR) {
    const here = local(look, user, sid);
    return "in" in here && here.in ? membership(look, user, ADMINISTRATORS, above) : here;
  }
  // The directory lists groups below S-1-5-32 as well: those of a domain controller, which say nothing of this machine.
  if (sid.startsWith("S-1-5-21-") && !isUnavailable(user.groups) && user.groups.includes(sid)) return { in: true, through: [sid] };
  return byMembers(look, user, sid, [...above, sid]);
}

function byMembers(look: Look, user: WindowsUser, sid: string, above: readonly string[]): Membership {
  const group = known(look, "groups")?.find((one) => one.sid === sid);
  if (!group) return elsewhere(look, user, sid);
  if (isUnavailable(group.members)) return { undecided: sid };
  let undecided: Membership | undefined;
  for (const one of group.members) {
    const inner = membership(look, user, one.sid, above);
    if ("undecided" in inner) undecided ??= inner;
    else if (inner.in) return { in: true, through: [...inner.through, sid] };
  }
  return undecided ?? { in: false };
}

/** A SID that is no group of this machine: of its domain, an account, or one that Windows gives by itself. */
function elsewhere(look: Look, user: WindowsUser, sid: string): Membership {
  const here = known(look, "groups") !== undefined;
  const own = known(look, "machine")?.sid;
  if (sid.startsWith("S-1-5-32-")) return here ? { in: false } : { undecided: sid };
  if (!sid.startsWith("S-1-5-21-")) return { undecided: sid };
  if (own && sid.startsWith(`${own}-`) && !isController(look)) return here ? { in: false } : { undecided: sid };
  return isUnavailable(user.groups) ? { undecided: sid } : { in: false };
}

function local(look: Look, user: WindowsUser, sid: string): Membership {
  const machine = known(look, "machine");
  if (!machine) return { undecided: sid };
  if (isController(look)) return { in: false };
  if (!machine.sid) return { undecided: sid };
  if (!user.sid.startsWith(`${machine.sid}-`)) return { in: false };
  return { in: true, through: [sid] };
}

const isController = (look: Look) => (known(look, "machine")?.domainRole ?? 0) >= DOMAIN_CONTROLLER;

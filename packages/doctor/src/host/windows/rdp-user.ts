/** May the account log on through Remote Desktop Services: the right to, directly or through groups, unless it is denied. */
import type { Proof } from "@sallyport/contracts";
import type { Answer } from "../../check.ts";
import { accounts } from "./accounts.ts";
import { isUnavailable, type WindowsUser } from "./facts.ts";
import { known, type Look, missed, notKnown, seen, whyNot } from "./look.ts";
import { membership } from "./membership.ts";

/** Names of well-known groups as English Windows has them; the SID stands beside, since Windows translates them. */
const NAMES: Record<string, string> = {
  "S-1-1-0": "Everyone",
  "S-1-5-11": "Authenticated Users",
  "S-1-5-113": "Local account",
  "S-1-5-114": "Local account and member of Administrators",
  "S-1-5-32-544": "Administrators",
  "S-1-5-32-545": "Users",
  "S-1-5-32-546": "Guests",
  "S-1-5-32-555": "Remote Desktop Users",
};

export function rdpUser(asked: string | undefined) {
  return (look: Look, title: string): Answer => {
    const found = accounts(look, asked);
    if (found.length === 0) return notKnown(title, "no account was named, and none was collected", false);
    const answers = found.map((one) => ("why" in one ? notKnown(title, one.why) : judge(look, title, one.user)));
    return { seen: answers.flatMap((one) => one.seen), missed: answers.flatMap((one) => one.missed ?? []) };
  };
}

function judge(look: Look, title: string, user: WindowsUser): Answer {
  const rights = known(look, "rights");
  if (!rights) return notKnown(`${title}, for ${user.name}`, whyNot(look, "rights"));
  const { SeRemoteInteractiveLogonRight: allow, SeDenyRemoteInteractiveLogonRight: deny } = rights;
  const proof = (right: string, value: string): Proof => ({ what: right, value, where: look.where(`rights.${right}`) });
  const denied = holdersOf(look, user, deny);
  if (denied.held)
    return { seen: [seen("host.not-rdp-user", "confirmed", proof(DENY, `${user.name} is denied, as ${way(look, denied.held)}`))] };
  const allowed = holdersOf(look, user, allow);
  if (!allowed.held && allowed.undecided === undefined) {
    const holders = allow.length === 0 ? "nobody" : allow.map((sid) => named(look, sid)).join(", ");
    const value = `held by ${holders}; ${user.name} (${user.sid}) is none of them, nor in one through a group`;
    return { seen: [seen("host.not-rdp-user", "confirmed", proof(ALLOW, value))] };
  }
  // A denial that cannot be judged takes away what was granted.
  const open = allowed.held ? denied.undecided : (allowed.undecided ?? denied.undecided);
  if (open !== undefined || !allowed.held) {
    const lack = ["groups" as const, "machine" as const].find((name) => !known(look, name));
    const reason = isUnavailable(user.groups) ? user.groups.unavailable : lack && whyNot(look, lack);
    const why = `whether ${user.name} is in ${named(look, open ?? "")} is not known${reason === undefined ? "" : `: ${reason}`}`;
    return { seen: [], missed: [missed(`${title}, for ${user.name}`, why)] };
  }
  const value = `${user.name} has it, as ${way(look, allowed.held)}`;
  return { seen: [seen("host.not-rdp-user", "ruled-out", proof(ALLOW, value), proof(DENY, `${user.name} is not denied`))] };
}

const ALLOW = "SeRemoteInteractiveLogonRight";
const DENY = "SeDenyRemoteInteractiveLogonRight";

function holdersOf(look: Look, user: WindowsUser, sids: readonly string[]): { held?: string[]; undecided?: string } {
  let undecided: string | undefined;
  for (const sid of sids) {
    const one = membership(look, user, sid);
    if ("undecided" in one) undecided ??= one.undecided;
    else if (one.in) return { held: one.through };
  }
  return undecided === undefined ? {} : { undecided };
}

const way = (look: Look, through: readonly string[]) =>
  through.length === 0 ? "the account itself" : `member of ${through.map((sid) => named(look, sid)).join(", member of ")}`;

function named(look: Look, sid: string): string {
  const groups = known(look, "groups") ?? [];
  const members = groups.flatMap(({ members }) => (isUnavailable(members) ? [] : members));
  const name = NAMES[sid] ?? [...groups, ...members].find((one) => one.sid === sid && one.name !== null)?.name;
  return name ? `${name} (${sid})` : sid;
}

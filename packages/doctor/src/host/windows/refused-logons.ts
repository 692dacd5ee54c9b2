/** Logons that Windows itself refused to one account, by the number that it gave as the reason. */
import { type CauseId, type Incident, type IncidentCandidate, WINDOWS_STATUS_CAUSES } from "@sallyport/contracts";
import type { Answer, Missed } from "../../check.ts";
import { accounts, bareName } from "./accounts.ts";
import type { RefusedLogon } from "./facts.ts";
import { known, type Look, missed, notKnown, same, whyNot } from "./look.ts";

const REMOTE_INTERACTIVE = 10;
/** Names or passwords, without saying which (learn.microsoft.com, “4625(F): An account failed to log on”). */
const NAME_OR_PASSWORD = "0xC000006D";
const CLOCKS_APART = "0xC0000133";
const NO_RIGHT = "0xC000015B";
const NONE = "0x00000000";
/** The number itself is the same in every language. */
const BY_NUMBER = "the status and sub-status of event 4625 in the Security log";
/** What tells apart the causes that one number leaves open. */
const DECIDED_BY: Partial<Record<CauseId, string>> = {
  "user.password": "`net user NAME` or, for a domain, `net user NAME /domain`: if the account is there, the password was wrong",
  "user.no-local-account": "`net user NAME` or, for a domain, `net user NAME /domain`: is there such an account?",
  "clock.host": "`w32tm /stripchart` against a domain controller, on both machines",
  "host.not-rdp-user": "secpol.msc > Local Policies > User Rights Assignment: the right for the logon type in the evidence",
};

export function refusedLogons(asked: string | undefined) {
  return (look: Look, title: string): Answer => {
    const events = known(look, "refusedLogons");
    if (!events) return notKnown(title, whyNot(look, "refusedLogons"), asked !== undefined);
    if (asked === undefined) {
      if (events.length === 0) return { seen: [] };
      return notKnown(title, `${events.length} refused logons were collected: name an account to have its own explained`, false);
    }
    const names = [asked, ...accounts(look, asked).flatMap((one) => ("user" in one ? [one.user.name] : []))];
    const own = events.filter((one) => names.some((name) => isOf(one, name)));
    return explain(own, title, look);
  };
}

/** Events name the domain by its short name, by its DNS name, or within the user's name; only another short name is another account. */
function isOf({ user, domain }: RefusedLogon, name: string): boolean {
  const [asked] = /^.*(?=\\)/.exec(name) ?? [];
  return same(bareName(user), bareName(name)) && (asked === undefined || same(domain, asked) || domain === "" || domain.includes("."));
}

function explain(events: readonly RefusedLogon[], title: string, look: Look): Answer {
  const kinds = Map.groupBy(events, (event) => `${telling(event)} ${event.logonType}`);
  const incidents: Incident[] = [];
  const open: Missed[] = [];
  for (const some of kinds.values()) {
    const [event] = some;
    if (!event) continue;
    const candidates = causesOf(event).map(({ cause, verdict }): IncidentCandidate => {
      const value = `${telling(event)}, logon type ${event.logonType}`;
      const decidedBy = verdict === "confirmed" ? BY_NUMBER : (DECIDED_BY[cause] ?? BY_NUMBER);
      return { cause, verdict, evidence: [{ what: "event 4625", value, where: look.where("refusedLogons") }], decidedBy };
    });
    if (candidates.length === 0) open.push(missed(title, `${telling(event)} is no status that is known here`));
    else incidents.push(incident(some, candidates));
  }
  return { seen: [], incidents, missed: open };
}

function incident(events: readonly RefusedLogon[], candidates: IncidentCandidate[]): Incident {
  const times = events.map(({ at }) => at).sort((a, b) => Date.parse(a) - Date.parse(b));
  const users = [...new Set(events.map(({ domain, user }) => (domain === "" ? user : `${domain}\\${user}`)))];
  const [first] = events;
  return {
    kind: `windows-${first ? telling(first) : ""}`,
    count: events.length,
    ...(times[0] === undefined ? {} : { first: times[0] }),
    ...(times.at(-1) === undefined ? {} : { last: times.at(-1) as string }),
    users,
    candidates,
  };
}

/** The narrower of the two numbers. */
const telling = ({ status, subStatus }: RefusedLogon) => (subStatus === NONE ? status : subStatus);

function causesOf(event: RefusedLogon): { cause: CauseId; verdict: "confirmed" | "candidate" }[] {
  const status = telling(event);
  if (status === NAME_OR_PASSWORD)
    return ["user.password" as const, "user.no-local-account" as const].map((cause) => ({ cause, verdict: "candidate" }));
  // Between this machine and a domain controller: either of the two may be off.
  if (status === CLOCKS_APART) return [{ cause: "clock.host", verdict: "candidate" }];
  // The right of another kind of logon is no matter of remote desktop; under NLA the network's comes first.
  if (status === NO_RIGHT)
    return [{ cause: "host.not-rdp-user", verdict: event.logonType === REMOTE_INTERACTIVE ? "confirmed" : "candidate" }];
  const cause = WINDOWS_STATUS_CAUSES[status];
  return cause === undefined ? [] : [{ cause, verdict: "confirmed" }];
}

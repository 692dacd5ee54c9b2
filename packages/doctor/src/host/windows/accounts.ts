/** Finds the account that a person named, by SID or name, among the facts. */
import type { WindowsUser } from "./facts.ts";
import { isUnavailable } from "./facts.ts";
import { known, type Look, same, whyNot } from "./look.ts";

export type AccountFound = { user: WindowsUser } | { why: string };

const SID = /^S-1-\d/i;

/** Without `asked`: every account that was collected. */
export function accounts(look: Look, asked: string | undefined): AccountFound[] {
  const users = known(look, "users");
  if (asked === undefined) return (users ?? []).map((user) => ({ user }));
  const found = (users ?? []).filter(({ sid, name }) => (SID.test(asked) ? same(sid, asked) : sameAccount(name, asked)));
  const [only] = found;
  if (only && found.length === 1) return [{ user: only }];
  if (found.length > 1) return [{ why: `${asked} is ${found.map(({ name }) => name).join(" and ")}: name one with its domain` }];
  if (SID.test(asked)) return [{ user: { sid: asked.toUpperCase(), name: asked, groups: { unavailable: NOT_COLLECTED } } }];
  return [named(look, asked)];
}

const NOT_COLLECTED = "its groups in the domain were not collected: `collect.ps1 -User NAME` does";

/** A name that stands among the members of a group has its SID there. */
function named(look: Look, asked: string): AccountFound {
  const groups = known(look, "groups") ?? [];
  const members = groups.flatMap(({ members }) => (isUnavailable(members) ? [] : members));
  const sids = new Map(members.flatMap(({ sid, name }) => (name !== null && sameAccount(name, asked) ? [[sid, name] as const] : [])));
  const [only] = sids;
  if (only && sids.size === 1) return { user: { sid: only[0], name: only[1], groups: { unavailable: NOT_COLLECTED } } };
  if (sids.size > 1) return { why: `${asked} is ${[...sids.values()].join(" and ")}: name one with its domain` };
  const why = known(look, "users") ? `${asked} is not among the accounts that were collected` : whyNot(look, "users");
  return { why: `${why}; \`collect.ps1 -User ${asked}\` collects one` };
}

/** `alice` is any domain's; `CORP\alice` and `alice@corp.example` are one only. */
export function sameAccount(name: string, asked: string): boolean {
  return same(name, asked) || same(bareName(name), asked);
}

/** `alice` of `CORP\alice` and `alice@corp.example`. */
export const bareName = (name: string) => name.replace(/^.*\\/, "").replace(/@.*$/, "");

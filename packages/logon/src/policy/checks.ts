/** The conditions of a rule as a list of named checks: each knows why it did not hold, so that every decision can be explained. */
import type { ClientAddress, RuleConditions, Scenario, Zone } from "@sallyport/contracts";
import { isRemote, judgeZone } from "../zones.ts";
import { clockOf } from "./clock.ts";

/** What a rule is held against. `now`: the org's time, epoch ms. */
export interface Situation {
  zones: readonly Zone[];
  user: { id: string; login: string };
  /** Names of the user's groups. */
  groups: readonly string[];
  host: { id: string; name: string };
  service: string;
  scenario: Scenario;
  address?: ClientAddress | undefined;
  now: number;
}

/** `unknown`: cannot be judged here; a rule that lets in or asks then does not match, a rule that denies refuses. */
export type Held = { held: "yes" } | { held: "no" | "unknown"; because: string };

export interface Check {
  name: keyof RuleConditions;
  reason: string;
  judge(conditions: RuleConditions, situation: Situation): Held;
}

const YES: Held = { held: "yes" };
const no = (because: string): Held => ({ held: "no", because });
const unknown = (because: string): Held => ({ held: "unknown", because });

/** In this order; the first that does not hold is the explanation. The time of day comes last since it changes most. */
export const CHECKS: readonly Check[] = [
  {
    name: "users",
    reason: "the rule is for certain people",
    judge: ({ users }, { user }) => (!users || among(users, user.login, user.id) ? YES : no(`${user.login} is none of its users`)),
  },
  {
    name: "groups",
    reason: "the rule is for members of certain groups",
    judge: ({ groups }, { user, groups: own }) =>
      !groups || own.some((group) => among(groups, group)) ? YES : no(`${user.login} is in none of its groups (${groups.join(", ")})`),
  },
  {
    name: "hosts",
    reason: "the rule is for certain machines",
    judge: ({ hosts }, { host }) => (!hosts || among(hosts, host.name, host.id) ? YES : no(`${host.name} is none of its hosts`)),
  },
  {
    name: "scenarios",
    reason: "the rule is for certain kinds of logon",
    judge: ({ scenarios }, { scenario }) => (!scenarios || scenarios.includes(scenario) ? YES : no(`${scenario} is none of its scenarios`)),
  },
  {
    name: "services",
    reason: "the rule is for certain services",
    judge: ({ services }, { service }) => (!services || services.includes(service) ? YES : no(`${service} is none of its services`)),
  },
  {
    name: "remote",
    reason: "the rule is for remote or for local logons only",
    judge: ({ remote }, { service, address }) => {
      if (remote === undefined || remote === isRemote(service, address)) return YES;
      return no(remote ? "the logon is local" : "the logon is remote");
    },
  },
  { name: "zones", reason: "the rule is for certain networks", judge: judgeZones },
  { name: "notZones", reason: "the rule is for everywhere but certain networks", judge: judgeNotZones },
  { name: "days", reason: "the rule holds at certain times", judge: judgeTime },
];

function judgeZones({ zones: names }: RuleConditions, { zones, address }: Situation): Held {
  if (!names) return YES;
  const found = names.map((name) => inNamed(name, zones, address));
  if (found.includes("inside")) return YES;
  return found.includes("unknown")
    ? unknown(unknownAddress(address))
    : no(`${address?.value} is in none of its zones (${names.join(", ")})`);
}

function judgeNotZones({ notZones: names }: RuleConditions, { zones, address }: Situation): Held {
  if (!names) return YES;
  const found = names.map((name) => inNamed(name, zones, address));
  if (found.includes("inside")) return no(`${address?.value} is in a zone that it leaves out (${names.join(", ")})`);
  return found.includes("unknown") ? unknown(unknownAddress(address)) : YES;
}

/** A zone that does not exist cannot be judged: a rule that denies still denies, a rule that lets in does not. */
function inNamed(name: string, zones: readonly Zone[], address: ClientAddress | undefined) {
  const zone = zones.find((one) => one.name.toLowerCase() === name.toLowerCase());
  return zone ? judgeZone(zone, address) : "unknown";
}

function unknownAddress(address: ClientAddress | undefined): string {
  if (!address) return "the client's address is not known";
  if (address.origin === "claimed") return `the client's address ${address.value} is only claimed`;
  return `the client's address ${address.value} is no IP address, or a zone is missing`;
}

function judgeTime({ days, from, to, timeZone }: RuleConditions, { now }: Situation): Held {
  if (!days && from === undefined && to === undefined) return YES;
  const clock = clockOf(now, timeZone ?? "UTC");
  if (!clock) return unknown(`there is no time zone ${timeZone}`);
  const begin = from ?? "00:00";
  const end = to ?? "24:00";
  // 22:00–06:00 goes over midnight: its early part belongs to the day on which it began.
  const overnight = end < begin;
  const early = overnight && clock.time < end;
  const within = overnight ? early || clock.time >= begin : clock.time >= begin && clock.time < end;
  if (!within) return no(`it is ${clock.time} (${timeZone ?? "UTC"}), not between ${begin} and ${end}`);
  const day = early ? clock.dayBefore : clock.day;
  return !days || days.includes(day) ? YES : no(`it is ${day} (${timeZone ?? "UTC"})`);
}

function among(names: readonly string[], ...own: string[]): boolean {
  return names.some((name) => own.some((one) => one.toLowerCase() === name.toLowerCase()));
}

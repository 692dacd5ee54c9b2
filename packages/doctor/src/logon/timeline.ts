/** The steps of one logon in the order in which they happened, each by the org's clock and by the host's. */
import type { DiagnosisStep } from "@sallyport/contracts";
import type { AgentRecord, OrgRecord, Records } from "./records.ts";

/** Times in epoch ms; undefined where nothing says what that clock showed. */
interface Moment {
  org: number | undefined;
  host: number | undefined;
  what: string;
  where: string;
  part: "org" | "begun" | "ended";
}

/** An offset is measured over the network: half of a slow round trip. */
const CLOCK_ERROR_MS = 250;

/** Host clock minus the org's, in ms, as the records of this logon have it; undefined where none has both. */
export function offsetOf({ agent, org }: Records): number | undefined {
  const told = org.map(({ evidence }) => evidence["offsetMs"]).find((ms) => typeof ms === "number");
  const both = agent.filter(({ reported }) => !reported).map(({ time, orgTime }) => Date.parse(time) - Date.parse(orgTime ?? ""));
  return told ?? both.find((ms) => !Number.isNaN(ms));
}

export function timelineOf(records: Records): DiagnosisStep[] {
  const offset = offsetOf(records);
  const moments = [
    ...records.org.flatMap((record) => ofOrg(record, offset)),
    ...records.agent.flatMap((record) => ofAgent(record, offset)),
  ];
  // What stands on one clock only goes by that one: where the clocks differ unknown, the org's steps stand first.
  const place = ({ org, host }: Moment) => org ?? (offset === undefined ? Number.MAX_SAFE_INTEGER : (host ?? 0) - offset);
  const own = moments.filter(({ part }) => part === "org").map(place);
  const [first, last] = [Math.min(...own), Math.max(...own)];
  // The host begins before the org hears of it, and ends after its answer; how far the clocks differ is known to a few milliseconds only.
  const settled = (moment: Moment) => {
    const at = place(moment);
    if (moment.part === "begun" && at > first && at - first < CLOCK_ERROR_MS) return first - 0.5;
    return moment.part === "ended" && at < last && last - at < CLOCK_ERROR_MS ? last + 0.5 : at;
  };
  return moments.sort((a, b) => settled(a) - settled(b) || (a.host ?? 0) - (b.host ?? 0)).map(stepOf);
}

function ofOrg({ steps, where, host }: OrgRecord, offset: number | undefined): Moment[] {
  return steps.map(({ at, type, cause }) => {
    const org = timeOf(at);
    const shown = org === undefined || offset === undefined ? undefined : org + offset;
    return { org, host: shown, what: `the org: ${type}${cause ? ` (${cause})` : ""}, ${host}`, where, part: "org" };
  });
}

/** A record of the agent is written at the end, and says how long the logon took. */
function ofAgent(
  { time, orgTime, durationMs, result, cause, service, username, where, reported }: AgentRecord,
  offset: number | undefined,
): Moment[] {
  const org = timeOf(orgTime ?? "") ?? (offset === undefined ? undefined : minus(timeOf(time), offset));
  // A report has the org's time alone, as far as the host knew it.
  const host = reported ? (offset === undefined ? undefined : minus(org, -offset)) : timeOf(time);
  const who = [username, service && `(${service})`].filter(Boolean).join(" ");
  const end = `${result === "allow" ? "let in" : "refused"}${cause ? ` (${cause})` : ""}`;
  const ended: Moment = { org, host, what: `the host${reported ? ", as it told the org" : ""}: ${end}`, where, part: "ended" };
  if (durationMs === undefined) return [{ ...ended, what: [ended.what, who].filter(Boolean).join(", ") }];
  return [
    {
      org: minus(org, durationMs),
      host: minus(host, durationMs),
      what: ["the host: begun", who].filter(Boolean).join(", "),
      where,
      part: "begun",
    },
    ended,
  ];
}

function stepOf({ org, host, what, where }: Moment): DiagnosisStep {
  const [byOrg, byHost] = [iso(org), iso(host)];
  const title = byOrg ?? (byHost ? `${byHost} (host)` : "at a time that is not known");
  const other =
    byOrg === undefined
      ? "the org's clock: not known"
      : byHost === undefined
        ? "the host's clock: not known"
        : `${byHost} by the host's clock`;
  return { title, outcome: what, why: [`${other} (${where})`] };
}

function timeOf(text: string): number | undefined {
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

const minus = (at: number | undefined, ms: number) => (at === undefined ? undefined : at - ms);
// A time out of a log may lie beyond every calendar.
const iso = (at: number | undefined) => (at === undefined || Math.abs(at) > 8.64e15 ? undefined : new Date(at).toISOString());

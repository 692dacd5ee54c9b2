/** Compares three clocks, this machine's, the org's and a time server's, and says which one stands apart. */
import { type CauseId, LIMITS, type Proof, type Verdict } from "@sallyport/contracts";
import type { Answer, Seen } from "../../check.ts";
import { proof, zoneGuess } from "../../probe/judge.ts";
import type { ServerTime } from "../../probe/sntp.ts";
import type { OrgTime } from "./answer.ts";

/** This machine's clock minus another, in milliseconds. */
interface Offset {
  offsetMs: number;
  doubtMs: number;
}

export interface Clocks {
  org?: OrgTime | undefined;
  /** The org's time is signed by the pinned key, or came over a connection that is the org's beyond doubt. */
  vouched: boolean;
  servers: readonly { name: string; time: ServerTime }[];
}

type State = "off" | "fine" | "unclear";

function stateOf({ offsetMs, doubtMs }: Offset): State {
  const off = Math.abs(offsetMs);
  if (off - doubtMs > LIMITS.clockFindingMs) return "off";
  return off + doubtMs <= LIMITS.clockFindingMs ? "fine" : "unclear";
}

export function judgeClocks({ org, vouched, servers }: Clocks): Answer {
  const source = agreed(servers);
  const missed: Answer["missed"] = [];
  if (servers.length > 1 && source === undefined) {
    const told = servers.map(({ name, time }) => `${name}: this machine ${apart(time.offsetMs)} it`).join("; ");
    missed.push({ what: "the time servers", why: `they do not agree with each other (${told})` });
  }
  if (org === undefined) return { seen: source ? judgeBySource(source) : [], missed: [...missed, ...(source ? [] : [NOTHING])] };
  const facts = [proof("this machine's clock", `${apart(org.offsetMs)} the org's${org.by === "signed" ? " signed time" : ""}${zone(org)}`)];
  if (source === undefined) {
    missed.push({ what: "the org's own clock", why: "no time server was heard to hold it against" });
    const verdict: Record<State, Verdict> = { off: vouched ? "confirmed" : "candidate", fine: "ruled-out", unclear: "unknown" };
    return { seen: [one("clock.host", verdict[stateOf(org)], facts)], missed };
  }
  return { seen: judgeThree(org, source, vouched, facts), missed };
}

const NOTHING = { what: "this machine's clock", why: "neither the org nor a time server was heard to hold it against" };

interface Source extends Offset {
  names: string;
  /** Several servers that agree are believed against two clocks; a single one may itself be wrong. */
  several: boolean;
}

/** Most of the servers, if they agree within their doubt. */
function agreed(servers: Clocks["servers"]): Source | undefined {
  const sorted = [...servers].sort((a, b) => a.time.offsetMs - b.time.offsetMs);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (!middle) return undefined;
  const same = sorted.filter(
    ({ time }) => Math.abs(time.offsetMs - middle.time.offsetMs) <= LIMITS.clockFindingMs + time.doubtMs + middle.time.doubtMs,
  );
  if (same.length * 2 <= sorted.length) return undefined;
  const { offsetMs, doubtMs } = middle.time;
  return { offsetMs, doubtMs, names: same.map(({ name }) => name).join(", "), several: same.length > 1 };
}

function judgeBySource(source: Source): Seen[] {
  const verdict: Record<State, Verdict> = { off: source.several ? "confirmed" : "candidate", fine: "ruled-out", unclear: "unknown" };
  return [one("clock.host", verdict[stateOf(source)], [bySource(source)])];
}

function judgeThree(org: OrgTime, source: Source, vouched: boolean, facts: Proof[]): Seen[] {
  const orgsOwn = { offsetMs: source.offsetMs - org.offsetMs, doubtMs: source.doubtMs + org.doubtMs };
  const [host, hostBySource, orgBySource] = [stateOf(org), stateOf(source), stateOf(orgsOwn)];
  const all = [...facts, bySource(source), proof("the org's clock", `${apart(orgsOwn.offsetMs)} the time of ${source.names}`)];
  const both = (ours: Verdict, theirs: Verdict): Seen[] => [one("clock.host", ours, all), one("clock.org", theirs, all)];
  if (orgBySource === "unclear" || host === "unclear") return both("unknown", "unknown");
  const sure: Verdict = vouched ? "confirmed" : "candidate";
  if (orgBySource === "fine") return both(host === "off" ? "confirmed" : "ruled-out", "ruled-out");
  if (hostBySource === "fine") return both("ruled-out", sure);
  const bySeveral: Verdict = source.several ? "confirmed" : "candidate";
  // Host and org agree against one server: it may be the server.
  return host === "fine" ? both(bySeveral, bySeveral) : both(sure, bySeveral);
}

const one = (cause: CauseId, verdict: Verdict, evidence: Proof[]): Seen => ({ cause, verdict, evidence });

const bySource = (source: Source) => proof("this machine's clock", `${apart(source.offsetMs)} the time of ${source.names}${zone(source)}`);

/** `3600 s fast against`, `0.2 s slow against`. */
function apart(offsetMs: number): string {
  const seconds = Math.abs(offsetMs) / 1000;
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s ${offsetMs > 0 ? "fast" : "slow"} against`;
}

function zone(offset: Offset): string {
  const guess = stateOf(offset) === "off" ? zoneGuess(offset.offsetMs) : undefined;
  return guess === undefined ? "" : `; as much as the time zone ${guess}: perhaps local time was taken for UTC`;
}

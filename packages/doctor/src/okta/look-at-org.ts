/** Looks at an org of the other product that need no secret: its name, the way to it, its certificate, its clock, who answers. */
import type { Answer, Check, Missed, Seen } from "../check.ts";
import type { Question, Reply } from "../probe/ask.ts";
import { hostOf, Unresolved } from "../probe/connect.ts";
import { type Peer, shortName, systemRoots } from "../probe/handshake.ts";
import {
  codeOf,
  describeReply,
  isOwnFault,
  judgeLate,
  judgeStranger,
  judgeWay,
  lacksVersion,
  saw,
  speaksNoTls,
  zoneGuess,
} from "../probe/judge.ts";
import { Late, placeOf, Visit } from "../probe/visit.ts";
import { VENDOR_DOMAINS } from "./config-values.ts";

export interface OrgFacts {
  org: URL;
}

/** Public metadata of an org (the vendor's API: WellKnownOrgMetadata); answered without an account. */
const METADATA = "/.well-known/okta-organization";
const QUESTION: Question = { method: "GET", path: METADATA };
/** Beyond this a signed request is refused by any usual leeway; the vendor's own is not public. */
export const CLOCK_WRONG_MS = 300_000;
export const CLOCK_DOUBTFUL_MS = 60_000;
/** The backstop of a step; its own time is the visit's. */
const STEP_MS = 7000;

/** What the network does now says nothing of what it did when a log was written: it rules out no cause of an incident. */
const NOW: Pick<Seen, "explains"> = { explains: [] };

/**
 * For one run: the checks share one connection. `clock`: this machine's, in milliseconds since 1970; passed in, so that a test can be late.
 * `compared`: the settings were given, so that the org that answers can be held against the one that they name.
 */
export function orgChecks<Facts extends OrgFacts>(clock: () => number, compared: boolean): Check<Facts>[] {
  let made: Visit | undefined;
  const visit = (url: URL) => {
    made ??= new Visit({ url, question: QUESTION, clock });
    return made;
  };
  const step = (
    code: string,
    title: string,
    dependsOn: string[],
    run: (visit: Visit, signal: AbortSignal) => Promise<Answer>,
  ): Check<Facts> => ({
    code,
    title,
    dependsOn,
    needs: ["org"],
    limitMs: STEP_MS,
    run: ({ org }, signal) => run(visit(org), signal),
  });
  return [
    step("org.dns", "the org's name", [], lookAtName),
    step("org.tcp", "the way to the org", ["org.dns"], lookAtWay),
    step("org.tls", "the org's certificate", ["org.tcp"], (one, signal) => lookAtCertificate(one, signal, clock)),
    step("org.answer", "who answers, and the clock", ["org.tcp"], (one, signal) => lookAtAnswer(one, signal, compared)),
  ];
}

async function lookAtName(visit: Visit, signal: AbortSignal): Promise<Answer> {
  const host = hostOf(visit.plan.url);
  try {
    return { seen: [saw("net.dns", "ruled-out", host, (await visit.addresses(signal)).slice(0, 4).join(", "), NOW)] };
  } catch (error) {
    if (signal.aborted || !(error instanceof Late || error instanceof Unresolved)) throw error;
    return { seen: [saw("net.dns", "confirmed", host, codeOf(error))] };
  }
}

async function lookAtWay(visit: Visit, signal: AbortSignal): Promise<Answer> {
  const addresses = await visit.addresses(signal);
  try {
    await visit.tunnel(signal);
  } catch (error) {
    if (signal.aborted || isOwnFault(error)) throw error;
    return { seen: [judgeWay(error, visit, addresses)] };
  }
  return {
    seen: (["net.refused", "net.timeout", "net.unreachable"] as const).map((cause) =>
      saw(cause, "ruled-out", placeOf(visit.plan.url), "a TCP connection came about", NOW),
    ),
  };
}

async function lookAtCertificate(visit: Visit, signal: AbortSignal, clock: () => number): Promise<Answer> {
  const { url } = visit.plan;
  if (url.protocol !== "https:") return { seen: [], missed: [{ what: "the org's certificate", why: "the address is not https" }] };
  if (systemRoots().length === 0)
    return { seen: [], missed: [{ what: "the org's certificate", why: "this machine has no store of trusted certificates", asked: true }] };
  try {
    const peer = await visit.peer(signal);
    return { seen: peer ? judgePeer(peer, hostOf(url), clock()) : [] };
  } catch (error) {
    if (signal.aborted) throw error;
    return noHandshake(error);
  }
}

/** What this machine offers is not what .NET offers there, so a handshake that works rules out nothing about versions. */
function noHandshake(error: unknown): Answer {
  const what = "TLS handshake";
  if (error instanceof Late) return { seen: [judgeLate(error, what)] };
  const code = codeOf(error);
  if (lacksVersion(code)) return { seen: [saw("tls.version", "confirmed", what, code)] };
  if (speaksNoTls(code)) return { seen: [saw("http.unexpected", "confirmed", what, "what answers does not speak TLS")] };
  return { seen: (["tls.inspected", "tls.version"] as const).map((cause) => saw(cause, "candidate", what, code)) };
}

const DATES: Record<string, "tls.expired" | "tls.not-yet"> = { CERT_HAS_EXPIRED: "tls.expired", CERT_NOT_YET_VALID: "tls.not-yet" };

function judgePeer(peer: Peer, host: string, now: number): Seen[] {
  const [leaf] = peer.chain;
  const [from, to] = [leaf.validFrom, leaf.validTo].map((day) => new Date(day));
  const dates = `${from?.toISOString()} to ${to?.toISOString()}`;
  const late = now > Number(to) ? "tls.expired" : now < Number(from) ? "tls.not-yet" : DATES[peer.error ?? ""];
  const seen = (["tls.expired", "tls.not-yet"] as const).map((cause) =>
    saw(cause, late === cause ? "confirmed" : "ruled-out", "certificate", `${dates}; this machine's time ${new Date(now).toISOString()}`),
  );
  seen.push(saw("tls.name", peer.nameError ? "confirmed" : "ruled-out", "names in the certificate", peer.names));
  const issuer = shortName((peer.chain.at(-1) ?? leaf).issuer);
  const { chainError } = peer;
  seen.push(saw("tls.untrusted", chainError ? "confirmed" : "ruled-out", "issuer", chainError ? `${issuer} (${chainError})` : issuer));
  // The vendor's own addresses have a certificate of a public authority.
  if (VENDOR_DOMAINS.some((domain) => host.endsWith(`.${domain}`)) && !peer.publicRoot) {
    seen.push(saw("tls.inspected", "candidate", "issuer", `${issuer} is no public authority`));
  }
  return seen;
}

async function lookAtAnswer(visit: Visit, signal: AbortSignal, compared: boolean): Promise<Answer> {
  try {
    const reply = await visit.reply(signal);
    return { seen: [...judgeClock(reply), ...judgeReply(reply, compared)] };
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof Late) return { seen: [judgeLate(error, METADATA)] };
    const missed: Missed = { what: "who answers, and the clock", why: `no answer: ${codeOf(error)}`, asked: true };
    return { seen: [], missed: [missed] };
  }
}

function judgeClock({ date, at }: Reply): Seen[] {
  if (!date) return [];
  // The header has whole seconds: on average it is half a second old.
  const offset = at - date.getTime() - 500;
  const seconds = Math.round(Math.abs(offset) / 1000);
  const zone = zoneGuess(offset) === undefined ? "" : "; near a multiple of 15 minutes: a time zone taken for UTC";
  const said = `${seconds} s ${offset > 0 ? "ahead of" : "behind"} the org's${zone}`;
  const verdict = seconds * 1000 >= CLOCK_WRONG_MS ? "confirmed" : seconds * 1000 >= CLOCK_DOUBTFUL_MS ? "candidate" : "ruled-out";
  return [saw("clock.host", verdict, "this machine's clock", said)];
}

function judgeReply(reply: Reply, compared: boolean): Seen[] {
  const told = describeReply(reply);
  const stranger = judgeStranger(reply);
  // A page with a status of its own may be the vendor's answer to a path that is not served there.
  if (stranger !== undefined && !(stranger === "net.captive" && reply.status >= 400 && reply.status !== 511))
    return [saw(stranger, "confirmed", METADATA, stranger === "net.captive" ? `${told} where JSON was due` : told)];
  if (reply.status === 200 && isOrg(reply.body)) {
    return [
      saw(
        "url.wrong-org",
        "ruled-out",
        METADATA,
        "an org of the vendor answers; whether it is yours, its sign-in page shows",
        compared ? { decides: true } : { explains: [] },
      ),
      saw("net.captive", "ruled-out", METADATA, told, NOW),
    ];
  }
  return [saw("url.wrong-org", "candidate", METADATA, `${told}: not what an org of the vendor answers`)];
}

function isOrg(body: string): boolean {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && "id" in value && "pipeline" in value;
  } catch {
    return false;
  }
}

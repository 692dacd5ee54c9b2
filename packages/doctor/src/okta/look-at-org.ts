/** Looks at an org of the other product that need no secret: its name, the way to it, its certificate, its clock, who answers. */
import { hostname } from "node:os";
import type { CauseId, Proof, Verdict } from "@sallyport/contracts";
import type { Answer, Check, Missed, Seen } from "../check.ts";
import { VENDOR_DOMAINS } from "./config-values.ts";
import { ask, hostOf, openTcp, type Peer, portOf, type Reply, resolveHost, shakeHands, systemRoots } from "./org-probe.ts";

export interface OrgFacts {
  org: URL;
}

/** Public metadata of an org (the vendor's API: WellKnownOrgMetadata); answered without an account. */
const METADATA = "/.well-known/okta-organization";
/** Beyond this a signed request is refused by any usual leeway; the vendor's own is not public. */
const CLOCK_WRONG_MS = 300_000;
const CLOCK_DOUBTFUL_MS = 60_000;
const QUARTER_MS = 15 * 60_000;

/** What the network does now says nothing of what it did when a log was written: it rules out no cause of an incident. */
const NOW: Pick<Seen, "explains"> = { explains: [] };

/**
 * `clock`: this machine's, in milliseconds since 1970; passed in, so that a test can be late. `compared`: the settings were given, so that
 * the org that answers can be held against the one that they name.
 */
export function orgChecks<Facts extends OrgFacts>(clock: () => number, compared: boolean): Check<Facts>[] {
  return [
    { code: "org.dns", title: "the org's name", dependsOn: [], needs: ["org"], limitMs: 3000, run: ({ org }) => lookAtName(org) },
    {
      code: "org.tcp",
      title: "the way to the org",
      dependsOn: ["org.dns"],
      needs: ["org"],
      limitMs: 3500,
      run: ({ org }, signal) => lookAtWay(org, signal),
    },
    {
      code: "org.tls",
      title: "the org's certificate",
      dependsOn: ["org.tcp"],
      needs: ["org"],
      limitMs: 5000,
      run: ({ org }, signal) => lookAtCertificate(org, signal, clock),
    },
    {
      code: "org.answer",
      title: "who answers, and the clock",
      dependsOn: ["org.tcp"],
      needs: ["org"],
      limitMs: 6000,
      run: ({ org }, signal) => lookAtAnswer(org, signal, clock, compared),
    },
  ];
}

const here = () => `seen from ${hostname()}`;
const proof = (what: string, value: string): Proof => ({ what, value, where: here() });
const saw = (cause: CauseId, verdict: Verdict, what: string, value: string, more: Partial<Seen> = {}): Seen => ({
  cause,
  verdict,
  evidence: [proof(what, value)],
  ...more,
});
const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));

async function lookAtName(org: URL): Promise<Answer> {
  const host = hostOf(org);
  try {
    return { seen: [saw("net.dns", "ruled-out", host, (await resolveHost(host)).slice(0, 4).join(", "), NOW)] };
  } catch (error) {
    return { seen: [saw("net.dns", "confirmed", host, codeOf(error))] };
  }
}

const WAYS: Record<string, CauseId> = {
  ECONNREFUSED: "net.refused",
  ETIMEDOUT: "net.timeout",
  ENETUNREACH: "net.unreachable",
  EHOSTUNREACH: "net.unreachable",
  ECONNRESET: "net.unreachable",
};

async function lookAtWay(org: URL, signal: AbortSignal): Promise<Answer> {
  const where = `${hostOf(org)} port ${portOf(org)}`;
  try {
    await openTcp(org, signal);
  } catch (error) {
    if (signal.aborted) return { seen: [saw("net.timeout", "confirmed", where, "no answer to a TCP connection")] };
    return { seen: [saw(WAYS[codeOf(error)] ?? "net.unreachable", "confirmed", where, codeOf(error))] };
  }
  return {
    seen: (["net.refused", "net.timeout", "net.unreachable"] as const).map((cause) =>
      saw(cause, "ruled-out", where, "a TCP connection came about", NOW),
    ),
  };
}

async function lookAtCertificate(org: URL, signal: AbortSignal, clock: () => number): Promise<Answer> {
  if (org.protocol !== "https:") return { seen: [], missed: [{ what: "the org's certificate", why: "the address is not https" }] };
  if (systemRoots().length === 0)
    return { seen: [], missed: [{ what: "the org's certificate", why: "this machine has no store of trusted certificates", asked: true }] };
  try {
    return { seen: judgePeer(await shakeHands(org, signal), hostOf(org), clock()) };
  } catch (error) {
    if (signal.aborted) throw error;
    return noHandshake(codeOf(error));
  }
}

/** What this machine offers is not what .NET offers there, so a handshake that works rules out nothing about versions. */
function noHandshake(code: string): Answer {
  if (/UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|HANDSHAKE_FAILURE|NO_SHARED_CIPHER|NO_PROTOCOLS/.test(code)) {
    return { seen: [saw("tls.version", "confirmed", "TLS handshake", code)] };
  }
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH|HTTP_REQUEST/.test(code)) {
    return { seen: [saw("http.unexpected", "confirmed", "TLS handshake", "what answers does not speak TLS")] };
  }
  return { seen: (["tls.inspected", "tls.version"] as const).map((cause) => saw(cause, "candidate", "TLS handshake", code)) };
}

const DATES: Record<string, "tls.expired" | "tls.not-yet"> = { CERT_HAS_EXPIRED: "tls.expired", CERT_NOT_YET_VALID: "tls.not-yet" };

function judgePeer(peer: Peer, host: string, now: number): Seen[] {
  const dates = `${peer.from.toISOString()} to ${peer.to.toISOString()}`;
  const late = now > peer.to.getTime() ? "tls.expired" : now < peer.from.getTime() ? "tls.not-yet" : DATES[peer.error ?? ""];
  const seen = (["tls.expired", "tls.not-yet"] as const).map((cause) =>
    saw(cause, late === cause ? "confirmed" : "ruled-out", "certificate", `${dates}; this machine's time ${new Date(now).toISOString()}`),
  );
  seen.push(saw("tls.name", peer.nameError ? "confirmed" : "ruled-out", "names in the certificate", peer.names));
  const chain = peer.error !== undefined && !(peer.error in DATES) && !/ALTNAME/.test(peer.error) ? peer.error : undefined;
  seen.push(saw("tls.untrusted", chain ? "confirmed" : "ruled-out", "issuer", chain ? `${peer.issuer} (${chain})` : peer.issuer));
  // The vendor's own addresses have a certificate of a public authority.
  if (VENDOR_DOMAINS.some((domain) => host.endsWith(`.${domain}`)) && !peer.publicRoot) {
    seen.push(saw("tls.inspected", "candidate", "issuer", `${peer.issuer} is no public authority`));
  }
  return seen;
}

async function lookAtAnswer(org: URL, signal: AbortSignal, clock: () => number, compared: boolean): Promise<Answer> {
  let reply: Reply;
  try {
    reply = await ask(org, METADATA, signal, clock);
  } catch (error) {
    if (signal.aborted) return { seen: [saw("net.timeout", "confirmed", METADATA, "no answer to a request")] };
    const missed: Missed = { what: "who answers, and the clock", why: `no answer: ${codeOf(error)}`, asked: true };
    return { seen: [], missed: [missed] };
  }
  return { seen: [...judgeClock(reply), ...judgeReply(reply, compared)] };
}

function judgeClock({ date, at }: Reply): Seen[] {
  if (!date) return [];
  // The header has whole seconds: on average it is half a second old.
  const offset = at - date.getTime() - 500;
  const seconds = Math.round(Math.abs(offset) / 1000);
  const quarters = Math.round(offset / QUARTER_MS);
  const zone =
    quarters !== 0 && Math.abs(offset - quarters * QUARTER_MS) < 90_000 ? "; near a multiple of 15 minutes: a time zone taken for UTC" : "";
  const said = `${seconds} s ${offset > 0 ? "ahead of" : "behind"} the org's${zone}`;
  const verdict = seconds * 1000 >= CLOCK_WRONG_MS ? "confirmed" : seconds * 1000 >= CLOCK_DOUBTFUL_MS ? "candidate" : "ruled-out";
  return [saw("clock.host", verdict, "this machine's clock", said)];
}

function judgeReply({ status, type, body }: Reply, compared: boolean): Seen[] {
  const told = `${status}${type ? `, ${type.slice(0, 60)}` : ""}`;
  if (status === 407) return [saw("net.proxy-auth", "confirmed", METADATA, told)];
  if (status === 429) return [saw("http.rate-limited", "confirmed", METADATA, told)];
  if (status >= 500) return [saw("http.server-error", "confirmed", METADATA, told)];
  if (/text\/html/i.test(type) && status < 400) return [saw("net.captive", "confirmed", METADATA, `${told} where JSON was due`)];
  if (status === 200 && isOrg(body)) {
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

/** The looks at the way from this host to its org, one after the other on one connection; and the clocks beside it. */
import { readOrgUrl } from "@sallyport/contracts";
import type { Answer, Check, Seen } from "../../check.ts";
import { hostOf } from "../../probe/connect.ts";
import { systemRoots } from "../../probe/handshake.ts";
import { codeOf, isOwnFault, judgeLate, judgeTunnel, judgeWay, lacksVersion, saw, speaksNoTls } from "../../probe/judge.ts";
import { Late, placeOf, type Visit } from "../../probe/visit.ts";
import type { NetworkFacts } from "./facts.ts";
import { Look } from "./look.ts";
import { judgeName } from "./name.ts";

export { BRING_NETWORK, type KnownTimeServer, type NetworkFacts, type OrgTrust, type PinnedTime } from "./facts.ts";
export { readTimeServers } from "./time-servers.ts";

export interface NetworkOptions {
  /** This machine's clock, in milliseconds since 1970; passed in, so that a test can be late. */
  clock?: () => number;
}

/** The backstop of a step; its own time is the visit's. */
const STEP_MS = 7000;

/** For one run: the checks share one connection. */
export function networkChecks<Facts extends NetworkFacts>({ clock = Date.now }: NetworkOptions = {}): Check<Facts>[] {
  const look = new Look(clock);
  const step = (
    code: string,
    title: string,
    dependsOn: readonly string[],
    run: (facts: NetworkFacts, signal: AbortSignal) => Promise<Answer>,
  ): Check<Facts> => ({ code, title, dependsOn, needs: ["org"], limitMs: STEP_MS, run });
  return [
    {
      code: "net.url",
      title: "the org's URL",
      dependsOn: [],
      needs: [],
      run: async ({ orgTyped }) => ({ seen: orgTyped === undefined ? [] : judgeUrl(orgTyped) }),
    },
    step("net.dns", "the name to connect to", [], (facts, signal) => judgeName(look.visit(facts), signal)),
    step("net.tcp", "the connection", ["net.dns"], (facts, signal) => connect(look, facts, signal)),
    step("net.tls", "the TLS handshake", ["net.tcp"], (facts, signal) => shakeHands(look, facts, signal)),
    step("net.answer", "who answers", ["net.tls"], (facts, signal) => look.answer(facts, signal)),
    step("net.certificate", "the org's certificate", ["net.tls"], (facts, signal) => certificate(look, facts, signal)),
    // Also where the org is not heard: then the time server alone tells.
    {
      code: "net.clock",
      title: "the clocks",
      dependsOn: [],
      needs: [],
      limitMs: STEP_MS,
      run: (facts, signal) => look.clocks(facts, signal),
    },
  ];
}

function judgeUrl({ value, where }: NonNullable<NetworkFacts["orgTyped"]>): Seen[] {
  const read = readOrgUrl(value);
  const one = (cause: Seen["cause"], verdict: Seen["verdict"], said: string): Seen => ({
    cause,
    verdict,
    evidence: [{ what: "org", value: said, where }],
  });
  // The value is not told where it is no URL: what stands before an @ can be a password.
  if (!read.ok) return [one("url.malformed", "confirmed", read.reason)];
  const slash = read.forgiven.includes("url.trailing-slash");
  return [
    one("url.malformed", "ruled-out", read.url),
    one(
      "url.trailing-slash",
      slash ? "confirmed" : "ruled-out",
      slash ? `${value} ends in a slash, character ${value.length}` : `${read.url} ends with the host name`,
    ),
  ];
}

async function connect(look: Look, facts: NetworkFacts, signal: AbortSignal): Promise<Answer> {
  const visit = look.visit(facts);
  const addresses = await visit.addresses(signal);
  try {
    const socket = await visit.connection(signal);
    const to = socket.remoteAddress ?? addresses.join(", ");
    return { seen: [saw("net.refused", "ruled-out", placeOf(visit.first), `connected to ${to}`), ...(await passProxy(visit, signal))] };
  } catch (error) {
    if (signal.aborted || isOwnFault(error)) throw error;
    return { seen: [judgeWay(error, visit, addresses)] };
  }
}

async function passProxy(visit: Visit, signal: AbortSignal): Promise<Seen[]> {
  const { proxy, url } = visit.plan;
  if (proxy === undefined) return [];
  const what = `proxy ${proxy.host}`;
  try {
    await visit.tunnel(signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return [
      error instanceof Late
        ? saw("net.proxy-block", error.cut ? "candidate" : "confirmed", what, error.message)
        : judgeTunnel(error, visit),
    ];
  }
  return (["net.proxy-auth", "net.proxy-block"] as const).map((cause) =>
    saw(cause, "ruled-out", what, `opened a tunnel to ${placeOf(url)}`),
  );
}

async function shakeHands(look: Look, facts: NetworkFacts, signal: AbortSignal): Promise<Answer> {
  const visit = look.visit(facts);
  try {
    const peer = await visit.peer(signal);
    return { seen: peer ? [saw("tls.version", "ruled-out", "TLS handshake", peer.version)] : [] };
  } catch (error) {
    if (signal.aborted) throw error;
    return noHandshake(error, look, facts, signal);
  }
}

async function noHandshake(error: unknown, look: Look, facts: NetworkFacts, signal: AbortSignal): Promise<Answer> {
  const what = "TLS handshake";
  if (error instanceof Late) return { seen: [judgeLate(error, what)] };
  const code = codeOf(error);
  if (speaksNoTls(code)) return { seen: [saw("url.wrong-org", "confirmed", what, `what answers there does not speak TLS (${code})`)] };
  const version = lacksVersion(code);
  if (version !== undefined) {
    const old = await look.visit(facts).oldVersion(signal);
    const said = `${code}; this host offers TLS 1.2 and 1.3${old ? `, the other side speaks ${old}` : ""}`;
    return { seen: [saw("tls.version", version === "sure" || old ? "confirmed" : "candidate", what, said)] };
  }
  if (/ECONNRESET|EPIPE/.test(code))
    return { seen: [saw("net.unreachable", "confirmed", what, `the connection was cut off in the middle (${code})`)] };
  if (/UNRECOGNIZED_NAME/.test(code))
    return { seen: [saw("tls.name", "candidate", what, `the other side has no certificate for ${hostOf(facts.org)} (${code})`)] };
  return { seen: [], missed: [{ what: "the TLS handshake", why: code, asked: true }] };
}

async function certificate(look: Look, facts: NetworkFacts, signal: AbortSignal): Promise<Answer> {
  if (facts.org.protocol !== "https:") return { seen: [], missed: [{ what: "the org's certificate", why: "the address is not https" }] };
  if (systemRoots().length === 0 && facts.trust?.anchor === undefined)
    return { seen: [], missed: [{ what: "the org's certificate", why: "this machine has no store of trusted certificates", asked: true }] };
  return { seen: await look.certificate(facts, signal) };
}

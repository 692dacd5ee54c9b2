/** What a step of the way to an org means: errors of the system, of TLS and of HTTP as causes, the same for whichever org it is. */
import { hostname } from "node:os";
import type { CauseId, Proof, Verdict } from "@sallyport/contracts";
import type { Seen } from "../check.ts";
import type { Reply } from "./ask.ts";
import { Late, NoTunnel, placeOf, type Visit } from "./visit.ts";

const here = () => `seen from ${hostname()}`;
export const proof = (what: string, value: string): Proof => ({ what, value, where: here() });
export const saw = (cause: CauseId, verdict: Verdict, what: string, value: string, more: Partial<Seen> = {}): Seen => ({
  cause,
  verdict,
  evidence: [proof(what, value)],
  ...more,
});

export const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));

/** Of several addresses each has its own error. */
const codesOf = (error: unknown): string[] => (error instanceof AggregateError ? error.errors.map(codeOf) : [codeOf(error)]);

/** This machine has nothing left to connect with: that says nothing of the way. */
export const isOwnFault = (error: unknown) => codesOf(error).every((code) => /^(EMFILE|ENFILE|ENOMEM|ENOBUFS|EAGAIN)$/.test(code));

/** Why no TCP connection came about. */
export function judgeWay(error: unknown, visit: Visit, addresses: readonly string[]): Seen {
  const to = placeOf(visit.first);
  const where = `${visit.plan.proxy === undefined ? "" : "proxy "}${to}${addresses.includes(to.split(" ")[0] ?? "") ? "" : ` at ${addresses.join(", ")}`}`;
  if (error instanceof Late) return judgeLate(error, where);
  const codes = codesOf(error);
  const cause = codes.includes("ECONNREFUSED") ? "net.refused" : codes.includes("ETIMEDOUT") ? "net.timeout" : "net.unreachable";
  return saw(cause, "confirmed", where, `${[...new Set(codes)].join(", ")} to a TCP connection`);
}

/** A step that had its full time and did not come about; one that was cut short proves nothing. */
export function judgeLate(late: Late, what: string): Seen {
  return saw("net.timeout", late.cut ? "candidate" : "confirmed", what, late.message);
}

const GATEWAY: Record<number, string> = { 502: "it got no good answer there", 503: "it has no way there", 504: "nobody answered it there" };

/** Why the proxy opened no tunnel. */
export function judgeTunnel(error: unknown, visit: Visit): Seen {
  const what = `proxy ${visit.plan.proxy?.host ?? ""}`;
  if (!(error instanceof NoTunnel)) return saw("net.proxy-block", "confirmed", what, `asked for a tunnel: ${messageOf(error)}`);
  const { status, reason, scheme } = error.answer;
  if (status === 407) return saw("net.proxy-auth", "confirmed", what, `407 ${reason}${scheme ? `; it wants ${scheme}` : ""}`);
  const meant = GATEWAY[status] ? `; ${GATEWAY[status]}` : "";
  return saw("net.proxy-block", "confirmed", what, `${status} ${reason} to CONNECT ${placeOf(visit.plan.url)}${meant}`);
}

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  return code === undefined || error.message.includes(code) ? error.message : `${code}: ${error.message}`;
}

/** What OpenSSL says when a common version or cipher is missing; `sure` where nothing else is behind it. */
export function lacksVersion(code: string): "sure" | "perhaps" | undefined {
  if (/UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|VERSION_TOO_LOW|NO_PROTOCOLS|INSUFFICIENT_SECURITY|NO_SHARED_CIPHER/.test(code)) return "sure";
  return /HANDSHAKE_FAILURE/.test(code) ? "perhaps" : undefined;
}

export const speaksNoTls = (code: string) => /WRONG_VERSION_NUMBER|PACKET_LENGTH|HTTP_REQUEST/.test(code);

/** `404, text/html; “Sign in”`. */
export function describeReply({ status, type, location, body }: Reply): string {
  const title = /html/i.test(type) ? (/<title>([^<]{0,80})/i.exec(body)?.[1]?.trim() ?? "") : "";
  return [
    String(status),
    ...(type ? [type.slice(0, 60)] : []),
    ...(title ? [`“${title}”`] : []),
    ...(location ? [`on to ${location.slice(0, 120)}`] : []),
  ].join(", ");
}

/** What an answer that does not come from the org's own code means; nothing for one that may be the org's. */
export function judgeStranger(reply: Reply): CauseId | undefined {
  const { status, type, body } = reply;
  if (status === 407) return "net.proxy-auth";
  if (status === 511) return "net.captive";
  if (status === 429) return "http.rate-limited";
  // A proxy in front of the org may answer 5xx with a page.
  if (status >= 500) return "http.server-error";
  const page = /html/i.test(type) || /^\s*<(!doctype|html|head|body|meta|script)/i.test(body);
  return page || (status >= 300 && status < 400) ? "net.captive" : undefined;
}

const QUARTER_MS = 15 * 60_000;

/** The offset of a time zone that was probably taken for UTC: `+02:00`, where the clock is off by about as much. */
export function zoneGuess(offsetMs: number): string | undefined {
  const quarters = Math.round(offsetMs / QUARTER_MS);
  // No zone is further from UTC than 14 hours.
  if (quarters === 0 || Math.abs(quarters) > 56 || Math.abs(offsetMs - quarters * QUARTER_MS) >= 90_000) return undefined;
  const [hours, rest] = [Math.floor(Math.abs(quarters) / 4), (Math.abs(quarters) % 4) * 15];
  return `${quarters > 0 ? "+" : "-"}${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
}

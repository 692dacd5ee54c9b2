/** Who answers at the org's address: its signed time, held against the key that this host pinned, decides. */
import { randomBytes } from "node:crypto";
import { type CauseId, errorObject, JWS_TYPES, timeAnswer, timeClaims } from "@sallyport/contracts";
import type { Answer, Seen } from "../../check.ts";
import type { Question, Reply } from "../../probe/ask.ts";
import { codeOf, describeReply, judgeLate, judgeStranger, proof, saw } from "../../probe/judge.ts";
import { Late } from "../../probe/visit.ts";
import type { NetworkFacts, OrgTrust } from "./facts.ts";

/** Everybody may ask for the org's signed time, and nothing changes by it. */
export const TIME_PATH = "/api/v1/time";

/** `page`, `stranger`: whatever it is, it is not the org, and its certificate is none of the org's. */
export type Who = "our-org" | "some-org" | "stranger" | "page" | "unknown";

/** The clock of whoever answered. */
export interface OrgTime {
  /** This machine's clock minus the org's, in milliseconds. */
  offsetMs: number;
  doubtMs: number;
  /** `signed`: by the key that the host pinned. `claimed`: only the connection vouches for it. */
  by: "signed" | "claimed";
}

export interface Heard {
  who: Who;
  seen: Seen[];
  time?: OrgTime;
}

export function timeQuestion(trust: OrgTrust | undefined): { nonce: string; question: Question } {
  const nonce = randomBytes(16).toString("base64url");
  const newest = trust?.time?.newest;
  const body = JSON.stringify({ nonce, ...(newest === undefined ? {} : { decisionKey: newest }) });
  return { nonce, question: { method: "POST", path: TIME_PATH, body } };
}

export async function hear(reply: Reply, nonce: string, { trust }: Pick<NetworkFacts, "trust">): Promise<Heard> {
  const told = describeReply(reply);
  const stranger = judgeStranger(reply);
  if (stranger !== undefined) return hearStranger(stranger, reply, told);
  const json = parseJson(reply);
  const date = timeOfHeader(reply);
  if (reply.status >= 400) return { ...hearRefusal(json, reply.status, told), ...date };
  const answer = timeAnswer.safeParse(json);
  if (!answer.success) {
    const shown = json === undefined ? "not JSON" : "JSON, but no signed time";
    const seen = [
      saw("http.unexpected", "confirmed", TIME_PATH, `${told}: ${shown}`),
      saw("url.wrong-org", "candidate", TIME_PATH, "an org signs its time there"),
    ];
    return { who: "unknown", seen, ...date };
  }
  if (trust?.time === undefined) return hearSomeOrg(answer.data.time, nonce, reply);
  const opened = await trust.time.open(answer.data, nonce);
  if (!opened.ok) {
    const value = `its signed time does not hold under the decision key that this host pinned: ${opened.detail}`;
    return { who: "stranger", seen: [saw("url.wrong-org", "confirmed", TIME_PATH, value)], ...date };
  }
  const value = "its signed time holds under the decision key that this host pinned";
  return { who: "our-org", seen: answered(saw("url.wrong-org", "ruled-out", TIME_PATH, value)), time: timeOf(opened.now, reply, "signed") };
}

/** Why nothing was heard. */
export function judgeSilence(error: unknown): Answer {
  if (error instanceof Late) return { seen: [judgeLate(error, "a request to the org")] };
  const code = codeOf(error);
  if (/^HPE_/.test(code)) return { seen: [saw("http.unexpected", "confirmed", TIME_PATH, `what answers does not speak HTTP (${code})`)] };
  if (/^(ECONNRESET|EPIPE)$/.test(code))
    return { seen: [saw("net.unreachable", "confirmed", TIME_PATH, `the connection was cut off before an answer (${code})`)] };
  return { seen: [], missed: [{ what: "who answers", why: `no answer: ${code}`, asked: true }] };
}

function hearStranger(cause: CauseId, reply: Reply, told: string): Heard {
  const named = cause === "http.server-error" ? orgsOwn(reply) : undefined;
  const value =
    cause === "net.captive"
      ? `${told} where JSON was due`
      : `${told}${reply.retryAfter ? `, again after ${reply.retryAfter.slice(0, 32)} s` : ""}`;
  const seen = [saw(named?.cause ?? cause, "confirmed", TIME_PATH, named ? `${told}, error id ${named.errorId}` : value)];
  return { who: cause === "net.captive" || cause === "net.proxy-auth" ? "page" : "unknown", seen, ...timeOfHeader(reply) };
}

/** A database that is down or a full queue is named by the org itself; only its own causes are believed in a 5xx. */
function orgsOwn(reply: Reply): { cause: CauseId; errorId: string } | undefined {
  const { data } = errorObject.safeParse(parseJson(reply));
  return data?.cause?.startsWith("org.") ? { cause: data.cause, errorId: data.errorId.slice(0, 64) } : undefined;
}

function hearRefusal(json: unknown, status: number, told: string): Pick<Heard, "who" | "seen"> {
  const error = errorObject.safeParse(json);
  // Every org of ours knows the path; one of the other product's answers in the same shape that it does not.
  const strange = json !== undefined && (!error.success || status === 404 || status === 405);
  if (!strange) return { who: "unknown", seen: [saw("http.unexpected", "confirmed", TIME_PATH, told)] };
  const value = `${told}: ${error.success ? "it knows no signed time, so that it is no Sallyport org" : "no answer of an org"}`;
  return { who: "stranger", seen: [saw("url.wrong-org", "confirmed", TIME_PATH, value)] };
}

/** Without a pinned key the form alone is looked at: that it is an org, not whose. */
function hearSomeOrg(jws: string, nonce: string, reply: Reply): Heard {
  const claims = readUnverified(jws);
  if (claims === undefined || claims.nonce !== nonce) {
    const value = claims ? "its time is for another question" : "what it calls its signed time is none";
    return { who: "stranger", seen: [saw("url.wrong-org", "confirmed", TIME_PATH, value)] };
  }
  const value = "a Sallyport org answers; whether it is this host's, only the decision key of an enrolment shows";
  return { who: "some-org", seen: answered(saw("url.wrong-org", "unknown", TIME_PATH, value)), time: timeOf(claims.now, reply, "claimed") };
}

function readUnverified(jws: string): { nonce: string; now: number } | undefined {
  try {
    const [header, payload] = jws.split(".").map((part) => Buffer.from(part, "base64url").toString("utf8"));
    if (JSON.parse(header ?? "").typ !== JWS_TYPES.time) return undefined;
    return timeClaims.parse(JSON.parse(payload ?? ""));
  } catch {
    return undefined;
  }
}

const RULED_OUT = ["net.timeout", "net.unreachable", "net.captive", "http.rate-limited", "http.server-error", "http.unexpected"] as const;

const answered = (who: Seen): Seen[] => [who, ...RULED_OUT.map((cause) => saw(cause, "ruled-out", TIME_PATH, "an org answered"))];

/** The header has whole seconds: on average it is half a second old. */
function timeOfHeader({ date, at, tookMs }: Reply): { time?: OrgTime } {
  if (!date) return {};
  return { time: { offsetMs: Math.round(at - date.getTime() - 500), doubtMs: 500 + tookMs / 2, by: "claimed" } };
}

function timeOf(now: number, { at, tookMs }: Reply, by: OrgTime["by"]): OrgTime {
  return { offsetMs: Math.round(at - now), doubtMs: tookMs / 2, by };
}

function parseJson({ type, body }: Reply): unknown {
  if (!/^application\/([a-z.]+\+)?json\b/i.test(type)) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** What the certificate said of somebody who is not the org, for the finding that names them. */
export function withCertificate(seen: readonly Seen[], shown: string): Seen[] {
  return seen.map((one) => (one.verdict === "confirmed" ? { ...one, evidence: [...one.evidence, proof("its certificate", shown)] } : one));
}

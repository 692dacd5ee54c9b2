/** Reads an HTTP answer: a value to the schema, a refusal by the org, or a fault with its cause. */
import { type CauseId, type ErrorObject, errorObject } from "@sallyport/contracts";
import type * as z from "zod";
import type { Evidence } from "../finding.ts";
import type { LinkFault } from "./fault.ts";
import type { RawAnswer } from "./transport.ts";

export type Answer<T> =
  | { kind: "ok"; value: T }
  /** The org understood and said no (4xx with its error object). `again`: to the repeat of a question whose first answer was lost. */
  | { kind: "refused"; status: number; cause: CauseId; evidence: Evidence; error: ErrorObject; again?: true }
  | { kind: "fault"; fault: LinkFault };

export interface Asked {
  endpoint: string;
  secure: boolean;
  viaProxy: boolean;
}

export function readAnswer<S extends z.ZodType>(raw: RawAnswer, schema: S, asked: Asked): Answer<z.output<S>> {
  const fault = (cause: CauseId, evidence: Evidence): Answer<never> => ({
    kind: "fault",
    fault: { cause, evidence, phase: "answer", status: raw.status, authenticated: asked.secure, viaProxy: asked.viaProxy },
  });
  const { endpoint } = asked;
  const seen = { status: raw.status, contentType: raw.contentType.slice(0, 64), endpoint };
  const json = parseJson(raw);
  const error = errorObject.safeParse(json);
  if (raw.status === 407) return fault("net.proxy-auth", seen);
  if (raw.status === 511) return fault("net.captive", seen);
  if (raw.status === 429) return fault("http.rate-limited", rateLimit(raw, endpoint));
  // A reverse proxy of the org may answer 5xx in HTML; TLS proved that it is the org's.
  if (raw.status >= 500) return fault(serverCause(error.data), { ...seen, ...(error.success ? { errorId: error.data.errorId } : {}) });
  if (looksLikeHtml(raw) || (raw.status >= 300 && raw.status < 400)) return fault("net.captive", { ...seen, title: titleOf(raw.text) });
  if (raw.status >= 200 && raw.status < 300) {
    const value = json === undefined ? undefined : schema.safeParse(json);
    if (value?.success) return { kind: "ok", value: value.data };
    const issue = value?.error?.issues[0];
    return fault("http.unexpected", { ...seen, excerpt: issue ? `${issue.path.join(".")}: ${issue.message}`.slice(0, 256) : "not JSON" });
  }
  if (!error.success)
    return fault(json === undefined ? "http.unexpected" : "url.wrong-org", { ...seen, answer: "no error object of an org" });
  return refusal(raw.status, error.data, seen);
}

/** The generic 401 names no cause on purpose: an unknown id and a wrong key get the same answer (S16). */
function refusal(status: number, error: ErrorObject, seen: Evidence): Answer<never> {
  const generic: CauseId = status === 401 ? "client.unknown" : "http.unexpected";
  const note: Evidence = error.cause ? {} : { ...seen, errorCode: error.errorCode, summary: error.errorSummary.slice(0, 256) };
  return {
    kind: "refused",
    status,
    cause: error.cause ?? generic,
    evidence: { ...note, ...flatten(error.evidence), errorId: error.errorId },
    error,
  };
}

/** A database that is down or a full queue is named by the org itself; only its own causes are believed in a 5xx. */
function serverCause(error: ErrorObject | undefined): CauseId {
  return error?.cause?.startsWith("org.") ? error.cause : "http.server-error";
}

function rateLimit(raw: RawAnswer, endpoint: string): Evidence {
  const seconds = Number(raw.retryAfter);
  return { endpoint, ...(Number.isFinite(seconds) ? { retryAfterSeconds: seconds } : {}) };
}

function parseJson(raw: RawAnswer): unknown {
  if (!/^application\/([a-z.]+\+)?json\b/i.test(raw.contentType)) return undefined;
  try {
    return JSON.parse(raw.text);
  } catch {
    return undefined;
  }
}

function looksLikeHtml(raw: RawAnswer): boolean {
  return /html/i.test(raw.contentType) || /^\s*<(!doctype|html|head|body|meta|script)/i.test(raw.text);
}

function titleOf(text: string): string {
  return (/<title>([^<]{0,128})/i.exec(text)?.[1] ?? "").trim();
}

/** Evidence of the org in the flat form that logs and reports take. */
export function flatten(evidence: Record<string, unknown> | undefined): Evidence {
  const flat: Evidence = {};
  for (const [key, value] of Object.entries(evidence ?? {})) {
    if (value === null || value === undefined) continue;
    flat[key] =
      typeof value === "number" || typeof value === "boolean"
        ? value
        : (typeof value === "string" ? value : JSON.stringify(value)).slice(0, 1024);
  }
  return flat;
}

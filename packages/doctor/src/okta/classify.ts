/** Names the kind of an exception, and the causes that its own evidence already proves. Never more than that. */
import type { CauseId } from "@sallyport/contracts";
import { hasType, ownFrame, type Signals } from "./signals.ts";

export interface Classified {
  /** As in `http-401`, `secret-unusable`, `tls-handshake`; the key of an incident. */
  kind: string;
  /** Causes that this very exception proves. */
  proved: CauseId[];
  /** What decided the kind, as what and value; never the raw line, which may hold a secret. */
  shown: { what: string; value: string }[];
  /** Thrown by another program, whose log lies beside. */
  foreign?: boolean;
}

type Rule = (signals: Signals) => { kind: string; proved?: CauseId[] } | undefined;

/** The first rule that speaks decides; what is written by .NET itself comes before what could be anything. */
const RULES: readonly Rule[] = [secret, httpStatus, trust, handshake, name, connection, timeout, ownFiles, dialog, noAnswer, anyOther];

/** `cut`: the file ends within the event. */
export function classify(signals: Signals, cut = false): Classified | undefined {
  const found = RULES.reduce<ReturnType<Rule>>((known, rule) => known ?? rule(signals), undefined);
  if (!found) return undefined;
  const vague = found.kind === "no-answer" || (found.kind === "not-connected" && !found.proved?.length);
  const kind = cut && vague && isUnfinished(signals) ? "cut-off" : found.kind;
  return { kind, proved: found.proved ?? [], shown: shownOf(signals) };
}

/** A message that breaks off before its number or its stack may have been about anything. */
function isUnfinished({ text }: Signals): boolean {
  return !/\([^()\n]*\)/.test(text.replace(/\(0x\w+\)/, "")) && !/[.。]$/.test(text.trimEnd());
}

function shownOf(signals: Signals): Classified["shown"] {
  const shown: Classified["shown"] = [];
  if (signals.types.length > 0) shown.push({ what: "exception", value: signals.types.join(" ← ") });
  if (signals.status !== undefined) shown.push({ what: "HTTP status", value: String(signals.status) });
  if (signals.code !== undefined) shown.push({ what: "Windows error", value: signals.code });
  if (signals.quotedHost !== undefined && hasType(signals, "WebException")) shown.push({ what: "name", value: signals.quotedHost });
  const bits = /HS(256|384|512)\W.{0,80}\b128\b/.exec(signals.text);
  if (bits) shown.push({ what: "message", value: `the key for HS${bits[1]} is shorter than 128 bits` });
  if (BLOCKED.test(signals.text)) shown.push({ what: "message", value: "content was blocked: no valid security certificate" });
  const said = DIALOGS.find(([pattern]) => pattern.test(signals.text));
  if (said && signals.types.length === 0) shown.push({ what: "message", value: said[2] });
  const frame = ownFrame(signals);
  if (frame) shown.push({ what: "thrown in", value: frame });
  return shown;
}

/** Only the stored secret is decoded there; and only a key that is too short is told the 128 bits. */
function secret(signals: Signals) {
  const { text } = signals;
  const tooShort = /HS(?:256|384|512)\W.{0,80}\b128\b|\bIDX10(?:603|630|653|720)\b/.test(text);
  if (tooShort) return { kind: "secret-unusable", proved: ["client.secret-mangled" as const] };
  const decoding = /\.unencryptData ?\(/.test(text);
  if (hasType(signals, "FormatException")) {
    if (decoding) return { kind: "secret-unusable", proved: ["client.secret-mangled" as const] };
    if (/FromBase64|Base-64/.test(text)) return { kind: "secret-unusable" };
  }
  return decoding ? { kind: "secret-unusable" } : undefined;
}

function httpStatus({ status }: Signals) {
  if (status === undefined) return undefined;
  const kind = `http-${status}`;
  if (status === 407) return { kind, proved: ["net.proxy-auth" as const] };
  if (status === 429) return { kind, proved: ["http.rate-limited" as const] };
  if (status >= 500) return { kind, proved: ["http.server-error" as const] };
  return status === 401 || status === 403 || status === 404 ? { kind } : { kind, proved: ["http.unexpected" as const] };
}

/** What the widget's window shows (article on certificates). */
const BLOCKED = /not signed by a valid security certificate/;
/** SEC_E_UNTRUSTED_ROOT, SEC_E_CERT_EXPIRED, SEC_E_WRONG_PRINCIPAL (winerror.h). */
const TRUST_CODES: Record<string, CauseId> = { "0x80090325": "tls.untrusted", "0x80090328": "tls.expired", "0x80090322": "tls.name" };
/** SEC_E_ALGORITHM_MISMATCH (winerror.h): “do not possess a common algorithm”. */
const NO_COMMON_ALGORITHM = "0x80090331";

function trust(signals: Signals) {
  const proved = TRUST_CODES[signals.code ?? ""];
  if (proved) return { kind: "tls-trust", proved: [proved] };
  const texts =
    /trust relationship for the SSL|remote certificate is invalid|not signed by a valid security certificate|did not match pinned/;
  if (texts.test(signals.text)) return { kind: "tls-trust" };
  const refused = hasType(signals, "AuthenticationException") && !hasType(signals, "Win32Exception");
  return refused && /\b(?:SslState|SslStream|TlsStream)\b/.test(signals.text) && !hasType(signals, "IOException")
    ? { kind: "tls-trust" }
    : undefined;
}

function handshake(signals: Signals) {
  const { text, code } = signals;
  if (code === NO_COMMON_ALGORITHM || /do not possess a common algorithm/.test(text)) {
    return { kind: "tls-handshake", proved: ["tls.version" as const] };
  }
  const network = hasType(signals, "WebException") || hasType(signals, "IOException") || hasType(signals, "SocketException");
  if (!network) return undefined;
  // “SSL/TLS” stands so in every translation; the frames are .NET's own names.
  const words = /SSL\/TLS|unexpected error occurred on a (?:send|receive)|forcibly closed|closed the transport stream/;
  const frames = /\bSystem\.Net\.(?:TlsStream|Security\.Ssl)/;
  if (words.test(text) || frames.test(text)) return { kind: "tls-handshake" };
  return hasType(signals, "IOException") && hasType(signals, "SocketException") ? { kind: "tls-handshake" } : undefined;
}

function name(signals: Signals) {
  const lookedUp = /\bSystem\.Net\.Dns\.|name could not be resolved|No such host is known/.test(signals.text);
  if (lookedUp && (hasType(signals, "WebException") || hasType(signals, "SocketException"))) {
    return { kind: "name-not-resolved", proved: ["net.dns" as const] };
  }
  return hasType(signals, "WebException") && signals.quotedHost !== undefined ? { kind: "name-not-resolved" } : undefined;
}

const SOCKET_WORDS: [RegExp, CauseId][] = [
  [/actively refused|aktiv verweigert|Verbindung verweigerte/, "net.refused"],
  [/did not properly respond|failed to respond/, "net.timeout"],
  [/unreachable (?:network|host)/, "net.unreachable"],
];

function connection(signals: Signals) {
  const connecting = /Unable to connect to the remote server|\.(?:DoConnect|InternalEndConnect|ConnectSocketInternal|EndConnect) ?\(/;
  if (!connecting.test(signals.text) && !hasType(signals, "SocketException")) return undefined;
  const proved = SOCKET_WORDS.find(([pattern]) => pattern.test(signals.text))?.[1];
  return { kind: "not-connected", proved: proved ? [proved] : [] };
}

function timeout(signals: Signals) {
  const said = /operation has timed out|Zeitlimit|Timeout f/.test(signals.text) && hasType(signals, "WebException");
  if (said) return { kind: "timed-out", proved: ["net.timeout" as const] };
  // What was waited for, or who gave up waiting, these two do not say.
  return hasType(signals, "TimeoutException") || hasType(signals, "TaskCanceledException") ? { kind: "timed-out" } : undefined;
}

/** Exceptions whose type alone says which of its own files or values is at fault. */
const OWN: [string, string, CauseId[]][] = [
  ["UriFormatException", "url-malformed", ["url.malformed"]],
  ["FileNotFoundException", "file-missing", []],
  ["DirectoryNotFoundException", "file-missing", []],
  ["UnauthorizedAccessException", "file-unreadable", []],
  ["JsonReaderException", "not-json", []],
  ["JsonSerializationException", "not-json", []],
  ["CryptographicException", "secret-unusable", []],
];

function ownFiles(signals: Signals) {
  const row = OWN.find(([type]) => hasType(signals, type));
  return row && { kind: row[1], proved: row[2] };
}

const DIALOGS: [RegExp, string, string][] = [
  [/MFA Bypass/, "dialog-mfa-bypass", "MFA Bypass"],
  [/Display Failed/, "dialog-display-failed", "Display Failed"],
  [/Multi[- ]?[Ff]actor Authentication Failed/, "dialog-failed", "Multi Factor Authentication Failed"],
];

function dialog({ types, text }: Signals) {
  if (types.length > 0) return undefined;
  const row = DIALOGS.find(([pattern]) => pattern.test(text));
  return row && { kind: row[1] };
}

/** A translated WebException without number, name or inner exception: it says no more than that there was no answer. */
function noAnswer(signals: Signals) {
  return hasType(signals, "WebException") ? { kind: "no-answer" } : undefined;
}

function anyOther(signals: Signals) {
  if (signals.types.length === 0) return ownFrame(signals) ? { kind: "cut-off" } : undefined;
  return { kind: `exception-${(signals.types.at(-1) ?? "").split(".").at(-1)}` };
}

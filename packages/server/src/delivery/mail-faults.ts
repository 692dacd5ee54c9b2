/** Says of every error in a dialogue with a mail server where it is, what is wrong, and who can put it right. */
import type { DeliveryPlace, MailSettings } from "@sallyport/contracts";
import type { PostFault } from "../flows/post.ts";

/** As nodemailer throws it. */
interface SmtpError extends Error {
  code?: string;
  /** Of the system or of OpenSSL, below nodemailer's. */
  originalCode?: string;
  /** The command that the server answered, such as `RCPT TO`. */
  command?: string;
  responseCode?: number;
  response?: string;
}

const NETWORK = "See that it runs, and that the org's machine reaches this port (firewall)";
const TRUST = "Give the org the authority that signed it: sallyport mail set --ca FILE";
const NOT_TRUSTED = `shows a certificate of an authority that the org does not trust. ${TRUST}`;
const NO_TLS = "speaks no TLS from the first byte on this port. Use its port for smtps (465), or smtp:// with STARTTLS (587)";

/** By Node's and OpenSSL's codes. */
const SYSTEM: Record<string, [DeliveryPlace, string]> = {
  ENOTFOUND: ["dns", "has a name that nobody knows. Check the spelling, or the name service (DNS) of the org's machine"],
  EAI_AGAIN: ["dns", "has a name that could not be looked up: the name service (DNS) of the org's machine does not answer"],
  ECONNREFUSED: ["connect", `refuses the connection: nothing listens on this port. ${NETWORK}`],
  EHOSTUNREACH: ["connect", `cannot be reached: there is no way to this address. ${NETWORK}`],
  ENETUNREACH: ["connect", `cannot be reached: there is no way to this network. ${NETWORK}`],
  ECONNRESET: ["connect", `broke the connection off. ${NETWORK}`],
  EPIPE: ["connect", `broke the connection off. ${NETWORK}`],
  CERT_HAS_EXPIRED: ["tls", "shows a certificate that has expired. Whoever runs it has to give it a new one"],
  CERT_NOT_YET_VALID: ["tls", "shows a certificate that is not valid yet. Check the clocks of the org's machine and of the mail server"],
  ERR_TLS_CERT_ALTNAME_INVALID: ["tls", "shows a certificate for other names. Write the server as its certificate names it"],
  DEPTH_ZERO_SELF_SIGNED_CERT: ["tls", `shows a certificate that it signed itself, and that the org does not trust. ${TRUST}`],
  SELF_SIGNED_CERT_IN_CHAIN: ["tls", NOT_TRUSTED],
  UNABLE_TO_GET_ISSUER_CERT: ["tls", NOT_TRUSTED],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ["tls", NOT_TRUSTED],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ["tls", `shows a certificate without the authorities above it. ${TRUST}`],
  CERT_SIGNATURE_FAILURE: ["tls", NOT_TRUSTED],
  ERR_SSL_WRONG_VERSION_NUMBER: ["tls", NO_TLS],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ["tls", NO_TLS],
  ERR_OSSL_PEM_ASN1_LIB: ["settings", "cannot be judged: trust.ca is no readable certificate. Give the PEM again"],
};

export function mailFault(thrown: unknown, settings: MailSettings, server: string): PostFault {
  const error = thrown as SmtpError;
  const [place, says] = judge(error, settings);
  const { responseCode } = error;
  const permanent = (place === "recipient" || place === "message") && responseCode !== undefined && responseCode >= 500;
  const code = responseCode === undefined ? (error.originalCode ?? error.code ?? "no code") : replyCode(error);
  return {
    place,
    sentence: `The mail server ${server} ${says}.`,
    error: error.response ?? error.message,
    server,
    permanent,
    // One person's full mailbox or mistyped address says nothing of everybody else's mail.
    channel: place !== "recipient" && place !== "message",
    logged: `${place}: ${code}${error.command && responseCode !== undefined ? ` to ${error.command}` : ""}`,
  };
}

/** RFC 3463: numbers only. The text behind them names addresses. */
function replyCode({ response = "", responseCode }: SmtpError): string {
  const enhanced = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1];
  return enhanced === undefined ? String(responseCode) : `${responseCode} ${enhanced}`;
}

function judge(error: SmtpError, settings: MailSettings): [DeliveryPlace, string] {
  const { code, command, responseCode } = error;
  const system = SYSTEM[error.originalCode ?? ""] ?? byMessage(error.message);
  if (system) return system;
  if (code === "EDNS") return SYSTEM["ENOTFOUND"] as [DeliveryPlace, string];
  if (code === "EABORT" || code === "ETIMEDOUT") return ["connect", `did not answer in time. ${NETWORK}`];
  if (command === "STARTTLS" || code === "ETLS") return ["tls", startTls(settings)];
  if (code === "EAUTH" || code === "ENOAUTH") return ["auth", authSays(error, settings)];
  if (command === "MAIL FROM") return ["sender", senderSays(responseCode, settings)];
  if (command === "RCPT TO" || (code === "EENVELOPE" && command === "API"))
    return ["recipient", `does not take mail for this address${later(responseCode)}. Its answer says why`];
  if (command === "DATA") return ["message", `did not take the mail${later(responseCode)}. Its answer says why`];
  if (code === "EPROTOCOL")
    return ["connect", "did not greet as a mail server does. See that it is one, and whether smtps:// or smtp:// fits its port"];
  return ["connect", `broke the dialogue off. ${NETWORK}`];
}

const later = (responseCode: number | undefined) => (responseCode !== undefined && responseCode < 500 ? " now; it may later" : "");

function startTls({ server }: MailSettings): string {
  if (server.startsWith("smtps:")) return "could not agree on TLS with the org";
  return "offers no STARTTLS, or somebody on the way took it out of its answer. Nothing was said in clear. Use smtps:// and its port (465)";
}

function authSays({ responseCode }: SmtpError, { user }: MailSettings): string {
  if (user === undefined) return "wants an account: sallyport mail set --user NAME --secret-file FILE";
  if (responseCode !== undefined && responseCode < 500) return "cannot check the account now; it may later";
  return "refuses the account: its name or its password is wrong. Give the present password: sallyport mail set --secret-file FILE";
}

function senderSays(responseCode: number | undefined, { user, from }: MailSettings): string {
  if (responseCode === 530)
    return user === undefined ? authSays({} as SmtpError, { user } as MailSettings) : "wants the dialogue to be encrypted";
  return `does not send for the sender ${from}${later(responseCode)}. Have it allowed for the org's account, or choose another (--from)`;
}

/** Over STARTTLS nodemailer keeps only the words of OpenSSL and Node. */
const WORDS: [RegExp, string][] = [
  [/self-signed certificate in certificate chain/i, "SELF_SIGNED_CERT_IN_CHAIN"],
  [/self-signed certificate/i, "DEPTH_ZERO_SELF_SIGNED_CERT"],
  [/unable to get (local )?issuer certificate/i, "UNABLE_TO_GET_ISSUER_CERT"],
  [/unable to verify the first certificate/i, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  [/certificate has expired/i, "CERT_HAS_EXPIRED"],
  [/certificate is not yet valid/i, "CERT_NOT_YET_VALID"],
  [/does not match certificate's altnames/i, "ERR_TLS_CERT_ALTNAME_INVALID"],
  [/wrong version number|packet length too long/i, "ERR_SSL_WRONG_VERSION_NUMBER"],
];

function byMessage(message: string): [DeliveryPlace, string] | undefined {
  const found = WORDS.find(([words]) => words.test(message));
  return found && SYSTEM[found[1]];
}

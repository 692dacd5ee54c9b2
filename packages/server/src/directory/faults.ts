/** Says of every error on the way to a directory what is wrong and who can put it right. */
import { ResultCodeError } from "ldapts";
import { DirectoryFault } from "../flows/directory.ts";
import { SUB_CODES, subCodeOf } from "./sub-codes.ts";

/** A fault at one server. `elsewhere`: another server of the same directory may do better. */
export class ServerFault extends DirectoryFault {
  readonly elsewhere: boolean;

  constructor(server: string, sentence: string, error: string, elsewhere: boolean) {
    super(sentence, { server, error });
    this.elsewhere = elsewhere;
  }
}

const NETWORK = "See that the directory runs and that the org's machine reaches this address (firewall, name service).";
const CERTIFICATE = "Whoever runs the directory has to give this server a new certificate.";
const TRUST = "Give the source the authority that signed it (trust.ca), or the pin of its key (trust.pin).";

/** By Node's and OpenSSL's codes. */
const CODES: Record<string, string> = {
  ECONNREFUSED: `refuses the connection: nothing listens on this port. ${NETWORK}`,
  ENOTFOUND: `has a name that nobody knows. Check the spelling in the source, or the name service (DNS) of the org's machine.`,
  EAI_AGAIN: `has a name that could not be looked up: the name service (DNS) of the org's machine does not answer.`,
  ETIMEDOUT: `did not answer in time. ${NETWORK}`,
  EHOSTUNREACH: `cannot be reached: there is no way to this address. ${NETWORK}`,
  ENETUNREACH: `cannot be reached: there is no way to this network. ${NETWORK}`,
  ECONNRESET: `broke the connection off. ${NETWORK} A port that speaks no TLS does so, too.`,
  EPIPE: `broke the connection off. ${NETWORK}`,
  CERT_HAS_EXPIRED: `shows a certificate that has expired. ${CERTIFICATE}`,
  CERT_NOT_YET_VALID: `shows a certificate that is not valid yet. Check the clocks of the org's machine and of the directory.`,
  ERR_TLS_CERT_ALTNAME_INVALID: `shows a certificate for other names. Write the server in the source as its certificate names it, or have a certificate made for this name.`,
  DEPTH_ZERO_SELF_SIGNED_CERT: `shows a certificate that it signed itself, and that the source does not trust. ${TRUST}`,
  SELF_SIGNED_CERT_IN_CHAIN: `shows a certificate of an authority that the source does not trust. ${TRUST}`,
  UNABLE_TO_GET_ISSUER_CERT: `shows a certificate of an authority that the source does not trust. ${TRUST}`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `shows a certificate of an authority that the source does not trust. ${TRUST}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `shows a certificate without the authorities above it. ${TRUST}`,
  CERT_SIGNATURE_FAILURE: `shows a certificate that the authority of the source did not sign. ${TRUST}`,
  PIN: `shows no certificate with the key of the source's pin. If the key was renewed, give the source the new pin (trust.pin); if not, somebody else answers.`,
  ERR_SSL_WRONG_VERSION_NUMBER: "speaks no TLS on this port. Use the port for ldaps (636), or ldap:// with startTls.",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "speaks no TLS on this port. Use the port for ldaps (636), or ldap:// with startTls.",
  ERR_OSSL_PEM_ASN1_LIB: "cannot be judged: the source's trust.ca is no readable certificate. Paste the PEM again.",
};

/** By the result codes of RFC 4511 §4.1.9; `stays`: the same at every server of this directory. */
const RESULTS: Record<number, { says: string; stays?: boolean }> = {
  1: { says: "could not do it (operations error). If it says that a bind is needed, the account of the source has no rights." },
  2: { says: "did not understand the request (protocol error). It may not be a directory, or not take StartTLS: try ldaps://." },
  3: { says: "ran out of its own time for the search. Have its time limit raised for the source's account, or narrow the base." },
  4: {
    says: "gives out fewer entries than there are (its size limit). Have the limit lifted for the source's account, also for paged results.",
    stays: true,
  },
  8: { says: "wants the connection to be encrypted (strong authentication required). Use ldaps://, or switch startTls on.", stays: true },
  10: {
    says: "sends us to another server, and that is not followed (referral). Name that server, or a base that this one holds.",
    stays: true,
  },
  11: { says: "gives out fewer entries than there are (its own limit). Have the limit lifted for the source's account.", stays: true },
  12: { says: "cannot give its answer in pages. This control (RFC 2696) is needed." },
  13: { says: "wants the connection to be encrypted. Use ldaps://, or switch startTls on.", stays: true },
  32: {
    says: "has no entry at the base of the source, or hides it from the source's account. Check the base, and the account's right to read it.",
    stays: true,
  },
  34: { says: "does not take the base or the account's name for a distinguished name. Check base and bindDn.", stays: true },
  48: { says: "does not let this account log on with a password. Choose another account.", stays: true },
  49: {
    says: "refuses the source's account: its name or its password is wrong. Give the source the account's present password: sallyport source edit NAME --secret-file FILE.",
    stays: true,
  },
  50: { says: "does not let the source's account read this. Whoever runs the directory has to give it the right.", stays: true },
  51: { says: "is busy. Try again later." },
  52: { says: "is not available just now. Try again later." },
  53: { says: "is not willing to do it. Its own log has the reason." },
};

/** @param error as thrown by Node or ldapts @param server the URL that was asked */
export function faultOf(error: unknown, server: string): ServerFault {
  if (error instanceof ServerFault) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof ResultCodeError) return resultFault(error, server);
  const known = typeof code === "string" ? CODES[code] : undefined;
  if (known !== undefined) return new ServerFault(server, `${server} ${known}`, `${code}`, true);
  if (/timed out/i.test(message)) return new ServerFault(server, `${server} did not answer in time. ${NETWORK}`, "time limit", true);
  if (/socket|connection/i.test(message))
    return new ServerFault(server, `${server} broke the connection off before it had answered. ${NETWORK}`, clean(message), true);
  return new ServerFault(server, `${server} gave an answer that cannot be read. Its own log may have the reason.`, clean(message), true);
}

function resultFault({ code, message }: ResultCodeError, server: string): ServerFault {
  const subCode = subCodeOf(message);
  const known = code === 49 && subCode !== undefined ? SUB_CODES[subCode] : undefined;
  const error = `result ${code}: ${clean(message)}`;
  if (known && subCode !== "52e")
    return new ServerFault(
      server,
      `${server} refuses the source's account: it ${known.words}. Whoever runs the directory can change that.`,
      error,
      false,
    );
  const row = RESULTS[code];
  const says = row?.says ?? "refused the request. Its own log may have the reason.";
  return new ServerFault(server, `${server} ${says}`, error, !row?.stays);
}

/** What a server or a library said, cut to a line. */
const clean = (text: string) =>
  text
    .replace(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, 300);

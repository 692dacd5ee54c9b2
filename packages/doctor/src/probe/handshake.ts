/** Shakes hands over TLS and judges nothing: a chain that does not hold is a finding, not an error. */
import { X509Certificate } from "node:crypto";
import { isIP, type Socket } from "node:net";
import * as tls from "node:tls";
import { certificateChain, type ShownCertificate, signedPath } from "@sallyport/contracts";
import { settled } from "./connect.ts";

export interface Peer {
  /** As the peer showed it, leaf first, with the trusted certificates that were found above; never empty. */
  chain: readonly [X509Certificate, ...X509Certificate[]];
  /** The part of it in which each certificate truly signed the one before. */
  path: readonly X509Certificate[];
  /** OpenSSL's word for what is wrong, such as CERT_HAS_EXPIRED; of several faults the last one that it met. */
  error?: string;
  /** The same for the chain alone, whatever its dates: UNABLE_TO_GET_ISSUER_CERT_LOCALLY. */
  chainError?: string;
  /** What is wrong with the name, if it is. */
  nameError?: string;
  names: string;
  /** The chain ends in an authority that browsers trust, not in one of this machine's own. */
  publicRoot: boolean;
  version: string;
}

/** The store of the system, not Node's own: what the other product trusts on Windows is what the system trusts. */
export function systemRoots(): readonly string[] {
  return tls.getCACertificates("system");
}

export interface Hello {
  host: string;
  /** Trusted besides the system's store, also in the middle of a chain. */
  anchor?: string | undefined;
}

/** Rejects with OpenSSL's error if no common ground is found. The caller destroys the socket that comes back. */
export async function shakeHands(
  socket: Socket,
  { host, anchor }: Hello,
  signal: AbortSignal,
): Promise<{ secure: tls.TLSSocket; peer: Peer }> {
  const ca = [...systemRoots(), ...(anchor === undefined ? [] : [anchor])];
  const secure = tls.connect({
    socket,
    secureContext: tls.createSecureContext({ ca, minVersion: "TLSv1.2", allowPartialTrustChain: anchor !== undefined }),
    ...(isIP(host) ? {} : { servername: host }),
    ALPNProtocols: ["http/1.1"],
    rejectUnauthorized: false,
  });
  await settled(secure, "secureConnect", signal);
  return { secure, peer: peerOf(secure, host, ca) };
}

/** The newest version that the peer speaks if it is older than ours, by a handshake that says yes to everything. */
export async function oldVersion(socket: Socket, host: string, signal: AbortSignal): Promise<string | undefined> {
  const secure = tls.connect({
    socket,
    ...(isIP(host) ? {} : { servername: host }),
    rejectUnauthorized: false,
    minVersion: "TLSv1",
    ciphers: "ALL:COMPLEMENTOFALL:@SECLEVEL=0",
  });
  try {
    await settled(secure, "secureConnect", signal);
    return `${secure.getProtocol() ?? ""}, ${secure.getCipher().name}`;
  } catch {
    return undefined;
  } finally {
    secure.destroy();
  }
}

const DATES = /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/;

function peerOf(socket: tls.TLSSocket, host: string, trusted: readonly string[]): Peer {
  const leaf = socket.getPeerCertificate(true);
  const chain = certificateChain(leaf as unknown as ShownCertificate);
  if (chain[0] === undefined) throw new Error("no certificate was shown");
  const wrongName = tls.checkServerIdentity(host, leaf);
  // Node's types have an Error here, its implementation a code.
  const said = socket.authorizationError as unknown;
  const error = said instanceof Error ? ((said as NodeJS.ErrnoException).code ?? said.message) : said ? String(said) : undefined;
  const path = signedPath(chain);
  // Dates come last and hide what is wrong with the chain.
  const chainError = error !== undefined && DATES.test(error) ? chainErrorOf(path, trusted) : error;
  return {
    chain: chain as [X509Certificate, ...X509Certificate[]],
    path,
    ...(error === undefined ? {} : { error }),
    ...(chainError === undefined || /ALTNAME/.test(chainError) ? {} : { chainError }),
    ...(wrongName ? { nameError: wrongName.message } : {}),
    names: String(leaf.subjectaltname ?? leaf.subject?.CN ?? "").slice(0, 200),
    publicRoot: tls.rootCertificates.includes(String(chain.at(-1)).trim()),
    version: socket.getProtocol() ?? "",
  };
}

/** In OpenSSL's words, by whether anything of the path is trusted. */
function chainErrorOf(path: readonly X509Certificate[], trusted: readonly string[]): string | undefined {
  const known = new Set(trusted.map((pem) => new X509Certificate(pem).fingerprint256));
  if (path.some(({ fingerprint256 }) => known.has(fingerprint256))) return undefined;
  const top = path.at(-1);
  if (top?.subject !== top?.issuer) return "UNABLE_TO_GET_ISSUER_CERT_LOCALLY";
  return path.length === 1 ? "DEPTH_ZERO_SELF_SIGNED_CERT" : "SELF_SIGNED_CERT_IN_CHAIN";
}

/** Organisation and common name of an issuer or subject as Node writes them, in one line. */
export function shortName(lines: string): string {
  const parts = lines.split("\n");
  const short = ["O=", "CN="].flatMap((key) => parts.filter((part) => part.startsWith(key)).map((part) => part.slice(key.length)));
  return (short.length > 0 ? short : parts).join(", ").slice(0, 200);
}

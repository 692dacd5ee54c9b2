/** Whom the agent takes for the org: judges a finished TLS handshake before a single byte of a request is sent. */
import type { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import * as tls from "node:tls";
import { certificateChain, signedPath, spkiHash } from "@sallyport/contracts";
import type { OrgClock } from "../clock.ts";
import { LinkError } from "./fault.ts";

export interface TrustMarks {
  /** Hex of the first 16 bytes of the SHA-256 of the SPKI of the org's certificate or a CA above it. */
  pin?: string | undefined;
  /** PEM of the certificate that held the pinned key at enrolment; without a pin, of the CA that was given. */
  anchor?: string | undefined;
  issuers: string[];
}

export interface Trust {
  marks: TrustMarks;
  clock: OrgClock;
  /** SPKI (hex SHA-256) of the last certificate that was good in every way. */
  lastGood: string | undefined;
  /** Made once: reading the system's store takes tens of milliseconds. */
  context: tls.SecureContext;
}

/** Pinned keys count with the trust store of the system; an intermediate may be the anchor, too. */
export function makeTrust(marks: TrustMarks, clock: OrgClock, lastGood?: string): Trust {
  const ca = [...systemRoots(), ...(marks.anchor ? [marks.anchor] : [])];
  const context = tls.createSecureContext({ ca, minVersion: "TLSv1.2", allowPartialTrustChain: true });
  return { marks, clock, lastGood, context };
}

function systemRoots(): readonly string[] {
  try {
    if (typeof tls.getCACertificates === "function") return tls.getCACertificates("system");
    return [readFileSync("/etc/ssl/certs/ca-certificates.crt", "utf8")];
  } catch {
    return tls.rootCertificates;
  }
}

const DATES = new Set(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"]);

/** Throws a `LinkError` unless the peer is the org. `datesOnly`: a connection for signed time alone forgives the validity period. */
export function judgePeer(socket: tls.TLSSocket, host: string, trust: Trust, datesOnly = false): void {
  const chain = certificateChain(socket.getPeerCertificate(true));
  const leaf = chain[0];
  if (!leaf) throw new LinkError("tls.untrusted", "tls", { reason: "no certificate was shown" });
  const complaint = socket.authorizationError ? codeOf(socket.authorizationError) : undefined;
  const path = signedPath(chain);
  const pinned = trust.marks.pin !== undefined && path.some((one) => spkiHash(one).startsWith(trust.marks.pin ?? "-"));
  judgePin(leaf, path, complaint, pinned, trust);
  judgeName(socket, host);
  const spki = spkiHash(leaf);
  // The leaf's own key is the pinned one: the handshake proved it, whoever signed the certificate.
  const ownKey = trust.marks.pin !== undefined && spki.startsWith(trust.marks.pin);
  if (complaint && !DATES.has(complaint) && !ownKey) throw untrusted(leaf, complaint, path);
  const known = pinned || trust.lastGood === spki;
  judgeDates(path, complaint, trust, known, datesOnly);
  if (!datesOnly) trust.lastGood = spki;
}

function judgePin(leaf: X509Certificate, path: X509Certificate[], complaint: string | undefined, pinned: boolean, trust: Trust): void {
  const { pin, issuers } = trust.marks;
  if (pin === undefined || pinned) return;
  // The org's own issuer, but the way up to the pinned key is missing: a chain that is incomplete, not another one.
  const ours = issuers.includes(leaf.issuer) && complaint !== undefined;
  const selfSigned = leaf.issuer === leaf.subject;
  if (ours || selfSigned) throw untrusted(leaf, complaint ?? "pin", path);
  const top = path.at(-1) ?? leaf;
  throw new LinkError("tls.inspected", "tls", { issuer: top.issuer, pinExpected: pin, pinFound: spkiHash(top).slice(0, 32) });
}

function judgeName(socket: tls.TLSSocket, host: string): void {
  const certificate = socket.getPeerCertificate();
  const wrong = tls.checkServerIdentity(host, certificate);
  if (wrong)
    throw new LinkError("tls.name", "tls", {
      name: host,
      names: String(certificate.subjectaltname ?? certificate.subject?.CN ?? "").slice(0, 512),
    });
}

/** By org time once it is known (S15); before, by the host's clock, and then a date fault is final only for this connection. */
function judgeDates(path: X509Certificate[], complaint: string | undefined, trust: Trust, known: boolean, datesOnly: boolean): void {
  if (datesOnly) return;
  const now = trust.clock.now();
  const late = path.find((one) => Date.parse(one.validTo) < (now ?? trust.clock.wall()));
  const early = path.find((one) => Date.parse(one.validFrom) > (now ?? trust.clock.wall()));
  const times = { hostTime: iso(trust.clock.wall()), ...(now === undefined ? {} : { orgTime: iso(now) }) };
  if (late) throw new LinkError("tls.expired", "tls", { notAfter: iso(Date.parse(late.validTo)), ...times });
  if (early) throw new LinkError("tls.not-yet", "tls", { notBefore: iso(Date.parse(early.validFrom)), ...times });
  if (!complaint || !DATES.has(complaint)) return;
  // OpenSSL complains by the host's clock; by org time all is well. That is believed only of a key seen before.
  if (now !== undefined && known) return;
  const cause = complaint === "CERT_HAS_EXPIRED" ? "tls.expired" : "tls.not-yet";
  throw new LinkError(cause, "tls", { ...times, reason: complaint });
}

function untrusted(leaf: X509Certificate, complaint: string, path: X509Certificate[]): LinkError {
  const missing: Record<string, string> = {
    DEPTH_ZERO_SELF_SIGNED_CERT: "self-signed",
    SELF_SIGNED_CERT_IN_CHAIN: "root not trusted",
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "root or intermediate",
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: "intermediate",
  };
  return new LinkError("tls.untrusted", "tls", {
    issuer: leaf.issuer,
    missing: missing[complaint] ?? complaint,
    chain: path.length,
    error: complaint,
  });
}

function codeOf(error: Error | string): string {
  return typeof error === "string" ? error : ((error as NodeJS.ErrnoException).code ?? error.message);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

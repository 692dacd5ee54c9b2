/** What a pin of the org is held against: the certificates that a peer showed, and the part of them that truly leads to its own. */
import { createHash, X509Certificate } from "node:crypto";

/** What Node tells of a peer's certificate, as far as its chain goes (`tls.DetailedPeerCertificate`). */
export interface ShownCertificate {
  raw: Buffer;
  fingerprint256: string;
  issuerCertificate: ShownCertificate;
}

/** Longer chains are no chains of anybody's. */
const LONGEST = 10;

/** Certificates as the peer sent them, leaf first; a trusted one that Node found above them comes last. */
export function certificateChain(shown: ShownCertificate): X509Certificate[] {
  const chain: X509Certificate[] = [];
  const seen = new Set<string>();
  // Without any certificate Node gives an empty object, and the last one has no issuer: its types have neither.
  let at: Partial<ShownCertificate> | undefined = shown;
  while (at?.raw && !seen.has(at.fingerprint256 ?? "") && chain.length < LONGEST) {
    seen.add(at.fingerprint256 ?? "");
    chain.push(new X509Certificate(at.raw));
    at = at.issuerCertificate;
  }
  return chain;
}

/** The part of the chain in which each certificate truly signed the one before: names alone prove nothing. */
export function signedPath(chain: readonly X509Certificate[]): X509Certificate[] {
  const path = chain.slice(0, 1);
  for (const issuer of chain.slice(1)) {
    const below = path.at(-1);
    if (!below || !issuer.ca || !below.checkIssued(issuer) || !below.verify(issuer.publicKey)) break;
    path.push(issuer);
  }
  return path;
}

/** Hex SHA-256 of the certificate's SubjectPublicKeyInfo (RFC 7469 §2.4); a pin is its first 32 digits. */
export function spkiHash(certificate: X509Certificate): string {
  return createHash("sha256")
    .update(certificate.publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}

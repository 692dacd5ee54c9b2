/** Makes a certificate authority and the org's certificate on the spot; both are worth nothing a day later. */
// x509 finds its algorithms through it, so it comes first.
import "reflect-metadata";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  BasicConstraintsExtension,
  cryptoProvider,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

const HOUR = 3_600_000;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

export interface Certificates {
  /** PEM of the CA alone: what a machine must trust. */
  ca: string;
  /** PEM of the org's certificate with its CA. */
  chain: string;
  key: string;
}

/** Writes the three files into `folder` and answers their paths. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  cryptoProvider.set(crypto);
  const times = { notBefore: new Date(Date.now() - HOUR), notAfter: new Date(Date.now() + 24 * HOUR) };
  const caKeys = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
  const ca = await X509CertificateGenerator.createSelfSigned({
    name: "CN=Demo CA",
    ...times,
    signingAlgorithm: ALGORITHM,
    keys: caKeys,
    extensions: [new BasicConstraintsExtension(true, 0, true), new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true)],
  });
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const names = new SubjectAlternativeNameExtension([
    { type: "dns", value: "localhost" },
    { type: "ip", value: "127.0.0.1" },
  ]);
  const org = await X509CertificateGenerator.create({
    subject: "CN=Demo org",
    issuer: ca.subject,
    ...times,
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    extensions: [new BasicConstraintsExtension(false), names],
  });
  const files = { ca: join(folder, "ca.pem"), chain: join(folder, "chain.pem"), key: join(folder, "org.key") };
  writeFileSync(files.ca, `${ca.toString("pem")}\n`);
  writeFileSync(files.chain, `${org.toString("pem")}\n${ca.toString("pem")}\n`);
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
  const lines = pkcs8.toString("base64").match(/.{1,64}/g) ?? [];
  writeFileSync(files.key, `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`, { mode: 0o600 });
  return files;
}

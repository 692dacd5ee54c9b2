/** Certificates made on the spot by openssl: an authority with an intermediate, as real ones have, and whatever it signs. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mustWith } from "./processes.ts";

/** A certificate with its key, as files of one folder: `NAME.pem` and `NAME.key`. */
export interface Certificate {
  pem: string;
  key: string;
}

export interface Wanted {
  /** Common name; for an org also its only DNS name, unless `dns` says otherwise. */
  subject: string;
  /** Signs itself where there is none. */
  issuer?: Certificate;
  authority?: boolean;
  dns?: string;
  /** Environment of openssl, such as a clock that is off. */
  env?: Record<string, string>;
}

const DAYS = "30";

/** Makes `NAME.pem` and `NAME.key` in `folder`. */
export function makeCertificate(folder: string, name: string, { subject, issuer, authority, dns, env }: Wanted): Certificate {
  const file = (end: string) => join(folder, `${name}.${end}`);
  const openssl = (...args: string[]) => mustWith("openssl", args, env ?? {});
  const made = { pem: file("pem"), key: file("key") };
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", made.key, "-subj", `/CN=${subject}`];
  const extensions = authority
    ? "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
    : `subjectAltName=DNS:${dns ?? subject}\nbasicConstraints=CA:FALSE\n`;
  writeFileSync(file("ext"), extensions);
  openssl("req", ...ec, "-out", file("csr"));
  const by = issuer ? ["-CA", issuer.pem, "-CAkey", issuer.key, "-CAcreateserial"] : ["-signkey", made.key];
  openssl("x509", "-req", "-in", file("csr"), ...by, "-days", DAYS, "-extfile", file("ext"), "-out", made.pem);
  return made;
}

/** PEM of these certificates, in this order. */
export const chainOf = (...certificates: Certificate[]) => certificates.map(({ pem }) => readFileSync(pem, "utf8")).join("");

/** Makes X.509 certificates for tests: any names, dates and issuers, right or wrong. Not for the product. */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";

export interface Issued {
  pem: string;
  key: KeyObject;
  keyPem: string;
  subject: string;
  /** First 16 bytes of the SHA-256 of the SPKI. */
  pin: Uint8Array;
}

export interface Wish {
  subject: string;
  names?: string[];
  ca?: boolean;
  from?: Date;
  to?: Date;
  issuer?: Issued;
  key?: KeyObject;
}

const DAY = 86_400_000;
const ECDSA_SHA256 = seq(oid("06082a8648ce3d040302"));

export function issue(wish: Wish): Issued {
  const key = wish.key ?? generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  const from = wish.from ?? new Date(Date.now() - DAY);
  const to = wish.to ?? new Date(Date.now() + 30 * DAY);
  const tbs = seq(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ECDSA_SHA256,
    name(wish.issuer?.subject ?? wish.subject),
    seq(time(from), time(to)),
    name(wish.subject),
    spki,
    der(0xa3, seq(...extensions(wish))),
  );
  const signature = sign("sha256", tbs, wish.issuer?.key ?? key);
  const certificate = seq(tbs, ECDSA_SHA256, der(0x03, Buffer.concat([Buffer.of(0), signature])));
  const pem = `-----BEGIN CERTIFICATE-----\n${(certificate.toString("base64").match(/.{1,64}/g) ?? []).join("\n")}\n-----END CERTIFICATE-----\n`;
  const keyPem = key.export({ type: "pkcs8", format: "pem" }) as string;
  return { pem, key, keyPem, subject: wish.subject, pin: createHash("sha256").update(spki).digest().subarray(0, 16) };
}

function extensions({ ca, names }: Wish): Buffer[] {
  const basic = seq(oid("0603551d13"), der(0x01, Buffer.of(255)), der(0x04, ca ? seq(der(0x01, Buffer.of(255))) : seq()));
  if (!names) return [basic];
  const entries = names.map((one) => (isIPv4(one) ? der(0x87, Buffer.from(one.split(".").map(Number))) : der(0x82, Buffer.from(one))));
  return [basic, seq(oid("0603551d11"), der(0x04, seq(...entries)))];
}

function name(commonName: string): Buffer {
  return seq(der(0x31, seq(oid("0603550403"), der(0x0c, Buffer.from(commonName)))));
}

function time(date: Date): Buffer {
  return der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`));
}

function oid(hex: string): Buffer {
  return Buffer.from(hex, "hex");
}

function seq(...parts: Uint8Array[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function der(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.of(tag, ...head), content]);
}

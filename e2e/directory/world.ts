/** The directories of a story: two Active Directory domains and an OpenLDAP server, with certificates of one authority. */

import { createHash, X509Certificate } from "node:crypto";
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { type Certificate, makeCertificate } from "../machine/certificates.ts";
import { Samba } from "./samba.ts";
import { ADMIN, READER, Slapd, SUFFIX } from "./slapd.ts";

/** On addresses of loopback that no other directory has. */
const LDAP = "127.0.0.3";
const EXPIRED = "127.0.0.4";
const HOSTS = `127.0.0.1 dc1.corp.example.test
127.0.0.2 dc1.beta.example.test
${LDAP} ldap.example.test
${EXPIRED} expired.example.test
`;
const CLOCK = { LD_PRELOAD: "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", FAKETIME: "-60d" };
/** The password of somebody who last changed it years ago. */
const STALE = "Chang3d-in-2020";
/** How many people the big ones have. */
export const CROWD = { samba: 1000, slapd: 10_500 };

export class Directories {
  readonly ca: Certificate;
  readonly corp: Samba;
  readonly beta: Samba;
  readonly ldap: Slapd;
  readonly expired: Slapd;
  readonly #folder: string;
  readonly #certificates: Record<string, Certificate> = {};

  /** @param crowd with the many people that make a read take pages */
  private constructor(crowd: boolean) {
    this.#folder = `/run/directories-${process.pid}`;
    mkdirSync(this.#folder, { recursive: true });
    appendFileSync("/etc/hosts", HOSTS);
    this.ca = makeCertificate(this.#folder, "ca", { subject: "Directory Authority", authority: true });
    const domain = (netbios: string, address: string) => {
      const dns = `${netbios.toLowerCase()}.example.test`;
      return new Samba(`${this.#folder}/${netbios}`, { netbios, dns, address }, this.#certify(`dc1.${dns}`), this.ca);
    };
    this.corp = domain("CORP", "127.0.0.1");
    this.beta = domain("BETA", "127.0.0.2");
    if (crowd) this.corp.add(sambaCrowd(this.corp.base));
    this.corp.addStale("stale", STALE);
    const slapd = (name: string, address: string, entries: string, env = {}) =>
      new Slapd(
        `${this.#folder}/${name}`,
        {
          urls: [`ldaps://${address}`, `ldap://${address}`],
          certificate: this.#certify(`${name}.example.test`, env),
          authority: this.ca,
        },
        entries,
      );
    this.ldap = slapd("ldap", LDAP, crowd ? slapdCrowd() : "");
    this.expired = slapd("expired", EXPIRED, "", CLOCK);
  }

  static async start({ crowd = false } = {}): Promise<Directories> {
    const world = new Directories(crowd);
    await Promise.all([world.corp, world.beta, world.ldap, world.expired].map((one) => one.start()));
    return world;
  }

  #certify(subject: string, env: Record<string, string> = {}): Certificate {
    this.#certificates[subject] = makeCertificate(this.#folder, subject, { subject, issuer: this.ca, env });
    return this.#certificates[subject];
  }

  /** What a suite is told. */
  rig(): object {
    const pin = (name: string) => spkiOf(this.#certificates[`${name}.example.test`]?.pem ?? "");
    const samba = ({ url, base, reader, admin }: Samba) => ({ url, base, reader, admin });
    return {
      ca: readFileSync(this.ca.pem, "utf8"),
      servers: {
        corp: samba(this.corp),
        beta: samba(this.beta),
        ldap: { url: "ldaps://ldap.example.test", base: SUFFIX, reader: READER, admin: ADMIN },
      },
      expired: "ldaps://expired.example.test",
      stale: STALE,
      certificate: this.#certificates["ldap.example.test"],
      spki: pin("ldap"),
      expiredSpki: pin("expired"),
    };
  }

  async stop(): Promise<void> {
    await Promise.all([this.corp, this.beta, this.ldap, this.expired].map((one) => one.stop()));
  }
}

function spkiOf(pem: string): string {
  const { publicKey } = new X509Certificate(readFileSync(pem));
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}

function sambaCrowd(base: string): string {
  const ou = `OU=Crowd,${base}`;
  const names = Array.from({ length: CROWD.samba }, (_, index) => `crowd${index}`);
  const people = names.map((name) => `dn: CN=${name},${ou}\nobjectClass: user\nsAMAccountName: ${name}\nuserAccountControl: 544\n`);
  const group = `dn: CN=crowd,${ou}\nobjectClass: group\nsAMAccountName: crowd\n${names.map((name) => `member: CN=${name},${ou}\n`).join("")}`;
  return [`dn: ${ou}\nobjectClass: organizationalUnit\n`, ...people, group].join("\n");
}

function slapdCrowd(): string {
  const ou = `ou=crowd,${SUFFIX}`;
  const people = Array.from({ length: CROWD.slapd }, (_, index) => {
    const name = `crowd${index}`;
    return `dn: uid=${name},${ou}\nobjectClass: inetOrgPerson\nuid: ${name}\ncn: ${name}\nsn: Crowd\nmodifyTimestamp: 20260101000000Z\n`;
  });
  return [`dn: ${ou}\nobjectClass: organizationalUnit\nou: crowd\n`, ...people].join("\n");
}

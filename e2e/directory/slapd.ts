/** A real OpenLDAP server for a story: one database in a folder of its own, encrypted connections only. */
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { Certificate } from "../machine/certificates.ts";
import { Daemon, must, until } from "../machine/processes.ts";

export const SUFFIX = "dc=example,dc=test";
export const ADMIN = { dn: `cn=admin,${SUFFIX}`, password: "adm1n of the directory" };
/** The account that only reads, as docs/directories.md gives it its rights. */
export const READER = { dn: `cn=sallyport,ou=services,${SUFFIX}`, password: "reads, and nothing else" };

export interface SlapdOptions {
  /** `ldaps://…` and `ldap://…` with addresses to listen on. */
  urls: string[];
  certificate: Certificate;
  authority: Certificate;
}

export class Slapd {
  readonly folder: string;
  readonly #options: SlapdOptions;
  #daemon: Daemon | undefined;

  /** Makes the database with these entries, beside the suffix, the reader and the password policy. */
  constructor(folder: string, options: SlapdOptions, entries = "") {
    this.folder = folder;
    this.#options = options;
    mkdirSync(join(folder, "db"), { recursive: true });
    writeFileSync(join(folder, "slapd.conf"), configuration(folder, options));
    writeFileSync(join(folder, "entries.ldif"), `${GROUND}\n${entries}`);
    must("slapadd", ["-q", "-f", join(folder, "slapd.conf"), "-l", join(folder, "entries.ldif")]);
  }

  async start(): Promise<void> {
    const args = ["-d", "0", "-f", join(this.folder, "slapd.conf"), "-h", this.#options.urls.join(" ")];
    this.#daemon = new Daemon("slapd", args, join(this.folder, "log"));
    for (const url of this.#options.urls) await listening(url, this.#daemon);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    await this.#daemon?.stop(signal);
  }
}

/** Until somebody listens at this address. */
export function listening(url: string, daemon: Daemon): Promise<true> {
  const { hostname, port, protocol } = new URL(url);
  return until(
    `${url} listens`,
    () => {
      if (daemon.child.exitCode !== null) throw new Error(`the directory at ${url} ended with ${daemon.child.exitCode}`);
      return new Promise<true | undefined>((resolve) => {
        const socket = connect(Number(port || (protocol === "ldaps:" ? 636 : 389)), hostname);
        socket.once("connect", () => socket.destroy() && resolve(true));
        socket.once("error", () => resolve(undefined));
      });
    },
    60,
  );
}

const configuration = (folder: string, { certificate, authority }: SlapdOptions) => `
${["core", "cosine", "nis", "inetorgperson"].map((name) => `include /etc/ldap/schema/${name}.schema`).join("\n")}
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
pidfile ${folder}/pid
TLSCertificateFile ${certificate.pem}
TLSCertificateKeyFile ${certificate.key}
TLSCACertificateFile ${authority.pem}
security simple_bind=128
database mdb
suffix ${SUFFIX}
rootdn ${ADMIN.dn}
rootpw "${ADMIN.password}"
directory ${folder}/db
maxsize 1073741824
index objectClass,uid,cn,member,memberUid,entryUUID,modifyTimestamp eq
limits dn.exact="${READER.dn}" size=unlimited size.prtotal=unlimited
overlay ppolicy
ppolicy_default "cn=usual,ou=policies,${SUFFIX}"
ppolicy_use_lockout
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${READER.dn}" read by dn.exact="cn=short,ou=services,${SUFFIX}" read by * none
`;

const GROUND = `dn: ${SUFFIX}
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ou=services,${SUFFIX}
objectClass: organizationalUnit
ou: services

dn: ou=policies,${SUFFIX}
objectClass: organizationalUnit
ou: policies

dn: cn=usual,ou=policies,${SUFFIX}
objectClass: device
objectClass: pwdPolicy
cn: usual
pwdAttribute: userPassword
pwdLockout: TRUE
pwdMaxFailure: 3
pwdMustChange: TRUE

dn: cn=weak,ou=services,${SUFFIX}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: weak
userPassword: weak

dn: cn=short,ou=services,${SUFFIX}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: short
userPassword: short

dn: ${READER.dn}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: sallyport
userPassword: ${READER.password}
`;

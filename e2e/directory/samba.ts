/** A real Active Directory domain for a story: Samba as its domain controller, on one address of loopback. */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Certificate } from "../machine/certificates.ts";
import { Daemon, must } from "../machine/processes.ts";
import { listening } from "./slapd.ts";

export const ADMIN_PASSWORD = "Adm1n-Passw0rd!";
/** The account that only reads: an ordinary user of the domain. */
export const READER_PASSWORD = "Reads-0nly-here";

export interface Domain {
  /** NetBIOS name: `CORP`. */
  netbios: string;
  /** `corp.example.test`. */
  dns: string;
  address: string;
}

export class Samba {
  readonly domain: Domain;
  readonly folder: string;
  readonly base: string;
  #daemon: Daemon | undefined;

  constructor(folder: string, domain: Domain, certificate: Certificate, authority: Certificate) {
    this.domain = domain;
    this.folder = folder;
    this.base = domain.dns
      .split(".")
      .map((part) => `DC=${part}`)
      .join(",");
    mkdirSync(join(folder, "run"), { recursive: true });
    const { netbios, dns, address } = domain;
    must("samba-tool", [
      ...["domain", "provision", `--realm=${dns.toUpperCase()}`, `--domain=${netbios}`, "--server-role=dc", "--dns-backend=SAMBA_INTERNAL"],
      ...["--use-rfc2307", `--adminpass=${ADMIN_PASSWORD}`, `--host-ip=${address}`, "--host-name=dc1", `--targetdir=${folder}`],
      ...[`--option=interfaces=${address}/8`, "--option=bind interfaces only=yes"],
    ]);
    // Whose password can expire, be too short or be guessed is the story's to decide.
    this.tool("domain", "passwordsettings", "set", "--complexity=off", "--min-pwd-length=1", "--min-pwd-age=0", "--history-length=0");
    this.tool("user", "create", "sallyport", READER_PASSWORD, "--description=reads for the org");
    this.tool("user", "setexpiry", "sallyport", "--noexpiry");
    this.tool("user", "setexpiry", "Administrator", "--noexpiry");
    appendFileSync(
      this.#conf,
      `[global]\ntls enabled = yes\ntls keyfile = ${certificate.key}\ntls certfile = ${certificate.pem}\ntls cafile = ${authority.pem}\n`,
    );
  }

  get #conf(): string {
    return join(this.folder, "etc/smb.conf");
  }

  get url(): string {
    return `ldaps://dc1.${this.domain.dns}`;
  }

  get reader(): { dn: string; password: string } {
    return { dn: `CN=sallyport,CN=Users,${this.base}`, password: READER_PASSWORD };
  }

  get admin(): { dn: string; password: string } {
    return { dn: `CN=Administrator,CN=Users,${this.base}`, password: ADMIN_PASSWORD };
  }

  /** samba-tool on the database itself: also while the server is not running. */
  tool(...args: string[]): string {
    return must("samba-tool", [...args, "-s", this.#conf, "-H", join(this.folder, "private/sam.ldb")]);
  }

  /** Adds entries in bulk. */
  add(ldif: string): void {
    const file = join(this.folder, "add.ldif");
    writeFileSync(file, ldif);
    must("ldbadd", [`--configfile=${this.#conf}`, "--nosync", "-H", join(this.folder, "private/sam.ldb"), file]);
  }

  /** Somebody who last changed their password in 2020: no door of Samba lets that be set, so it goes below its modules. */
  addStale(name: string, password: string): void {
    this.tool("user", "create", name, password);
    const file = join(this.folder, "stale.ldif");
    writeFileSync(file, `dn: CN=${name},CN=Users,${this.base}\nchangetype: modify\nreplace: pwdLastSet\npwdLastSet: 132223104000000000\n`);
    must("ldbmodify", ["-H", join(this.folder, `private/sam.ldb.d/${this.base.toUpperCase()}.ldb`), file]);
  }

  async start(): Promise<void> {
    const { address } = this.domain;
    const options = [
      "server services=ldap",
      `interfaces=${address}/8`,
      "bind interfaces only=yes",
      `pid directory=${join(this.folder, "run")}`,
      "disable netbios=yes",
    ];
    const args = ["-F", "--no-process-group", "-s", this.#conf, "--model=single", "--debug-stdout", "-d", "1"];
    this.#daemon = new Daemon("samba", [...args, ...options.map((one) => `--option=${one}`)], join(this.folder, "log"));
    await listening(`ldaps://${address}`, this.#daemon);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    await this.#daemon?.stop(signal);
  }
}

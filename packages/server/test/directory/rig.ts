/** What the directory suites stand on: the servers that `e2e/directory` started, an administrator of each, and a wire that can be cut. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type LdapSettings, ldapSettings } from "@sallyport/contracts";
import { Attribute, Change, Client } from "ldapts";
import { ldapDirectory } from "../../src/directory/directory.ts";
import type { DirectoryRead, DirectorySource, ReadOptions } from "../../src/flows/directory.ts";

export interface ServerUnderTest {
  url: string;
  base: string;
  reader: { dn: string; password: string };
  admin: { dn: string; password: string };
}

/** Handed over by `e2e/directory`. */
export const RIG: {
  ca: string;
  servers: Record<string, ServerUnderTest>;
  expired: string;
  stale: string;
  certificate: { pem: string; key: string };
  spki: string;
  expiredSpki: string;
} = JSON.parse(process.env["SALLYPORT_TEST_DIRECTORIES"] ?? "{}");

export const directory = ldapDirectory();
export const signal = new AbortController().signal;

export function server(name: string): ServerUnderTest {
  const one = RIG.servers[name];
  if (!one) throw new Error(`e2e/directory started no ${name}`);
  return one;
}

export function sourceOf(
  kind: "ad" | "ldap",
  one: ServerUnderTest,
  more: Partial<Record<keyof LdapSettings, unknown>> = {},
): DirectorySource {
  const settings = ldapSettings.parse({ kind, servers: [one.url], trust: { ca: RIG.ca }, bindDn: one.reader.dn, base: one.base, ...more });
  return { settings, secret: one.reader.password };
}

export const read = (source: DirectorySource, more: Partial<ReadOptions> = {}): Promise<DirectoryRead> =>
  directory.read(source, { signal, onProgress() {}, ...more });

export const loginsOf = ({ people }: DirectoryRead) => people.map(({ profile }) => profile.login).sort();
export const person = (found: DirectoryRead, login: string) => found.people.find(({ profile }) => profile.login === login);
export const group = (found: DirectoryRead, name: string) => found.groups.find((one) => one.name === name);

/** What an administrator of the directory does. Ended by `close`. */
export class Administrator {
  readonly #client: Client;
  readonly #bound: Promise<void>;

  constructor({ url, admin }: ServerUnderTest) {
    this.#client = new Client({ url, tlsOptions: { ca: RIG.ca } });
    this.#bound = this.#client.bind(admin.dn, admin.password);
  }

  async add(dn: string, attributes: Record<string, string | string[] | Buffer>): Promise<void> {
    await this.#bound;
    const list = Object.entries(attributes).map(
      ([type, values]) => new Attribute({ type, values: (Array.isArray(values) ? values : [values]) as string[] }),
    );
    await this.#client.add(dn, list);
  }

  async set(
    dn: string,
    attributes: Record<string, string | string[] | Buffer>,
    operation: "replace" | "add" | "delete" = "replace",
  ): Promise<void> {
    await this.#bound;
    for (const [type, values] of Object.entries(attributes)) {
      const modification = new Attribute({ type, values: (Array.isArray(values) ? values : [values]) as string[] });
      await this.#client.modify(dn, new Change({ operation, modification }));
    }
  }

  async move(dn: string, to: string): Promise<void> {
    await this.#bound;
    await this.#client.modifyDN(dn, to);
  }

  async remove(dn: string): Promise<void> {
    await this.#bound;
    await this.#client.del(dn);
  }

  close(): Promise<void> {
    return this.#client.unbind();
  }
}

/** Active Directory takes a password in quotes, in UTF-16 (MS-ADTS §3.1.1.3.1.5). */
export const unicodePwd = (password: string) => Buffer.from(`"${password}"`, "utf16le");

/** Stands between the org and a server, and can be cut like a cable. */
export class Wire {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Lets nothing through any more, and does not say so. */
  silent = false;

  private constructor(target: URL) {
    this.#server = createServer((near) => {
      const far = connect(Number(target.port || 636), target.hostname);
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on("error", () => {}).on("close", () => this.#sockets.delete(socket));
      }
      near.on("data", (part) => this.silent || far.write(part));
      far.on("data", (part) => this.silent || near.write(part));
      near.on("end", () => far.end());
      far.on("end", () => near.end());
    });
  }

  static async to(url: string, address = "127.0.0.1"): Promise<Wire> {
    const wire = new Wire(new URL(url));
    wire.#server.listen(0, address);
    await once(wire.#server, "listening");
    return wire;
  }

  /** The same server name as its certificate has, at the wire's own port. */
  url(of: string): string {
    const { port } = this.#server.address() as { port: number };
    return `ldaps://${new URL(of).hostname}:${port}`;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Until both ends have let go. */
  async drained(): Promise<void> {
    for (const socket of this.#sockets) await once(socket, "close");
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }
}

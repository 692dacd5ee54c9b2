/** A real org for a story: `sallyport serve` with TLS under a CA made on the spot, asked over its admin socket. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { callOrg } from "./admin-socket.ts";
import { chainOf, makeCertificate } from "./certificates.ts";
import { COMMAND, Daemon, must } from "./processes.ts";

export const ORG_NAME = "mfa.story.test";
export const ORG_PORT = 8443;

export interface Person {
  id: string;
  login: string;
  password: string;
  secret: string;
  factor: string;
}

export class Org {
  readonly folder: string;
  #daemon: Daemon | undefined;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    makeCertificates(folder);
  }

  async start({ address = "127.0.0.1", env = {} }: { address?: string; env?: Record<string, string> } = {}): Promise<void> {
    const args = [COMMAND, "serve", "--data", this.data, "--listen", `${address}:${ORG_PORT}`, "--url", `https://${ORG_NAME}:${ORG_PORT}`];
    args.push("--tls-cert", join(this.folder, "chain.pem"), "--tls-key", join(this.folder, "server.key"), "--log-level", "warn");
    this.#daemon = new Daemon(process.execPath, args, join(this.folder, "org.log"), env);
    await this.#daemon.said(/The org is at/);
  }

  stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    return this.#daemon?.stop(signal) ?? Promise.resolve();
  }

  /** Holds the process still (`SIGSTOP`) and lets it go on (`SIGCONT`). */
  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.#daemon?.child.kill(name);
  }

  /** In the org's place: a server with its own key and certificate that answers every call with 503. Answers how to bring the org back. */
  async replaceByErrors(): Promise<() => Promise<void>> {
    await this.stop();
    const tls = { key: readFileSync(join(this.folder, "server.key")), cert: readFileSync(join(this.folder, "chain.pem")) };
    const server = createServer(tls, (_request, response) => response.writeHead(503, { "content-type": "application/json" }).end("{}"));
    await new Promise<void>((resolve) => server.listen(ORG_PORT, "127.0.0.1", resolve));
    return async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await this.start();
    };
  }

  get data(): string {
    return join(this.folder, "data");
  }

  call(method: string, path: string, body?: unknown): Promise<any> {
    return callOrg(this.data, method, path, body);
  }

  /** What the org's log knows of one logon; empty if nothing. */
  async records(reference: string): Promise<any[]> {
    return this.call("GET", `/api/v1/logons/${reference}`).catch((error: Error) => {
      if (/: 404 /.test(error.message)) return [];
      throw error;
    });
  }

  /** A user with a TOTP factor; the secret is what an authenticator app would scan. */
  async person(login: string, password: string, withFactor = true, credentials?: object): Promise<Person> {
    const { id } = await this.call("POST", "/api/v1/users?activate=true", { profile: { login }, ...(credentials ? { credentials } : {}) });
    if (!withFactor) return { id, login, password, secret: "", factor: "" };
    const factor = await this.call("POST", `/api/v1/users/${id}/factors?activate=true`, {
      factorType: "token:software:totp",
      provider: "GOOGLE",
    });
    return { id, login, password, secret: factor._embedded.activation.sharedSecret, factor: factor.id };
  }

  async setPolicy(app: string, document: object): Promise<void> {
    const { version } = await this.call("GET", `/api/v1/apps/${app}/policy`);
    await this.call("PUT", `/api/v1/apps/${app}/policy`, { version, document });
  }
}

/** Root, intermediate and leaf, as a real authority has them; the server shows all three. */
function makeCertificates(folder: string): void {
  const root = makeCertificate(folder, "ca", { subject: "Story CA", authority: true });
  const between = makeCertificate(folder, "between", { subject: "Story CA, servers", authority: true, issuer: root });
  const leaf = makeCertificate(folder, "server", { subject: ORG_NAME, issuer: between });
  writeFileSync(join(folder, "chain.pem"), chainOf(leaf, between, root));
}

/** The code that an independent authenticator shows now. */
export function codeOf(person: Person, at?: Date): string {
  const now = at === undefined ? [] : ["--now", `@${Math.floor(at.getTime() / 1000)}`];
  return must("oathtool", ["--totp", "-b", ...now, person.secret]).trim();
}

/** An org beside a mail server under an authority of its own: names, addresses and certificates of the story's namespace. */
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Certificate, makeCertificate } from "../machine/certificates.ts";
import { ORG_NAME, Org } from "../machine/org.ts";
import { COMMAND, must, run, type Said } from "../machine/processes.ts";
import type { Node } from "../postgres/node.ts";
import { MAIL_ADDRESS, MAIL_NAME, MAIL_SECRET, MAIL_USER } from "./mail-server.ts";

export class World {
  readonly org = new Org("/run/story/org");
  readonly ca: Certificate;
  readonly server: Certificate;
  readonly #folder = "/run/story/mail";

  /** Must run inside a namespace of its own: it writes /etc and gives the loopback interface an address. */
  constructor() {
    if (process.pid > 50_000 || !existsSync("/run/homes")) throw new Error("run this through e2e/in-namespace.sh");
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    appendFileSync("/etc/hosts", `127.0.0.1 ${ORG_NAME}\n${MAIL_ADDRESS} ${MAIL_NAME}\n`);
    must("ip", ["addr", "replace", `${MAIL_ADDRESS}/32`, "dev", "lo"]);
    this.ca = makeCertificate(this.#folder, "ca", { subject: "Mail CA", authority: true });
    this.server = makeCertificate(this.#folder, "server", { subject: MAIL_NAME, issuer: this.ca });
    writeFileSync(this.secretFile, `${MAIL_SECRET}\n`, { mode: 0o600 });
  }

  get secretFile(): string {
    return join(this.#folder, "secret");
  }

  certificate(name: string, wanted: Parameters<typeof makeCertificate>[2]): Certificate {
    return makeCertificate(this.#folder, name, wanted);
  }

  /** The command; the org and the mail server go on meanwhile. */
  cli(...words: string[]): Promise<Said> {
    return run(process.execPath, ["--disable-warning=ExperimentalWarning", COMMAND, ...words, "--data", this.org.data]);
  }

  async mustCli(...words: string[]): Promise<string> {
    const done = await this.cli(...words);
    if (done.code !== 0) throw new Error(`sallyport ${words.join(" ")} ended with ${done.code}: ${done.out}`);
    return done.stdout;
  }

  /** Untested: most stories set up a server that is not there yet, or does something wrong. */
  setMail(server: string, ...more: string[]): Promise<string> {
    const account = ["--user", MAIL_USER, "--secret-file", this.secretFile, "--untested"];
    return this.mustCli("mail", "set", "--server", server, "--from", "mfa@story.test", ...account, "--ca", this.ca.pem, ...more);
  }

  async events(type: string): Promise<any[]> {
    const all = (await this.mustCli("log", "export")).trim().split("\n");
    return all.map((line) => JSON.parse(line)).filter((event) => event.type === type);
  }
}

const RULE = { rules: [{ name: "codes that are sent", then: "factor", factors: ["totp", "email", "sms", "call"] }] };

/** An app of this node whose rule takes codes that are sent. */
export async function appOf(node: Node): Promise<string> {
  const { id } = await node.call("POST", "/api/v1/apps", { label: "servers" });
  const { version, document } = await node.call("GET", `/api/v1/apps/${id}/policy`);
  await node.call("PUT", `/api/v1/apps/${id}/policy`, { version, document: { ...document, ...RULE } });
  return id;
}

/** Someone who gets codes, and the factor by which. */
export async function personOf(
  node: Node,
  app: string,
  login: string,
  factor: object,
  profile: object = {},
): Promise<{ id: string; factor: string }> {
  const { id } = await node.call("POST", "/api/v1/users?activate=true", { profile: { login, ...profile } });
  await node.call("POST", `/api/v1/apps/${app}/users`, { id });
  return { id, factor: (await node.call("POST", `/api/v1/users/${id}/factors?activate=true`, { provider: "OKTA", ...factor })).id };
}

export async function eventsOf(node: Node, type: string): Promise<any[]> {
  const done = await node.command("log", "export");
  if (done.code !== 0) throw new Error(done.out);
  const all = done.stdout.trim().split("\n");
  return all.map((line) => JSON.parse(line)).filter((event) => event.type === type);
}

/** A real org over TLS, Okta's SDK for Node.js as it is published, and the org's own command to see what really is there. */
import { appendFileSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { ORG_NAME, ORG_PORT, Org } from "../machine/org.ts";
import { COMMAND, run } from "../machine/processes.ts";

/** Loaded at run time: the checks of the whole project run without the packages of this folder. */
export const okta: any = createRequire(import.meta.url)("@okta/okta-sdk-nodejs");
export const ORG_URL = `https://${ORG_NAME}:${ORG_PORT}`;

/** One exchange with the org, as it went over the wire. */
export interface Exchange {
  method: string;
  url: string;
  status: number;
  headers: Headers;
}

export class SdkOrg {
  readonly org: Org;
  readonly exchanges: Exchange[] = [];

  constructor(name: string) {
    this.org = new Org(`/run/${name}`);
  }

  async start(): Promise<this> {
    await this.org.start();
    appendFileSync("/etc/hosts", `127.0.0.1 ${ORG_NAME}\n`);
    setDefaultCACertificates([...getCACertificates(), readFileSync(join(this.org.folder, "ca.pem"), "utf8")]);
    return this;
  }

  /** What an administrator types on the org's machine; answers what `--json` says. */
  async say(...words: string[]): Promise<any> {
    const done = await run(process.execPath, [
      "--disable-warning=ExperimentalWarning",
      COMMAND,
      ...words,
      "--data",
      this.org.data,
      "--json",
    ]);
    if (done.code !== 0) throw new Error(`sallyport ${words.join(" ")}: ${done.code} ${done.out}`);
    return done.stdout.trim() === "" ? undefined : JSON.parse(done.stdout);
  }

  /** A client of the SDK with a token of this role. */
  async client(role = "admin"): Promise<any> {
    const { token } = await this.say("token", "create", `sdk ${role}`, "--role", role);
    return this.clientWith(token);
  }

  clientWith(token: string): any {
    const requestExecutor = new okta.DefaultRequestExecutor();
    requestExecutor.on("response", (response: any) => this.exchanges.push(response));
    return new okta.Client({ orgUrl: ORG_URL, token, requestExecutor, cacheMiddleware: null });
  }
}

/** Everything that a collection of the SDK gives, through all its pages. */
export async function all(collection: Promise<any>): Promise<any[]> {
  const found: any[] = [];
  for await (const one of await collection) found.push(one);
  return found;
}

/** The refusal of a call that must not go well. */
export async function refusal(call: Promise<unknown>): Promise<{ status: number; errorCode: string; causes: string[]; headers: Headers }> {
  try {
    await call;
  } catch (error: any) {
    if (error?.name !== "OktaApiError") throw error;
    return {
      status: error.status,
      errorCode: error.errorCode,
      causes: error.errorCauses.map((one: any) => one.errorSummary),
      headers: error.headers,
    };
  }
  throw new Error("the call was not refused");
}

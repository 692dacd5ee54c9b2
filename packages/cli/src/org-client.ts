/** Speaks to the org: over its root-only admin socket on the same machine, or over HTTPS with an API token. */
import http from "node:http";
import https from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type ErrorObject, errorObject, readOrgUrl } from "@sallyport/contracts";
import { Complaint } from "./complaint.ts";
import { linesIn } from "./lines.ts";
import { readText } from "./read-text.ts";

const PATIENCE_MS = 60_000;

export interface OrgOptions {
  /** Data folder of the org on this machine; its admin socket is in it. */
  data: string;
  /** URL of an org elsewhere; asks for a token. */
  org?: string | undefined;
  tokenFile?: string | undefined;
}

export interface Answer<T> {
  body: T;
  /** Absolute URL of the next page, if there is one. */
  next: string | undefined;
}

/** Every call answers the parsed body, or throws a `Complaint` with the org's own sentence. */
export class OrgClient {
  readonly #options: OrgOptions;
  constructor(options: OrgOptions) {
    this.#options = options;
  }

  async get<T>(path: string): Promise<T> {
    return (await this.call<T>("GET", path)).body;
  }

  /** `patienceMs`: how long the org may be silent. */
  async send<T>(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown, patienceMs = PATIENCE_MS): Promise<T> {
    return (await this.call<T>(method, path, body, patienceMs)).body;
  }

  /** All pages of a list, one after the other. */
  async *pages<T>(path: string): AsyncGenerator<T> {
    let next: string | undefined = path;
    while (next !== undefined) {
      const answer: Answer<T[]> = await this.call<T[]>("GET", next);
      yield* answer.body;
      next = answer.next === undefined ? undefined : new URL(answer.next).pathname + new URL(answer.next).search;
    }
  }

  async list<T>(path: string): Promise<T[]> {
    const all: T[] = [];
    for await (const item of this.pages<T>(path)) all.push(item);
    return all;
  }

  async call<T>(method: string, path: string, body?: unknown, patienceMs = PATIENCE_MS): Promise<Answer<T>> {
    const { status, text, link } = await this.#exchange(method, path, body, patienceMs);
    const parsed: unknown = text === "" ? {} : parse(text, status);
    if (status >= 400) throw refusal(parsed, status);
    return { body: parsed as T, next: /<([^>]+)>; rel="next"/.exec(link)?.[1] };
  }

  /** An answer that is too long to be held: its lines, as they come. */
  async *lines(path: string): AsyncGenerator<string> {
    const { transport, request } = this.#target();
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const call = transport.request({ ...request, method: "GET", path, timeout: PATIENCE_MS }, resolve);
      call.on("timeout", () => call.destroy(new Error(`no answer within ${PATIENCE_MS / 1000} seconds`)));
      call.on("error", (error: NodeJS.ErrnoException) => reject(this.#unreachable(error)));
      call.end();
    });
    if ((response.statusCode ?? 0) >= 400) throw refusal(parse(await text(response), response.statusCode ?? 0), response.statusCode ?? 0);
    try {
      yield* linesIn(response);
    } catch (error) {
      throw new Complaint(`the connection to the org broke before the answer was whole: ${(error as Error).message}`);
    } finally {
      response.destroy();
    }
  }

  #exchange(method: string, path: string, body: unknown, patienceMs: number): Promise<{ status: number; text: string; link: string }> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const { transport, request } = this.#target();
    const headers = { ...request.headers, ...(payload === undefined ? {} : { "content-type": "application/json" }) };
    return new Promise((resolve, reject) => {
      const call = transport.request({ ...request, method, path, headers, timeout: patienceMs }, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("end", () => {
          const link = [response.headers["link"] ?? ""].flat().join(", ");
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString(), link });
        });
        response.on("error", reject);
      });
      call.on("timeout", () => call.destroy(new Error(`no answer within ${patienceMs / 1000} seconds`)));
      call.on("error", (error: NodeJS.ErrnoException) => reject(this.#unreachable(error)));
      call.end(payload);
    });
  }

  #target(): { transport: typeof http | typeof https; request: http.RequestOptions } {
    const { org, data } = this.#options;
    if (org === undefined) return { transport: http, request: { socketPath: join(data, "admin.sock"), headers: { host: "localhost" } } };
    const read = readOrgUrl(org);
    if (!read.ok) throw new Complaint(`--org ${org}: ${read.reason}`);
    const url = new URL(read.url);
    const request = {
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port || undefined,
      headers: { authorization: `SSWS ${this.#token()}` },
    };
    return { transport: url.protocol === "https:" ? https : http, request };
  }

  #token(): string {
    const { tokenFile } = this.#options;
    const token = tokenFile === undefined ? process.env["SALLYPORT_TOKEN"] : readText(tokenFile);
    if (!token) throw new Complaint("--org needs an API token: give --token-file FILE, or set SALLYPORT_TOKEN");
    return token.trim();
  }

  #unreachable(error: NodeJS.ErrnoException): Error {
    const { org, data } = this.#options;
    if (org !== undefined) return new Complaint(`${org} cannot be reached: ${error.message}`);
    const socket = join(data, "admin.sock");
    if (error.code === "EACCES")
      return new Complaint(`${socket} is only for the account that runs the server; use that account, or --org URL with a token`);
    if (error.code === "ENOENT" || error.code === "ECONNREFUSED") {
      return new Complaint(`no server is running on ${data}; start it with: sallyport serve --data ${data}`);
    }
    return new Complaint(`${socket}: ${error.message}`);
  }
}

function parse(text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Complaint(`the answer (${status}) is not JSON: is this a Sallyport org?`);
  }
}

/** What has a list to look into. */
const LISTS: ReadonlySet<string> = new Set(["app", "client", "domain", "duplicate", "group", "host", "source", "token", "user", "zone"]);

/** What is there once somebody has set it. */
const NOT_SET: Readonly<Record<string, string>> = {
  "mail settings": "no mail server is set: sallyport mail set (--help shows an example)",
  "sms settings": "no webhook for text messages and calls is set: sallyport sms set (--help shows an example)",
};

function refusal(body: unknown, status: number): Complaint {
  const read = errorObject.safeParse(body);
  if (!read.success) return new Complaint(`the org answered ${status}`);
  const { errorCode, errorSummary, errorCauses, errorId, cause }: ErrorObject = read.data;
  const what = errorCode === "E0000007" ? /\(([a-z ]+)\)$/.exec(errorSummary)?.[1] : undefined;
  const unset = what === undefined ? undefined : NOT_SET[what];
  if (unset !== undefined) return new Complaint(unset, { cause, code: errorCode });
  if (what !== undefined)
    return new Complaint(`there is no such ${what}${LISTS.has(what) ? `: sallyport ${what} list` : ""}`, { cause, code: errorCode });
  const details = errorCauses.map((item) => item.errorSummary).filter((text) => text !== errorSummary);
  // These two say only that something is wrong; the details say what.
  const vague = details.length > 0 && (errorCode === "E0000001" || errorCode === "S0000005");
  return new Complaint([...(vague ? [] : [errorSummary]), ...details].join(": ") + (status >= 500 ? ` (error ${errorId})` : ""), {
    cause,
    code: errorCode,
  });
}

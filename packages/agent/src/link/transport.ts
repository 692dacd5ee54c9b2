/** Sends one request to the org over kept-alive connections and brings back the raw answer. */
import { type AgentOptions, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import { LIMITS } from "@sallyport/contracts";
import { describeError } from "../finding.ts";
import { openConnection, type Route } from "./connect.ts";
import { LinkError } from "./fault.ts";

export interface RawAnswer {
  status: number;
  contentType: string;
  retryAfter: string | undefined;
  text: string;
}

export interface Sending {
  path: string;
  body: string;
  authorization?: string | undefined;
  answerMs: number;
}

/** Connections at a time: the agent is one machine's; more would only load the org. */
const CONNECTIONS = 64;
const OPTIONS: AgentOptions = { keepAlive: true, maxSockets: CONNECTIONS, maxFreeSockets: 8, scheduling: "lifo", timeout: 30_000 };

type Callback = (error: Error | null, stream: Duplex) => void;

/** Node asks for a connection only through this method; ours judges the peer before Node may write to it. */
function connectBy(route: () => Route): (options: unknown, callback?: Callback) => undefined {
  return (_options, callback) => {
    openConnection(route()).then(
      (socket) => callback?.(null, socket),
      (error: Error) => callback?.(error, undefined as unknown as Duplex),
    );
    return undefined;
  };
}

export class Transport {
  #route: Route;
  #agent: HttpAgent;
  constructor(route: Route) {
    this.#route = route;
    this.#agent = this.#makeAgent(OPTIONS);
  }

  #makeAgent(options: AgentOptions): HttpAgent {
    const agent = this.#route.url.protocol === "https:" ? new HttpsAgent(options) : new HttpAgent(options);
    return Object.assign(agent, { createConnection: connectBy(() => this.#route) });
  }

  /** Throws `LinkError` for every fault, also for one of the own side. There is no way to cancel: a request that is under way ends by itself, so that none arrives after its generation is gone. */
  async send(sending: Sending): Promise<RawAnswer> {
    return this.#send(sending, this.#agent);
  }

  /** Over a connection of its own that carries nothing else, on which a certificate's dates are forgiven. */
  async sendForTime(sending: Sending): Promise<RawAnswer> {
    const once = new Transport({ ...this.#route, datesOnly: true });
    try {
      return await once.send(sending);
    } finally {
      once.close();
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(sending: Sending, agent: HttpAgent): Promise<RawAnswer> {
    const { url, proxy } = this.#route;
    const secure = url.protocol === "https:";
    const viaProxy = proxy !== undefined;
    return new Promise((done, fail) => {
      const body = Buffer.from(sending.body);
      const request = (secure ? httpsRequest : httpRequest)({
        agent,
        host: url.hostname.replace(/^\[|\]$/g, ""),
        port: url.port || (secure ? 443 : 80),
        path: sending.path,
        method: "POST",
        headers: {
          host: url.host,
          accept: "application/json",
          "content-type": "application/json",
          "content-length": body.length,
          ...(sending.authorization ? { authorization: sending.authorization } : {}),
        },
      });
      let timer: NodeJS.Timeout | undefined;
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        settle();
      };
      const more = { authenticated: secure, viaProxy };
      const explain = (error: unknown) => {
        if (error instanceof LinkError) return error;
        return new LinkError("net.unreachable", "answer", { error: describeError(error), reused: request.reusedSocket }, more);
      };
      // The limit runs from when there is a connection: connecting has limits of its own.
      request.once("socket", () => {
        const evidence = { address: url.host, phase: "answer", limitMs: sending.answerMs };
        timer = setTimeout(() => request.destroy(new LinkError("net.timeout", "answer", evidence, more)), sending.answerMs);
      });
      request.once("error", (error) => finish(() => fail(explain(error))));
      request.once("response", (response) => {
        readBody(response).then(
          (text) =>
            finish(() =>
              done({
                status: response.statusCode ?? 0,
                contentType: response.headers["content-type"] ?? "",
                retryAfter: response.headers["retry-after"],
                text,
              }),
            ),
          (error: unknown) => finish(() => fail(explain(error))),
        );
      });
      request.end(body);
    });
  }
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LIMITS.bodyBytes) {
      response.destroy();
      throw new LinkError("http.unexpected", "answer", {
        status: response.statusCode ?? 0,
        excerpt: `more than ${LIMITS.bodyBytes} bytes`,
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

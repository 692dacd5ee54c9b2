/** Puts one question that everybody may put on a connection that is there, and brings back what was answered. */
import { request } from "node:http";
import type { Socket } from "node:net";

export interface Question {
  method: "GET" | "POST";
  path: string;
  /** JSON. */
  body?: string;
}

export interface Reply {
  status: number;
  type: string;
  location?: string;
  /** Seconds, as the header says them. */
  retryAfter?: string;
  date?: Date;
  /** By this machine's clock, halfway between question and answer. */
  at: number;
  /** From question to answer. */
  tookMs: number;
  body: string;
}

const MOST_BODY = 64 << 10;

/** Rejects with the system's or the parser's error. The connection ends with the answer. */
export function ask(socket: Socket, url: URL, { method, path, body }: Question, signal: AbortSignal, clock: () => number): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = {
      host: url.host,
      accept: "application/json",
      "user-agent": "sallyport-doctor",
      connection: "close",
      ...(body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
    };
    const [asked, begun] = [clock(), performance.now()];
    const call = request({ method, path, headers, createConnection: () => socket }, (response) => {
      const tookMs = performance.now() - begun;
      const parts: Buffer[] = [];
      let length = 0;
      response.on("data", (part: Buffer) => {
        length += part.length;
        if (length <= MOST_BODY) parts.push(part);
        else response.destroy();
      });
      response.once("error", () => {});
      response.once("close", () => {
        if (signal.aborted) return reject(signal.reason);
        if (!response.complete && length <= MOST_BODY)
          return reject(Object.assign(new Error("the answer was cut off"), { code: "ECONNRESET" }));
        const date = new Date(response.headers.date ?? "");
        const { location, "retry-after": retryAfter, "content-type": type } = response.headers;
        resolve({
          status: response.statusCode ?? 0,
          type: type ?? "",
          ...(location === undefined ? {} : { location }),
          ...(retryAfter === undefined ? {} : { retryAfter }),
          ...(Number.isNaN(date.getTime()) ? {} : { date }),
          at: asked + tookMs / 2,
          tookMs,
          body: Buffer.concat(parts).toString("utf8"),
        });
      });
    });
    const onAbort = () => call.destroy(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    call.once("error", reject);
    call.once("close", () => signal.removeEventListener("abort", onAbort));
    call.end(body);
  });
}

/** Judges where and how the server may listen: TLS, named proxies, or plain http on loopback only. */
import { createHash, X509Certificate } from "node:crypto";
import { createServer } from "node:net";
import { type CauseId, readOrgUrl } from "@sallyport/contracts";
import { checkCidr, readIp } from "@sallyport/logon";
import type { ServerOptions } from "./main.ts";

/** Why the server does not start: one sentence and its cause. */
export class ServerRefused extends Error {
  readonly causeId: CauseId;
  constructor(causeId: CauseId, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = "ServerRefused";
    this.causeId = causeId;
  }
}

export interface Listening {
  host: string;
  port: number;
  url: string;
  /** First 16 bytes of the SHA-256 of the SPKI of the last certificate in the chain: the CA lives longer than the server's own. */
  pin: Uint8Array | undefined;
}

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

export async function judgeListening(options: Pick<ServerOptions, "listen" | "url" | "tls" | "trustedProxies">): Promise<Listening> {
  const match = /^(\[[0-9A-Fa-f:]+\]|[^:]+):([0-9]{1,5})$/.exec(options.listen);
  const host = match?.[1]?.replace(/^\[|\]$/g, "");
  const asked = Number(match?.[2]);
  if (host === undefined || asked > 65535)
    throw refuse("config.invalid", `--listen ${options.listen} is not address:port, such as 127.0.0.1:8080`);
  for (const proxy of options.trustedProxies) {
    // One address or one exact network: whoever is in it can claim any client address (S35).
    const complaint = readIp(proxy) ? undefined : checkCidr(proxy);
    if (complaint) throw refuse("config.invalid", `--trusted-proxy: ${complaint}`);
    if (/\/0+$/.test(proxy))
      throw refuse("config.invalid", `--trusted-proxy ${proxy} would believe everybody: name the proxy's own address`);
  }
  const loopback = LOOPBACK.has(host);
  if (!options.tls && !loopback && options.trustedProxies.length === 0) {
    throw refuse(
      "config.invalid",
      `plain http is for this machine only: to listen on ${options.listen} give --tls-cert and --tls-key, or name the proxy with --trusted-proxy`,
    );
  }
  const port = asked === 0 ? await freePort(host) : asked;
  const scheme = options.tls ? "https" : "http";
  if (options.url === undefined && !loopback)
    throw refuse("config.missing", "--url is needed: hosts and browsers must know the org by one name");
  const read = readOrgUrl(options.url ?? `${scheme}://localhost:${port}`);
  if (!read.ok) throw refuse("url.malformed", `--url ${options.url}: ${read.reason}`);
  if (read.url.startsWith("http://") && options.tls)
    throw refuse("url.malformed", `--url ${read.url} begins with http, but the server speaks TLS`);
  if (read.url.startsWith("https://") && !options.tls && options.trustedProxies.length === 0) {
    throw refuse("config.invalid", `--url ${read.url} is https, but there is neither --tls-cert nor a --trusted-proxy that ends TLS`);
  }
  return { host, port, url: read.url, pin: options.tls ? readPin(options.tls) : undefined };
}

function readPin(tls: { cert: string; key: string }): Uint8Array {
  const certificates = tls.cert.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  const last = certificates.at(-1);
  if (!last) throw refuse("config.invalid", "--tls-cert holds no PEM certificate");
  try {
    const spki = new X509Certificate(last).publicKey.export({ type: "spki", format: "der" });
    return createHash("sha256").update(spki).digest().subarray(0, 16);
  } catch (error) {
    throw refuse("config.invalid", `--tls-cert cannot be read: ${(error as Error).message}`);
  }
}

/** The URL is part of everything that is signed, so the port must be known before the first route is built. */
async function freePort(host: string): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once("error", reject);
    probe.listen({ host, port: 0 }, () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

function refuse(causeId: CauseId, sentence: string): ServerRefused {
  return new ServerRefused(causeId, sentence);
}

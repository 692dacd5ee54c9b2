/** Hands one text message or call to the administrator's webhook: signed, over TLS, to no private address, in bounded time. */
import { createHmac } from "node:crypto";
import { request } from "node:https";
import { type DeliveryPlace, WEBHOOK_HEADERS, type WebhookMessage } from "@sallyport/contracts";
import type { OpenSms, Posted, PostFault } from "../flows/post.ts";
import { judgeHost, PrivateAddress, reachableLookup } from "./reachable.ts";
import { trustedBy } from "./trusted-by.ts";

const TIME_MS = 10_000;
const ANSWER_BYTES = 16 * 1024;

interface Answer {
  status: number;
  text: string;
}

/** Code of what is wrong with an answer that goes on for too long. */
const TOO_LONG = "ANSWER_TOO_LONG";

/** @param now Unix ms, for the timestamp that is signed. */
export async function callWebhook(
  { settings, secret }: OpenSms,
  message: WebhookMessage,
  now: number,
  signal: AbortSignal,
): Promise<Posted> {
  const url = new URL(settings.url);
  const server = `${url.hostname}:${url.port || 443}`;
  const body = Buffer.from(JSON.stringify(message));
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIME_MS)]);
  try {
    judgeHost(url, settings.privateNetworks);
    const answer = await exchange(url, settings, headersOf(secret, message.id, body, now), body, limit);
    if (answer.status >= 200 && answer.status < 300) return { ok: true, server, said: String(answer.status) };
    return { ok: false, fault: statusFault(answer, server) };
  } catch (error) {
    const late = limit.aborted && !(error instanceof PrivateAddress);
    return { ok: false, fault: callFault(late ? Object.assign(new Error("not answered in time"), { code: "ETIMEDOUT" }) : error, server) };
  }
}

function headersOf(secret: string, id: string, body: Buffer, now: number): Record<string, string | number> {
  const timestamp = String(Math.floor(now / 1000));
  const mac = createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest("hex");
  return {
    "content-type": "application/json",
    "content-length": body.length,
    [WEBHOOK_HEADERS.timestamp]: timestamp,
    [WEBHOOK_HEADERS.signature]: `v1=${mac}`,
    [WEBHOOK_HEADERS.id]: id,
  };
}

/** `node:https` follows no redirect. The addresses that were judged are the ones connected to (S34). */
function exchange(url: URL, settings: OpenSms["settings"], headers: object, body: Buffer, signal: AbortSignal): Promise<Answer> {
  const options = {
    method: "POST",
    headers: { ...headers },
    lookup: reachableLookup(settings.privateNetworks),
    agent: false as const,
    minVersion: "TLSv1.2" as const,
    ...trustedBy(settings.trust.ca),
    signal,
  };
  return new Promise((resolve, reject) => {
    const call = request(url, options, (answer) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      answer.on("data", (part: Buffer) => {
        bytes += part.length;
        if (bytes > ANSWER_BYTES) return void call.destroy(Object.assign(new Error("the answer is too long"), { code: TOO_LONG }));
        parts.push(part);
      });
      answer.on("error", reject);
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
    });
    call.on("error", reject);
    call.end(body);
  });
}

function statusFault({ status, text }: Answer, server: string): PostFault {
  const [permanent, channel, says] = judgeStatus(status);
  const error = `${status} ${text.slice(0, 300)}`.trim();
  return { place: "answer", sentence: `The webhook ${server} ${says}.`, error, server, permanent, channel, logged: `answer: ${status}` };
}

function judgeStatus(status: number): [permanent: boolean, channel: boolean, says: string] {
  if (status >= 300 && status < 400)
    return [false, true, "sends us to another address, and that is not followed. Set the address that it names"];
  if (status === 400 || status === 422) return [true, false, "does not take this message. Its answer says why"];
  if (status === 401 || status === 403)
    return [false, true, "refuses us. See that it checks the signature by the same secret (sallyport sms set --secret-file FILE)"];
  if (status === 404 || status === 410) return [false, true, "knows nothing of this path. Check the address"];
  if (status === 429) return [false, true, "takes no more messages now; it may later"];
  return [false, true, `could not do it (status ${status}). Its own log has the reason`];
}

const NETWORK = "See that it runs, and that the org's machine reaches it (firewall, proxy)";
const CODES: Record<string, [DeliveryPlace, string]> = {
  PRIVATE_ADDRESS: [
    "settings",
    "is, or leads to, a private address. If it really stands inside your network, list that network: sallyport sms set --private-network CIDR",
  ],
  ENOTFOUND: ["dns", "has a name that nobody knows. Check the spelling, or the name service (DNS) of the org's machine"],
  EAI_AGAIN: ["dns", "has a name that could not be looked up: the name service (DNS) of the org's machine does not answer"],
  ECONNREFUSED: ["connect", `refuses the connection: nothing listens on this port. ${NETWORK}`],
  ETIMEDOUT: ["answer", `did not answer in ten seconds. ${NETWORK}`],
  ECONNRESET: ["connect", `broke the connection off. ${NETWORK}`],
  CERT_HAS_EXPIRED: ["tls", "shows a certificate that has expired"],
  CERT_NOT_YET_VALID: ["tls", "shows a certificate that is not valid yet. Check the clocks on both sides"],
  ERR_TLS_CERT_ALTNAME_INVALID: ["tls", "shows a certificate for other names"],
  ERR_SSL_WRONG_VERSION_NUMBER: ["tls", "speaks no TLS on this port"],
  [TOO_LONG]: ["answer", "answers with more than 16 KiB. It is to answer with a status and hardly anything else"],
};
const NOT_TRUSTED: [DeliveryPlace, string] = [
  "tls",
  "shows a certificate that the org does not trust. Give its authority: sallyport sms set --ca FILE",
];

function callFault(thrown: unknown, server: string): PostFault {
  const { code = "none", message } = thrown as NodeJS.ErrnoException;
  const [place, says] =
    CODES[code] ?? (/CERT|SIGNATURE|ISSUER/.test(code) ? NOT_TRUSTED : ["connect", `broke the dialogue off. ${NETWORK}`]);
  return {
    place,
    sentence: `The webhook ${server} ${says}.`,
    error: message,
    server,
    permanent: false,
    channel: true,
    logged: `${place}: ${code}`,
  };
}

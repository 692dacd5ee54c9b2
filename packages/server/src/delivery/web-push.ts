/** Wakes a phone up by its browser's push service (RFC 8030): encrypted to the phone (RFC 8291), named by our key (RFC 8292), without content. */
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { pushSubscription } from "@sallyport/contracts";
import webpush from "web-push";
import * as z from "zod";
import { addedPushHosts, pushHostOf } from "../flows/phone/push-hosts.ts";
import { vapidKeys } from "../flows/phone/vapid.ts";
import { forgetSubscription } from "../flows/phone/wake.ts";
import type { Store } from "../flows/store.ts";
import type { Keys } from "../keys/keys.ts";
import type { Deliverer, Letter, Sent } from "./deliverer.ts";
import { judgeHost, PrivateAddress, reachableLookup } from "./reachable.ts";

export interface WebPushDeps {
  store: Store;
  keys: Keys;
  orgUrl: string;
}

const wakeUp = z.object({ enrolment: z.string(), subscription: pushSubscription });
/** The same for every logon: a push service that keeps what it carries learns nothing. */
const CONTENT = JSON.stringify({ look: true });
const ANYWHERE = ["0.0.0.0/0", "::/0"];

export function webPushDeliverer(deps: WebPushDeps): Deliverer {
  return { send: (letter, signal) => send(deps, letter, signal) };
}

async function send(deps: WebPushDeps, letter: Letter, signal: AbortSignal): Promise<Sent> {
  const { enrolment, subscription } = wakeUp.parse(letter.payload);
  const { host, hostname } = new URL(subscription.endpoint);
  // Judged again: an administrator may have taken the host away since the phone named it.
  const allowed = pushHostOf(subscription.endpoint, await deps.store.read(addedPushHosts));
  if (!allowed) return never(host, `the push service ${hostname} is not allowed`);
  const seconds = Math.max(0, Math.floor((letter.expires - letter.created) / 1000));
  const { publicKey, privateKey } = await vapidKeys(deps);
  const details = webpush.generateRequestDetails(subscription, CONTENT, {
    TTL: seconds,
    urgency: "high",
    vapidDetails: { subject: subjectOf(deps.orgUrl), publicKey, privateKey },
  });
  try {
    const networks = allowed === "added" ? ANYWHERE : [];
    judgeHost(new URL(subscription.endpoint), networks);
    const status = await post(subscription.endpoint, details, networks, signal);
    return await judgeStatus(deps, { host, status, enrolment, endpoint: subscription.endpoint });
  } catch (error) {
    if (error instanceof PrivateAddress) return never(host, `the push service ${hostname} leads to a private address`);
    const code = (error as NodeJS.ErrnoException).code ?? "no answer";
    return { kind: "later", fault: { server: host, error: `the push service was not reached: ${code}`, channel: true } };
  }
}

/** What a push service may read of us to complain; on plain loopback http there is nobody to complain to. */
function subjectOf(orgUrl: string): string {
  const { protocol, origin, hostname } = new URL(orgUrl);
  return protocol === "https:" && hostname !== "localhost" ? origin : "mailto:nobody@localhost.invalid";
}

/** S34: no redirect is followed, and nothing of the answer is read but its status. */
function post(endpoint: string, details: webpush.RequestDetails, networks: string[], signal: AbortSignal): Promise<number> {
  const agent = new Agent({ keepAlive: false, lookup: reachableLookup(networks) });
  const options = { method: "POST", headers: details.headers as Record<string, string>, agent, signal };
  return new Promise((resolve, reject) => {
    const call = request(endpoint, options, (answer: IncomingMessage) => {
      resolve(answer.statusCode ?? 0);
      answer.destroy();
    });
    // A socket that ends after the status was read is no fault any more.
    call.on("error", reject);
    call.end(details.body ?? undefined);
  });
}

interface Answered {
  host: string;
  status: number;
  enrolment: string;
  endpoint: string;
}

async function judgeStatus({ store, keys }: WebPushDeps, { host, status, enrolment, endpoint }: Answered): Promise<Sent> {
  if (status >= 200 && status < 300) return { kind: "sent", server: host };
  const fault = { server: host, error: `the push service answered ${status}`, channel: false };
  // RFC 8030 §7.3: the subscription has ended; the phone makes another one when it is opened.
  if (status === 404 || status === 410) {
    await store.inTransaction((tx) => forgetSubscription(tx, keys, enrolment, endpoint));
    return { kind: "never", fault };
  }
  if (status === 429 || status >= 500) return { kind: "later", fault: { ...fault, channel: status >= 500 } };
  return { kind: "never", fault: { ...fault, channel: status === 401 || status === 403 } };
}

const never = (server: string, error: string): Sent => ({ kind: "never", fault: { server, error, channel: false } });

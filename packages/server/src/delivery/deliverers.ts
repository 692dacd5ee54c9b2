/** Every kind of message that leaves the org, and what sends it. */
import { webhookMessage } from "@sallyport/contracts";
import * as z from "zod";
import type { Post, Posted } from "../flows/post.ts";
import type { Store } from "../flows/store.ts";
import { openMail, openSms } from "../flows/ways-out.ts";
import type { Keys } from "../keys/keys.ts";
import type { Deliverer, Deliverers, Sent } from "./deliverer.ts";
import { webPushDeliverer } from "./web-push.ts";

export interface DelivererDeps {
  orgUrl: string;
  store: Store;
  keys: Keys;
  post: Post;
}

export function deliverersOf(deps: DelivererDeps): Deliverers {
  return { mail: mailDeliverer(deps), webhook: webhookDeliverer(deps), webpush: webPushDeliverer(deps) };
}

/** What stands in a mail's row; see `flows/letters/letter.ts`. */
const mail = z.object({ to: z.string(), subject: z.string(), text: z.string(), html: z.string() });

function mailDeliverer({ store, keys, post }: DelivererDeps): Deliverer {
  return {
    async send({ id, payload }, signal) {
      const by = await store.read((tx) => openMail(tx, keys));
      return by ? sentOf(await post.mail(by, mail.parse(payload), id, signal)) : notSet("no mail server is set (sallyport mail set)");
    },
  };
}

function webhookDeliverer({ store, keys, post }: DelivererDeps): Deliverer {
  return {
    async send({ payload }, signal) {
      const by = await store.read((tx) => openSms(tx, keys));
      return by ? sentOf(await post.webhook(by, webhookMessage.parse(payload), signal)) : notSet("no webhook is set (sallyport sms set)");
    },
  };
}

const notSet = (error: string): Sent => ({ kind: "later", fault: { server: "none", error, channel: true } });

function sentOf(posted: Posted): Sent {
  if (posted.ok) return { kind: "sent", server: posted.server };
  const { permanent, channel, server, logged } = posted.fault;
  return { kind: permanent ? "never" : "later", fault: { server, error: logged, channel } };
}

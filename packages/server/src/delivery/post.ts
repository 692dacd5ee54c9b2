/** The ways out, for the one message of a try. */
import type { Post } from "../flows/post.ts";
import { greetServer, sendMail } from "./mail.ts";
import { callWebhook } from "./webhook.ts";

/** @param now Unix ms, by the clock of this machine: a webhook compares it with its own. */
export function postOf(orgUrl: string, now: () => number = Date.now): Post {
  return {
    mail: (by, mail, id, signal) => sendMail(by, mail, id, orgUrl, signal),
    greet: (by, signal) => greetServer(by, orgUrl, signal),
    webhook: (by, message, signal) => callWebhook(by, message, now(), signal),
  };
}

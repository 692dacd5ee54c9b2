/** What the flows need of the ways out of the org when an administrator tries them: one message now, and what was said. */
import type { DeliveryPlace, MailSettings, SmsSettings, WebhookMessage } from "@sallyport/contracts";

/** Settings with their secret in the clear: for the moment of one message. */
export interface OpenMail {
  settings: MailSettings;
  /** The account's password; empty without an account. */
  secret: string;
}

export interface OpenSms {
  settings: SmsSettings;
  secret: string;
}

export interface Mail {
  to: string;
  subject: string;
  text: string;
  html: string;
}

/** `error`: what the server or the system said, word by word; it may name the recipient, and is for who typed them. */
export interface PostFault {
  place: DeliveryPlace;
  sentence: string;
  error: string;
  server: string;
  /** The same would come of it again. */
  permanent: boolean;
  /** Of the way out, not of this one message. */
  channel: boolean;
  /** Without anything that another could have put into it: stands in the log. */
  logged: string;
}

export type Posted = { ok: true; server: string; said: string } | { ok: false; fault: PostFault };

/** Sends one message now; every fault of the other side is an answer. */
export interface Post {
  /** @param id makes the Message-ID: the same at each try. */
  mail(by: OpenMail, mail: Mail, id: string, signal: AbortSignal): Promise<Posted>;
  /** Everything that comes before a mail, and none: name, connection, TLS, account. */
  greet(by: OpenMail, signal: AbortSignal): Promise<Posted>;
  webhook(by: OpenSms, message: WebhookMessage, signal: AbortSignal): Promise<Posted>;
}

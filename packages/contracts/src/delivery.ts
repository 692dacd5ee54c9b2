/** How the org reaches people: its mail server, and the webhook that sends text messages and calls. */
import * as z from "zod";
import { causeId } from "./cause-id.ts";
import { certificates } from "./sources.ts";

const when = z.iso.datetime();

/** One address, as RFC 5321 has it without quoting and comments: what every mail server takes. */
export const mailAddress = z
  .string()
  .trim()
  .max(254)
  .regex(/^[^\s@<>()[\]\\,;:"]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/, "must be a mail address, such as mfa@corp.example");

/** E.164: a plus sign, the country, the number; at most 15 digits. */
export const phoneNumber = z
  .string()
  .trim()
  .transform((typed) => typed.replace(/[ ()./-]/g, ""))
  .pipe(z.string().regex(/^\+[1-9][0-9]{6,14}$/, "must be a number with its country, such as +49 30 1234567"));

/** What an administrator writes who lets codes go out in clear: they must have read it. */
export const INSECURE = "codes can be read and changed on the way";
const LOOPBACK = /^(localhost|127(\.[0-9]{1,3}){3}|\[::1\])$/;

/** True for a server that can only be this very machine, whatever a name server says. */
export function isLoopback(server: string): boolean {
  return LOOPBACK.test(new URL(server).hostname);
}

function serverComplaint(typed: string): string | undefined {
  if (!/^smtps?:\/\//i.test(typed)) return "must begin with smtps:// (or with smtp:// for a server that takes STARTTLS)";
  // The URL standard leaves the host of a scheme that it does not know as it is typed.
  const url = URL.canParse(typed) ? new URL(typed) : undefined;
  if (!url?.hostname) return "is not a URL: write smtps:// and the name of the server";
  if (url.username || url.password) return "must not hold a name or a password; the account goes into user, its password into secret";
  const rest = `${url.search}${url.hash}${url.pathname.replace(/^\/$/, "")}`;
  return rest === "" ? undefined : "must end after the name and port of the server";
}

const server = z
  .string()
  .trim()
  .max(300)
  .superRefine((typed, context) => {
    const message = serverComplaint(typed);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });
const trust = z.strictObject({ ca: certificates.optional() }).default({});

/**
 * `server`: `smtps://NAME` (port 465, TLS from the first byte) or `smtp://NAME` (port 587, STARTTLS required, but on loopback).
 * `trust.ca`: authorities in PEM and no others; left out, those that the operating system trusts.
 * `insecure`: exactly `INSECURE`; then also without TLS, or by any certificate.
 */
export const mailSettings = z.strictObject({
  server,
  from: mailAddress,
  fromName: z
    .string()
    .trim()
    .max(128)
    .regex(/^[^\r\n"<>]*$/, "must be one line without quotes and angle brackets")
    .default("Sallyport"),
  user: z.string().trim().min(1).max(256).optional(),
  trust,
  insecure: z.literal(INSECURE, `takes only these words: ${INSECURE}`).optional(),
});
export type MailSettings = z.infer<typeof mailSettings>;
/** `try`: the server must answer, up to the account, before it is taken; it takes up to half a minute. */
export const putMailQuery = z.strictObject({ try: z.enum(["true", "false"]).default("false") });
/** `secret`: the account's password; left out, the stored one stays. */
export const putMailRequest = mailSettings.extend({ secret: z.string().min(1).max(1024).optional() });
export type PutMailRequest = z.infer<typeof putMailRequest>;

const cidr = z.string().trim().max(64);
/**
 * `url`: HTTPS. `privateNetworks`: networks (CIDR) inside which the webhook may be, although nobody else could reach them (S34).
 */
export const smsSettings = z.strictObject({
  url: z
    .url({ protocol: /^https$/, error: "must be an https:// address" })
    .max(1024)
    .refine((typed) => URL.canParse(typed) && !new URL(typed).username && !new URL(typed).hash, "must hold no name, password or #part"),
  privateNetworks: z.array(cidr).max(16).default([]),
  trust,
});
export type SmsSettings = z.infer<typeof smsSettings>;
/** `secret`: what the webhook checks the signature by; left out, the stored one stays, or one is made and shown once. */
export const putSmsRequest = smsSettings.extend({ secret: z.string().min(32, "must have at least 32 characters").max(256).optional() });
export type PutSmsRequest = z.infer<typeof putSmsRequest>;

export const failingChannel = z.object({
  channel: z.enum(["mail", "webhook", "webpush"]),
  since: when,
  server: z.string(),
  error: z.string(),
  waiting: z.int(),
});
/** A way out that fails (cause `org.delivery`). */
export type FailingChannel = z.infer<typeof failingChannel>;

/** How a way out stands. `waiting`: messages that are still to be sent. */
const stand = {
  waiting: z.int(),
  failing: z.object({ since: when, server: z.string(), error: z.string() }).nullable(),
  updated: when,
  updatedBy: z.string(),
};
/** `secret`: whether one is stored. */
export const mailView = mailSettings.extend({ secret: z.boolean(), ...stand });
export type MailView = z.infer<typeof mailView>;
/** `secret` only in the answer that makes it. */
export const smsView = smsSettings.extend({ secret: z.string().optional(), ...stand });
export type SmsView = z.infer<typeof smsView>;

export const testMailRequest = z.strictObject({ to: mailAddress });
export const testSmsRequest = z.strictObject({ to: phoneNumber });
/** Where in the dialogue it failed. */
export const deliveryPlace = z.enum(["settings", "dns", "connect", "tls", "auth", "sender", "recipient", "message", "answer"]);
export type DeliveryPlace = z.infer<typeof deliveryPlace>;
/** `error`: what the server or the system said, word by word. */
export const deliveryTest = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), server: z.string(), said: z.string() }),
  z.object({
    ok: z.literal(false),
    cause: causeId,
    place: deliveryPlace,
    sentence: z.string(),
    server: z.string(),
    error: z.string(),
  }),
]);
export type DeliveryTest = z.infer<typeof deliveryTest>;

/** What stands in the body of a webhook's call. `id` is the same at each try. */
export const webhookMessage = z.object({
  id: z.string(),
  type: z.enum(["sms", "call"]),
  to: z.string(),
  /** What is to be sent or said, whole. */
  text: z.string(),
  /** The digits alone, for a service with texts of its own; absent in a test. */
  code: z.string().optional(),
  locale: z.enum(["en", "de"]),
  org: z.string(),
  expiresAt: when,
});
export type WebhookMessage = z.infer<typeof webhookMessage>;
/**
 * Headers of a webhook's call. The signature is `v1=` and hex HMAC-SHA-256, by the secret as UTF-8, over the timestamp (Unix seconds), a
 * full stop and the body's bytes.
 */
export const WEBHOOK_HEADERS = { timestamp: "sallyport-timestamp", signature: "sallyport-signature", id: "sallyport-id" } as const;

/** Speaks SMTP for one mail, or up to it: encrypted and to a server that is known, before a word of it is said. */
import { isLoopback, type MailSettings } from "@sallyport/contracts";
import { createTransport } from "nodemailer";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import type { Mail, OpenMail, Posted } from "../flows/post.ts";
import { mailFault } from "./mail-faults.ts";
import { trustedBy } from "./trusted-by.ts";

/** Milliseconds. Together they stay below the time of a message in the outbox. */
const TIMES = { dnsTimeout: 5_000, connectionTimeout: 8_000, greetingTimeout: 8_000, socketTimeout: 10_000 };

/** Name and port of the server, and whether TLS begins with the first byte. */
export function serverOf({ server }: MailSettings): { host: string; port: number; implicit: boolean } {
  const url = new URL(server);
  const implicit = url.protocol === "smtps:";
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || (implicit ? 465 : 587)), implicit };
}

/** @param id makes the Message-ID: a server that got the mail twice, since its answer was lost, can tell. @param orgUrl names us in EHLO. */
export function sendMail(by: OpenMail, mail: Mail, id: string, orgUrl: string, signal: AbortSignal): Promise<Posted> {
  const { settings } = by;
  return overSmtp(by, orgUrl, async (transport) => {
    const sent = await transport.sendMail({
      from: { name: settings.fromName, address: settings.from },
      to: { name: "", address: mail.to },
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      messageId: `<${id}@${new URL(orgUrl).hostname}>`,
      // RFC 3834: no absence notes, and no loops.
      headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All" },
      signal,
    });
    return sent.response;
  });
}

/** Connects, greets, agrees on TLS and proves the account; no mail is begun. `signal` ends it: each of the times above is kept by a server that drips. */
export async function greetServer(by: OpenMail, orgUrl: string, signal: AbortSignal): Promise<Posted> {
  return posted(by, async () => {
    const connection = new SMTPConnection({ ...wayTo(by, orgUrl), socketCloseTimeout: 1_000 });
    try {
      await dialogue(connection, by, signal);
      connection.quit();
    } finally {
      connection.close();
    }
    return "the dialogue up to the account";
  });
}

function dialogue(connection: SMTPConnection, { settings: { user }, secret }: OpenMail, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(Object.assign(new Error("the time is over"), { code: "EABORT" }));
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const end = (error?: Error | null) => (error ? reject(error) : resolve());
    connection.on("error", reject);
    connection.once("end", () => reject(new Error("Connection closed")));
    connection.connect((error) => {
      if (error || user === undefined || !connection.allowsAuth) return end(error);
      connection.login({ user, credentials: { user, pass: secret } }, end);
    });
  });
}

function overSmtp(by: OpenMail, orgUrl: string, say: (transport: ReturnType<typeof createTransport>) => Promise<string>): Promise<Posted> {
  const { settings, secret } = by;
  const transport = createTransport({
    ...wayTo(by, orgUrl),
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(settings.user === undefined ? {} : { auth: { user: settings.user, pass: secret } }),
  });
  return posted(by, () => say(transport).finally(() => transport.close()));
}

function wayTo({ settings }: OpenMail, orgUrl: string) {
  const { host, port, implicit } = serverOf(settings);
  return { ...TIMES, ...encryptionOf(settings), host, port, name: new URL(orgUrl).hostname, secure: implicit };
}

async function posted({ settings }: OpenMail, say: () => Promise<string>): Promise<Posted> {
  const { host, port } = serverOf(settings);
  const server = `${host}:${port}`;
  try {
    return { ok: true, server, said: await say() };
  } catch (error) {
    return { ok: false, fault: mailFault(error, settings, server) };
  }
}

/** STARTTLS that the server does not offer, or that somebody on the way took out of its answer, ends the dialogue (RFC 8314 §4.1). */
function encryptionOf(settings: MailSettings) {
  const loose = settings.insecure !== undefined || isLoopback(settings.server);
  return {
    requireTLS: !loose,
    tls: {
      minVersion: "TLSv1.2" as const,
      rejectUnauthorized: !loose,
      ...trustedBy(settings.trust.ca),
    },
  };
}

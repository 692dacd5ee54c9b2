/** A real SMTP server for stories, on an address that is not loopback: what it got, and what it is to do wrong. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import type { Certificate } from "../machine/certificates.ts";

/** Added to the loopback interface of the story's own namespace; in no settings does it count as this very machine. */
export const MAIL_ADDRESS = "10.77.0.2";
export const MAIL_NAME = "mail.story.test";
export const MAIL_USER = "mfa";
export const MAIL_SECRET = "planted-mail-secret";

export interface Got {
  from: string;
  to: string;
  /** As it came over the wire. */
  source: string;
  /** Of the plain part, decoded. */
  text: string;
  encrypted: boolean;
}

export interface MailServerOptions {
  tls?: Certificate;
  /** TLS from the first byte. */
  implicit?: boolean;
  /** As somebody on the way would have it: not offered, and refused when asked for. */
  strip?: boolean;
  port: number;
  address?: string;
  /** An answer in the place of taking the recipient, or undefined. */
  refuse?: (to: string) => { code: number; text: string } | undefined;
}

export class MailServer {
  readonly got: Got[] = [];
  readonly #server: SMTPServer;
  readonly #options: MailServerOptions;
  #waiting: (() => void)[] = [];

  constructor(options: MailServerOptions) {
    this.#options = options;
    this.#server = new SMTPServer(this.#settings());
    this.#server.on("error", () => undefined);
  }

  async listen(): Promise<this> {
    const listening = once(this.#server.server, "listening");
    this.#server.listen(this.#options.port, this.#options.address ?? MAIL_ADDRESS);
    await listening;
    return this;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** The first mail to this address in whose text this stands; of those after the first `from` ones. */
  async next(to: string, says: RegExp, from = 0): Promise<Got> {
    for (;;) {
      const found = this.got.slice(from).find((mail) => mail.to === to && says.test(mail.text));
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #settings(): SMTPServerOptions {
    const { tls, implicit = false, strip = false, refuse } = this.#options;
    return {
      secure: implicit,
      hideSTARTTLS: strip || !tls,
      disableReverseLookup: true,
      logger: false,
      ...(tls ? { cert: readFileSync(tls.pem), key: readFileSync(tls.key) } : {}),
      disabledCommands: [...(strip || !tls ? ["STARTTLS"] : []), ...(tls ? [] : ["AUTH"])],
      authOptional: !tls,
      onAuth({ username, password }, _session, done) {
        if (username === MAIL_USER && password === MAIL_SECRET) return done(null, { user: username });
        return done(Object.assign(new Error("5.7.8 Authentication credentials invalid"), { responseCode: 535 }));
      },
      onRcptTo({ address }, _session, done) {
        const no = refuse?.(address);
        done(no ? Object.assign(new Error(no.text), { responseCode: no.code }) : null);
      },
      onData: (stream, session, done) => {
        void text(stream).then((source) => {
          const to = session.envelope.rcptTo[0]?.address ?? "";
          const from = session.envelope.mailFrom === false ? "" : session.envelope.mailFrom.address;
          this.got.push({ from, to, source, text: plainPart(source), encrypted: session.secure });
          for (const wake of this.#waiting.splice(0)) wake();
          done();
        });
      },
    };
  }
}

/** The text/plain part of a mail of two alternatives (RFC 2046), decoded. */
function plainPart(source: string): string {
  const part = /Content-Type: text\/plain[\s\S]*?\r\n\r\n([\s\S]*?)\r\n--/i.exec(source);
  const head = part?.[0].split("\r\n\r\n")[0] ?? "";
  const body = part?.[1] ?? source;
  if (/base64/i.test(head)) return Buffer.from(body, "base64").toString();
  if (/quoted-printable/i.test(head)) {
    const bytes = body.replace(/=\r\n/g, "").replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    return Buffer.from(bytes, "latin1").toString();
  }
  return body;
}

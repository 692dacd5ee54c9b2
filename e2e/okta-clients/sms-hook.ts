/** A receiver of text messages and calls, as an operator writes one by docs/sms.md: over TLS, and only what is signed. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { createServer, type Server } from "node:https";
import { buffer } from "node:stream/consumers";
import type { WebhookMessage } from "@sallyport/contracts";
import { makeCertificate } from "../machine/certificates.ts";
import type { LocalOrg } from "../machine/local-org.ts";
import { must, until } from "../machine/processes.ts";

const NAME = "sms.story.test";
/** Not loopback, so that the org must be told that it may be called. */
const ADDRESS = "10.77.0.3";
const PORT = 4431;

export class SmsHook {
  /** Signed ones, oldest first. */
  readonly got: WebhookMessage[] = [];
  readonly #server: Server;
  #secret = "";

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", (request, response) => {
      void buffer(request).then((body) => {
        const signed = this.#isSigned(request, body);
        if (signed) this.got.push(JSON.parse(body.toString()));
        response.writeHead(signed ? 204 : 401).end();
      });
    });
  }

  /** Set up as the way out of this org. Must run inside a namespace of its own: it writes /etc and gives the loopback interface an address. */
  static async of(org: LocalOrg): Promise<SmsHook> {
    appendFileSync("/etc/hosts", `${ADDRESS} ${NAME}\n`);
    must("ip", ["addr", "replace", `${ADDRESS}/32`, "dev", "lo"]);
    const ca = makeCertificate(org.folder, "hook-ca", { subject: "Hook CA", authority: true });
    const { pem, key } = makeCertificate(org.folder, "hook", { subject: NAME, issuer: ca });
    const hook = new SmsHook(createServer({ cert: readFileSync(pem), key: readFileSync(key) }));
    hook.#server.listen(PORT, ADDRESS);
    await once(hook.#server, "listening");
    const trust = { ca: readFileSync(ca.pem, "utf8") };
    const url = `https://${NAME}:${PORT}/send`;
    hook.#secret = (await org.call("PUT", "/api/v1/org/sms", { url, privateNetworks: [`${ADDRESS}/32`], trust })).secret;
    return hook;
  }

  /** The code of the next message of this kind to this number. @param before how many messages were there already. */
  code(type: "sms" | "call", to: string, before = 0): Promise<string> {
    return until(`a code by ${type} to ${to}`, () => this.got.slice(before).find((one) => one.type === type && one.to === to)?.code);
  }

  #isSigned({ headers }: IncomingMessage, body: Buffer): boolean {
    const right = createHmac("sha256", this.#secret).update(`${headers["sallyport-timestamp"]}.`).update(body).digest();
    const given = Buffer.from(String(headers["sallyport-signature"]).replace("v1=", ""), "hex");
    return given.length === right.length && timingSafeEqual(given, right);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

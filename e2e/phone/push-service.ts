/** A push service for the stories: TLS under a CA of its own, which opens what it gets with the phone's keys (RFC 8291, RFC 8188). */
import { createDecipheriv, createECDH, createHmac, createPublicKey, type ECDH, randomBytes, verify } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "../machine/certificates.ts";

export interface Pushed {
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** What a browser would hold of a subscription. */
export class Subscription {
  readonly #pair: ECDH;
  readonly #auth: Buffer;
  readonly endpoint: string;

  constructor(endpoint: string) {
    this.#pair = createECDH("prime256v1");
    this.#pair.generateKeys();
    this.#auth = randomBytes(16);
    this.endpoint = endpoint;
  }

  toJSON() {
    const p256dh = this.#pair.getPublicKey().toString("base64url");
    return { endpoint: this.endpoint, keys: { p256dh, auth: this.#auth.toString("base64url") } };
  }

  /** RFC 8291 §3.4 and RFC 8188 §2, one record. Throws on a wrong key or a changed byte. */
  open(body: Buffer): string {
    const salt = body.subarray(0, 16);
    const keyLength = body.readUInt8(20);
    const sender = body.subarray(21, 21 + keyLength);
    const record = body.subarray(21 + keyLength);
    const shared = this.#pair.computeSecret(sender);
    const info = Buffer.concat([Buffer.from("WebPush: info\0"), this.#pair.getPublicKey(), sender]);
    const secret = hkdf(this.#auth, shared, info, 32);
    const key = hkdf(salt, secret, Buffer.from("Content-Encoding: aes128gcm\0"), 16);
    const nonce = hkdf(salt, secret, Buffer.from("Content-Encoding: nonce\0"), 12);
    const decipher = createDecipheriv("aes-128-gcm", key, nonce);
    decipher.setAuthTag(record.subarray(-16));
    const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
    return padded.subarray(0, padded.lastIndexOf(2)).toString();
  }
}

/** RFC 5869 for at most one block. */
function hkdf(salt: Buffer, secret: Buffer, info: Buffer, length: number): Buffer {
  const extracted = createHmac("sha256", salt).update(secret).digest();
  return createHmac("sha256", extracted)
    .update(Buffer.concat([info, Buffer.from([1])]))
    .digest()
    .subarray(0, length);
}

export class PushService {
  readonly ca: string;
  readonly pushed: Pushed[] = [];
  readonly #server: Server;
  #waiting: (() => void)[] = [];
  /** What it answers from now on. */
  status = 201;
  headers: Record<string, string> = {};

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), "sallyport-push-"));
    const ca = makeCertificate(folder, "push-ca", { subject: "Push CA", authority: true });
    const leaf = makeCertificate(folder, "push", { subject: "localhost", issuer: ca });
    this.ca = ca.pem;
    this.#server = createServer({ key: readFileSync(leaf.key), cert: readFileSync(leaf.pem) }, (request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        this.pushed.push({ path: request.url ?? "", headers: request.headers, body: Buffer.concat(parts) });
        response.writeHead(this.status, this.headers).end("x".repeat(1000));
        for (const resolve of this.#waiting.splice(0)) resolve();
      });
    });
  }

  async start(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  get url(): string {
    return `https://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  subscribe(path: string): Subscription {
    return new Subscription(`${this.url}${path}`);
  }

  /** The next call to this path, or the one that was there already. */
  async got(path: string): Promise<Pushed> {
    for (;;) {
      const found = this.pushed.find((one) => one.path === path);
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close").catch(() => undefined);
  }
}

/** RFC 8292: the key that is named signed who may push here, until when, and whom to write to. */
export function vapidClaims({ headers }: Pushed): { key: string; claims: any } {
  const found = /^vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), k=([\w-]+)$/.exec(headers.authorization ?? "");
  const [, head = "", body = "", signature = "", key = ""] = found ?? [];
  const point = Buffer.from(key, "base64url");
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString("base64url"));
  const publicKey = createPublicKey({ key: { kty: "EC", crv: "P-256", x, y } as never, format: "jwk" });
  const signed = Buffer.from(`${head}.${body}`);
  if (!verify("sha256", signed, { key: publicKey, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url")))
    throw new Error("the push is not signed by the key that it names");
  return { key, claims: JSON.parse(Buffer.from(body, "base64url").toString()) };
}

/** A machine that speaks the host link itself, to whichever node it is told: enrolment, logon, code. */
import { createHash, createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import http from "node:http";
import { enrolmentCodeId, readEnrolmentCode, writeReference } from "@sallyport/contracts";

export interface Answered {
  status: number;
  body: any;
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

/** POST of JSON; rejects only if no answer came. */
export function post(port: number, path: string, body: string, authorization: string): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body), authorization };
    const request = http.request({ agent, host: "127.0.0.1", port, path, method: "POST", headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(parts).toString() || "{}") }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

export interface Opened {
  reference: string;
  stateToken: string;
  factor: string;
}

interface Jwk {
  kty: string;
  crv: string;
  x: string;
  y: string;
}

export class Host {
  id = "";
  generation = "";
  readonly orgUrl: string;
  readonly #key: KeyObject;
  readonly #jwk: Jwk;

  constructor(orgUrl: string) {
    this.orgUrl = orgUrl;
    const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.#key = pair.privateKey;
    const { kty, crv, x, y } = pair.publicKey.export({ format: "jwk" });
    this.#jwk = { kty, crv, x, y } as Jwk;
  }

  /** By an enrolment code as an administrator got it. */
  async enrol(port: number, code: string): Promise<void> {
    const read = readEnrolmentCode(code);
    if (!read.ok) throw new Error(read.reason);
    const { kty, crv, x, y } = this.#jwk;
    const thumbprint = createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
    const nonce = randomBytes(16).toString("base64url");
    const mac = createHmac("sha256", read.code.secret).update(`${thumbprint}.${nonce}`).digest("base64url");
    const codeId = enrolmentCodeId(read.code.secret);
    const proof = this.#jws("sallyport-enrol+jws", {
      typ: "enrol",
      codeId,
      nonce,
      mac,
      name: "story",
      platform: "linux",
      version: "0.1.0",
    });
    const answer = await post(port, "/api/v1/hosts/enrol", JSON.stringify({ codeId, key: this.#jwk, proof }), "");
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    const claims = JSON.parse(Buffer.from(answer.body.enrolled.split(".")[1], "base64url").toString());
    this.id = claims.hostId;
    this.generation = claims.generation;
  }

  /** The first question of a logon. */
  ask(port: number, login: string, reference = writeReference(randomBytes(5))): Promise<Answered & { reference: string }> {
    const question = {
      reference,
      nonce: randomBytes(16).toString("base64url"),
      username: login,
      scenario: "logon",
      service: "sshd",
      address: { value: "203.0.113.7", origin: "socket" },
      password: "verified",
      hostTime: Date.now(),
      conversation: true,
      drive: "agent",
    };
    const body = JSON.stringify(question);
    return this.call(port, "/api/v1/authn/logon", body).then((answer) => ({ ...answer, reference }));
  }

  /** Fails loudly if the logon does not open. */
  async open(port: number, login: string): Promise<Opened> {
    const { body, reference } = await this.ask(port, login);
    const factor = body._embedded?.factors?.[0]?.id;
    if (factor === undefined) throw new Error(JSON.stringify(body));
    return { reference, stateToken: body.stateToken, factor };
  }

  verify(port: number, opened: Opened, passCode: string, inputId = randomBytes(9).toString("base64url")): Promise<Answered> {
    const body = JSON.stringify({ stateToken: opened.stateToken, passCode, inputId });
    return this.call(port, `/api/v1/authn/factors/${opened.factor}/verify`, body);
  }

  call(port: number, path: string, body: string): Promise<Answered> {
    return post(port, path, body, this.#bearer(body));
  }

  #bearer(body: string): string {
    const iat = Math.floor(Date.now() / 1000);
    const bh = createHash("sha256").update(body).digest("base64url");
    const jti = randomBytes(16).toString("base64url");
    const claims = { iss: this.id, sub: this.id, aud: this.orgUrl, iat, exp: iat + 60, jti, gen: this.generation, bh };
    return `Bearer ${this.#jws("sallyport-host+jwt", claims)}`;
  }

  #jws(typ: string, claims: object): string {
    const b64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${b64({ alg: "ES256", typ })}.${b64(claims)}`;
    return `${text}.${sign("sha256", Buffer.from(text), { key: this.#key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
  }
}

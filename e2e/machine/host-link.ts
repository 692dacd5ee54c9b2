/** What a machine says on the host link, signed with its own key: shared by the stories and measurements that are the machine themselves. */
import { createHash, createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { enrolmentCodeId, readEnrolmentCode, writeReference } from "@sallyport/contracts";

/** What the org calls a machine, and how often that machine has moved on. */
export interface Enrolled {
  id: string;
  generation: string;
}

const b64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

export class HostKey {
  readonly publicKey: KeyObject;
  readonly #privateKey: KeyObject;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.publicKey = publicKey;
    this.#privateKey = privateKey;
  }

  /** Body of an enrolment by a code as an administrator got it. */
  enrolment(code: string, name: string): string {
    const read = readEnrolmentCode(code);
    if (!read.ok) throw new Error(read.reason);
    const { kty, crv, x, y } = this.publicKey.export({ format: "jwk" });
    const thumbprint = createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
    const nonce = randomBytes(16).toString("base64url");
    const mac = createHmac("sha256", read.code.secret).update(`${thumbprint}.${nonce}`).digest("base64url");
    const codeId = enrolmentCodeId(read.code.secret);
    const claims = { typ: "enrol", codeId, nonce, mac, name, platform: "linux", version: "0.1.0" };
    return JSON.stringify({ codeId, key: { kty, crv, x, y }, proof: this.#jws("sallyport-enrol+jws", claims) });
  }

  /** Authorization of one request with this body. */
  bearer({ id, generation }: Enrolled, orgUrl: string, body: string): string {
    const iat = Math.floor(Date.now() / 1000);
    const bh = createHash("sha256").update(body).digest("base64url");
    const jti = randomBytes(16).toString("base64url");
    const claims = { iss: id, sub: id, aud: orgUrl, iat, exp: iat + 60, jti, gen: generation, bh };
    return `Bearer ${this.#jws("sallyport-host+jwt", claims)}`;
  }

  #jws(typ: string, claims: object): string {
    const text = `${b64({ alg: "ES256", typ })}.${b64(claims)}`;
    return `${text}.${sign("sha256", Buffer.from(text), { key: this.#privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
  }
}

/** Reads the org's answer to an enrolment. */
export function readEnrolled(body: { enrolled: string }): Enrolled {
  const claims = JSON.parse(Buffer.from(body.enrolled.split(".")[1] ?? "", "base64url").toString());
  return { id: claims.hostId, generation: claims.generation };
}

/** The first question of a logon whose password the machine has checked. */
export const question = (login: string, reference = writeReference(randomBytes(5))) => ({
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
});

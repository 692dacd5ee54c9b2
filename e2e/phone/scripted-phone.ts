/** A phone without a browser, for what a browser in a test cannot have: a subscription of a push service. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { type Answered, LOCAL_URL, type LocalOrg } from "../machine/local-org.ts";

const b64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

export class ScriptedPhone {
  readonly #org: LocalOrg;
  readonly #key: KeyObject;
  readonly #jwk: object;
  readonly #device: string;

  constructor(org: LocalOrg) {
    this.#org = org;
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.#key = privateKey;
    const { kty, crv, x, y } = publicKey.export({ format: "jwk" });
    this.#jwk = { kty, crv, x, y };
    this.#device = createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
  }

  /** With the code of an administrator. Fails loudly. */
  async activate(code: string): Promise<this> {
    const { status, body } = await this.call("activate", { code, key: this.#jwk });
    if (status !== 200) throw new Error(JSON.stringify(body));
    return this;
  }

  call(call: string, own: object = {}): Promise<Answered> {
    const iat = Math.floor(this.#org.now().getTime() / 1000);
    const claims = { typ: `phone-${call}`, aud: LOCAL_URL, device: this.#device, jti: randomBytes(16).toString("base64url"), iat, ...own };
    const text = `${b64({ alg: "ES256", typ: "sallyport-phone+jws" })}.${b64(claims)}`;
    const signature = sign("sha256", Buffer.from(text), { key: this.#key, dsaEncoding: "ieee-p1363" }).toString("base64url");
    return this.#org.post(`/api/v1/phone/${call}`, { signed: `${text}.${signature}` });
  }
}

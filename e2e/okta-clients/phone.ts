/** A phone approver as a program: its key, and the calls that it signs, by the phone's wire. The page itself has stories of its own. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { type OpenRequest, type PhoneAnswerResult, shownText } from "@sallyport/contracts";
import { LOCAL_URL, type LocalOrg, type Someone } from "../machine/local-org.ts";
import { until } from "../machine/processes.ts";

export class StoryPhone {
  readonly #org: LocalOrg;
  readonly #key: KeyObject;
  readonly #jwk: Record<string, unknown>;
  readonly #device: string;

  constructor(org: LocalOrg) {
    this.#org = org;
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.#key = privateKey;
    const { kty, crv, x, y } = publicKey.export({ format: "jwk" });
    this.#jwk = { kty, crv, x, y };
    this.#device = hash(JSON.stringify({ crv, kty, x, y }));
  }

  /** A phone that an administrator enrolled for this person. */
  static async of(org: LocalOrg, { id }: Someone): Promise<StoryPhone> {
    const phone = new StoryPhone(org);
    const made = await org.call("POST", `/api/v1/users/${id}/factors`, { factorType: "push", provider: "OKTA" });
    await phone.activate(made._embedded.activation.code);
    return phone;
  }

  /** @param code as it is shown to whoever enrols. */
  activate(code: string): Promise<any> {
    return this.#call("activate", { code, key: this.#jwk, name: "story phone" });
  }

  /** The request that stands open, as soon as there is one. */
  request(): Promise<OpenRequest> {
    return until("a request on the phone", async () => (await this.#call("requests")).requests[0] as OpenRequest | undefined);
  }

  async answer(
    { challenge, transaction, shown }: OpenRequest,
    decision: "yes" | "no" | "not-me",
    number?: number,
  ): Promise<PhoneAnswerResult> {
    const own = { challenge, transaction, shown: hash(shownText(LOCAL_URL, shown)), decision };
    return (await this.#call("answer", number === undefined ? own : { ...own, number: String(number) })).result;
  }

  async #call(call: string, own: object = {}): Promise<any> {
    const iat = Math.floor(this.#org.now().getTime() / 1000);
    const jti = randomBytes(16).toString("base64url");
    const claims = { typ: `phone-${call}`, aud: LOCAL_URL, device: this.#device, jti, iat, ...own };
    const text = [{ alg: "ES256", typ: "sallyport-phone+jws" }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    const signature = sign("sha256", Buffer.from(text), { key: this.#key, dsaEncoding: "ieee-p1363" }).toString("base64url");
    const { status, body } = await this.#org.post(`/api/v1/phone/${call}`, { signed: `${text}.${signature}` });
    if (status !== 200) throw new Error(`${call}: ${status} ${JSON.stringify(body)}`);
    return body;
  }
}

const hash = (text: string) => createHash("sha256").update(text).digest("base64url");
